"""What may be said to the person in a contact: the cores that are open, and the level of what belongs to them (D2, D4).

A proof says who somebody is, and nothing about what hangs on its identifier by weaker links: what is open is the core
that holds it. Nothing here holds a personal value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
    OVERHEARD = 12

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
    Reason.ANSWERED: "enough answers matched",
    Reason.OVERHEARD: "others read or hear what is answered here",
}


ANSWERED = "ANSWERED"
"""The method of answers, for how long they last."""
GUARDED = "guarded"
"""The key, among those of preferences, that says that staff guard the customer (D3)."""


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
    """An attribute that the customer knew, of the records of one core: what tied the contact to it, how many points it
    takes to open it, and when."""

    attribute: str
    core: NodeId
    profile: ProfileId | None
    worth: int
    needed: int
    time_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a contact stands for its reader: under whom (None: nobody known), and what else is known of it.
    `overheard`: others read or hear what is answered. `is_bots`: the reader says what it reads. `guarded`: staff guard
    the customer, whom a proof alone opens."""

    profile: ProfileId | None
    candidates: int = 0
    shared: bool = False
    ambiguous: bool = False
    corrected: bool = False
    ended: bool = False
    overheard: bool = False
    is_bots: bool = False
    guarded: bool = False


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


class Answered(NamedTuple):
    """What was answered of one core: the points, those that it takes, and the best of what tied the contact to it."""

    points: int
    needed: int
    worth: int
    profile: ProfileId | None

    @property
    def opens(self) -> bool:
        """Whether the answers open the core."""
        return self.points >= self.needed


def answered(answers: Iterable[Matched], policy: Policy) -> dict[NodeId, Answered]:
    """What was answered, by core."""
    by_core: defaultdict[NodeId, list[Matched]] = defaultdict(list)
    for answer in answers:
        by_core[answer.core].append(answer)
    return {
        core: Answered(
            points=policy.points_of(answer.attribute for answer in of_core),
            needed=min(answer.needed for answer in of_core),
            worth=max(answer.worth for answer in of_core),
            profile=of_core[0].profile,
        )
        for core, of_core in by_core.items()
    }


def _opened_by(answers: Iterable[Matched], policy: Policy, least: Assurance) -> frozenset[NodeId]:
    """The cores that answers opened beside what is worth so much at least."""
    found = answered(answers, policy)
    return frozenset(core for core, known in found.items() if known.opens and known.worth >= least)


def cores_opened(proofs: Iterable[Proof], answers: Sequence[Matched], policy: Policy) -> frozenset[NodeId]:
    """The cores that a contact opened, then: its words belong to them, and to nobody's where it was merely observed, or
    claimed."""
    proved = frozenset(proof.core for proof in proofs if _may_open(proof, policy))
    return proved | _opened_by(answers, policy, Assurance.OBSERVED) if answers else proved


def open_now(
    standing: Standing, proofs: Iterable[Proof], answers: Iterable[Matched], policy: Policy, now_us: int
) -> Opened:
    """The cores that a contact holds open for its reader: of the customer under whom it stands, while it lives and its
    proofs and answers last. What answers beside a claim open is for agents."""
    if standing.profile is None or standing.ambiguous:
        return Opened()
    own = [proof for proof in proofs if proof.profile == standing.profile and _may_open(proof, policy)]
    known = [answer for answer in answers if answer.profile == standing.profile and not standing.guarded]
    least = Assurance.OBSERVED if standing.is_bots else Assurance.CLAIMED
    had = bool(own) or bool(_opened_by(known, policy, least))
    if standing.ended:
        return Opened(reason=Reason.CONTACT_ENDED if had else None)
    if standing.overheard:
        return Opened(reason=Reason.OVERHEARD if had else None)
    by_proof = _lasting(own, policy, now_us)
    until = {**_answered_until(known, policy, least, now_us), **by_proof}
    if not until:
        return Opened(reason=Reason.PROOF_EXPIRED if had else None)
    reason = Reason.VERIFIED if by_proof else Reason.ANSWERED
    return Opened(cores=frozenset(until), reason=reason, until_us=min(until.values()))


def _lasting(proofs: Iterable[Proof], policy: Policy, now_us: int) -> dict[NodeId, int]:
    """The cores that proofs open, each until the last of them is over."""
    until: dict[NodeId, int] = {}
    for proof in proofs:
        end = proof.time_us + policy.proof_valid(proof.method)
        if end > now_us:
            until[proof.core] = max(end, until.get(proof.core, 0))
    return until


def _answered_until(answers: Iterable[Matched], policy: Policy, least: Assurance, now_us: int) -> dict[NodeId, int]:
    """The cores that answers open, each until the first of them is over."""
    until = {answer: answer.time_us + policy.proof_valid(ANSWERED) for answer in answers}
    lasting = [answer for answer, end in until.items() if end > now_us]
    opened = _opened_by(lasting, policy, least)
    return {core: min(until[answer] for answer in lasting if answer.core == core) for core in opened}


def as_shown(standing: Standing, opened: Opened) -> Standing:
    """Where a contact stands for its reader: under a guarded customer only while a proof opens something (D3)."""
    if not standing.guarded or opened.cores:
        return standing
    return replace(standing, profile=None, candidates=0, ambiguous=False, shared=False, corrected=False)


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
