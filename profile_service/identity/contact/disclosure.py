"""What may be said to the person in a contact: the cores that are open, and the level of what belongs to them (D2, D4).

A proof says who somebody is, and nothing about what hangs on its identifier by weaker links: what is open is the core
that holds it. Nothing here holds a personal value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, Disclosure, NodeId, ProfileId
from profile_service.identity.policy import Policy


class Reason(IntEnum):
    """Why no more may be said, or why it may; the numbers are those of the proto."""

    NOBODY_KNOWN = 1
    SEVERAL_POSSIBLE = 2
    SHARED_IDENTIFIER = 3
    FOUND_BY_CLAIM = 4
    OBSERVED = 5
    CORRECTED = 6
    PROOF_EXPIRED = 7
    CONTACT_ENDED = 8
    NOTHING_ON_FILE = 9
    VERIFIED = 10
    ANSWERED = 11

    @property
    def words(self) -> str:
        """For agents."""
        return _WORDS[self]


_WORDS = {
    Reason.NOBODY_KNOWN: "nothing shows who this is",
    Reason.SEVERAL_POSSIBLE: "several customers could be meant",
    Reason.SHARED_IDENTIFIER: "the identifier is used by several customers",
    Reason.FOUND_BY_CLAIM: "one customer was found by what was claimed, and nothing of it is proved",
    Reason.OBSERVED: "observed, not verified, in this contact",
    Reason.CORRECTED: "an agent named the customer; nothing in this contact proves it yet",
    Reason.PROOF_EXPIRED: "what was proved in this contact is too long ago",
    Reason.CONTACT_ENDED: "the contact has ended, and its proofs with it",
    Reason.NOTHING_ON_FILE: "verified in this contact; nothing else is joined to it well enough to be said",
    Reason.VERIFIED: "verified in this contact",
    Reason.ANSWERED: "answers matched on top of an observed identifier",
}


class Check(NamedTuple):
    """An answer of the customer that was compared."""

    attribute: str
    matched: bool


class Proof(NamedTuple):
    """An identifier that a contact proved, as it stands now; `time_us` is by the server's clock."""

    namespace: str
    core: NodeId
    shared: int
    method: str
    time_us: int
    profile: ProfileId | None


class Matched(NamedTuple):
    """An attribute that the customer knew, of the records of one core."""

    attribute: str
    core: NodeId
    profile: ProfileId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a contact stands: under whom (None: nobody known), and what else is known of it."""

    profile: ProfileId | None
    candidates: int = 0
    shared: bool = False
    ambiguous: bool = False
    corrected: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The cores that are open now; `until_us`: when the first of their proofs ends. `reason`: what opened them, or why
    none is open although something was proved (None: nothing was)."""

    cores: frozenset[NodeId] = frozenset()
    reason: Reason | None = None
    until_us: int | None = None


def _may_open(proof: Proof, policy: Policy) -> bool:
    """Whether a proof opens a core: not of a namespace that only finds, nor of what sources of record or better show to
    be several customers'."""
    return policy.namespace(proof.namespace).opens and proof.shared < Assurance.ON_FILE


def _answered(answers: Iterable[Matched], policy: Policy) -> frozenset[NodeId]:
    """The cores of whose records enough points were answered."""
    known: defaultdict[NodeId, set[str]] = defaultdict(set)
    for answer in answers:
        known[answer.core].add(answer.attribute)
    points = {core: sum(policy.points.get(name, 0) for name in names) for core, names in known.items()}
    return frozenset(core for core, total in points.items() if total >= policy.checks_for_safe)


def cores_opened(proofs: Iterable[Proof], answers: Iterable[Matched], policy: Policy) -> frozenset[NodeId]:
    """The cores that a contact opened, then: its words belong to them, and to nobody's where it was merely observed."""
    return frozenset(proof.core for proof in proofs if _may_open(proof, policy)) | _answered(answers, policy)


def open_now(
    standing: Standing, proofs: Iterable[Proof], answers: Iterable[Matched], policy: Policy, now_us: int
) -> Opened:
    """The cores that a contact holds open: of the customer under whom it stands, while it lives and its proofs last."""
    if standing.profile is None or standing.ambiguous:
        return Opened()
    own = [proof for proof in proofs if proof.profile == standing.profile and _may_open(proof, policy)]
    answered = _answered((answer for answer in answers if answer.profile == standing.profile), policy)
    if standing.ended:
        return Opened(reason=Reason.CONTACT_ENDED if own or answered else None)
    ends = {proof: proof.time_us + policy.proof_valid(proof.method) for proof in own}
    valid = {proof: end for proof, end in ends.items() if end > now_us}
    cores = frozenset(proof.core for proof in valid) | answered
    if not cores:
        return Opened(reason=Reason.PROOF_EXPIRED if own else None)
    return Opened(
        cores=cores, reason=Reason.VERIFIED if valid else Reason.ANSWERED, until_us=min(valid.values(), default=None)
    )


def disclose(standing: Standing, opened: Opened, *, is_news: bool) -> tuple[Disclosure, Reason]:
    """What may be said on the whole, and why: SAFE where something may that the contact did not bring (I15)."""
    if standing.ambiguous:
        return Disclosure.WITHHOLD, Reason.SEVERAL_POSSIBLE
    if standing.profile is None:
        if standing.candidates == 1:
            return Disclosure.VERIFY_FIRST, Reason.FOUND_BY_CLAIM
        return Disclosure.WITHHOLD, Reason.SHARED_IDENTIFIER if standing.shared else Reason.NOBODY_KNOWN
    if opened.cores:
        if is_news and opened.reason is not None:
            return Disclosure.SAFE, opened.reason
        return Disclosure.VERIFY_FIRST, Reason.NOTHING_ON_FILE
    if opened.reason is not None:
        return Disclosure.VERIFY_FIRST, opened.reason
    return Disclosure.VERIFY_FIRST, Reason.CORRECTED if standing.corrected else Reason.OBSERVED


def as_a_bot_is_told(disclosure: Disclosure, reason: Reason) -> tuple[Disclosure, Reason]:
    """The same for a bot: claims of a customer's identifier and of nobody's are alike (D10)."""
    if reason is Reason.FOUND_BY_CLAIM:
        return Disclosure.WITHHOLD, Reason.NOBODY_KNOWN
    return disclosure, reason


def level_of(cores: Iterable[NodeId], opened: frozenset[NodeId]) -> Disclosure:
    """The level of what belongs to some cores."""
    return Disclosure.VERIFY_FIRST if opened.isdisjoint(cores) else Disclosure.SAFE
