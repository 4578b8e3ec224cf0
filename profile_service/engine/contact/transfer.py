"""What a transfer hands over (D6): where the contact before stood, with its correction, its checks and its proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from profile_service.engine.caller import Caller
from profile_service.engine.contact.verdict import Verdict, as_said
from profile_service.engine.graph.evidence import Evidence
from profile_service.engine.identifiers import Item
from profile_service.identity.contact.disclosure import ANSWERED
from profile_service.identity.contact.model import Initiation
from profile_service.identity.contact.persons import Known
from profile_service.identity.graph.model import Assurance, NodeId, Outcome, Role
from profile_service.identity.policy import Policy
from profile_service.store.plan import Plan
from profile_service.store.queries.found import Found, PreviousContact
from profile_service.store.rows.graph import EvidenceRow

LISTENING = frozenset({Initiation.UNSPECIFIED, Initiation.CONSULT})
"""How a contact may begin that only listens to the call before it."""
Proved = tuple[NodeId, str, Assurance]
"""A node with its namespace and what its proof is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What a contact inherits of those before it: the legs of the call, what they showed, the leg that stood under a
    customer, and the one that an agent corrected last. `listens`: the leg whose call it only listens to."""

    legs: Sequence[str] = ()
    known: Sequence[Known] = ()
    stood: PreviousContact | None = None
    corrected: PreviousContact | None = None
    taken_back: frozenset[NodeId] = frozenset()
    listens: str | None = None

    @property
    def proved(self) -> list[Proved]:
        """What they showed, as links worth OBSERVED; answers identified the customer, and link nothing."""
        return [
            (known.node, known.namespace, Assurance.OBSERVED)
            for known in self.known
            if known.stands and known.assurance > Assurance.CLAIMED and known.method != ANSWERED
        ]

    def evidence(self, contact: str, items: Sequence[Item], channel: str, occur_time_us: int) -> Evidence:
        """What a contact shows, with what it inherits."""
        return Evidence(
            subject=contact,
            items=items,
            channel=channel,
            occur_time_us=occur_time_us,
            earlier=[(node, assurance) for node, _, assurance in self.proved],
        )

    @property
    def identified(self) -> list[Proved]:
        """What answers identified: a customer's record, above what was observed."""
        answered = [known for known in self.known if known.stands and known.method == ANSWERED]
        return [(known.node, known.namespace, Assurance.ON_FILE) for known in answered]


NOTHING = HandedOver()


class Leg(NamedTuple):
    """A contact that follows others: how it began, when, and what it brings."""

    source: str
    initiation: Initiation
    occur_time_us: int
    items: Sequence[Item]


def inherited(found: Found, caller: Caller, policy: Policy, leg: Leg) -> HandedOver:
    """What a leg gets of the contacts before it."""
    if leg.initiation is Initiation.TRANSFER:
        return _handed_over(found, caller, policy, leg)
    return _listening(found, caller, policy, leg) if leg.initiation in LISTENING else NOTHING


def _handed_over(found: Found, caller: Caller, policy: Policy, leg: Leg) -> HandedOver:
    """What the contacts before hand over: those of one desk that are live, or ended lately, and that no other leg
    inherits from."""
    recent = leg.occur_time_us - policy.transfer_within_us
    before = [
        contact
        for contact in found.previous
        if not contact.inherited
        and is_one_desk(caller, policy, leg.source, contact.source)
        and (contact.end_time_us is None or contact.end_time_us >= recent)
    ]
    return HandedOver(
        legs=list(dict.fromkeys(leg for contact in before for leg in (contact.id, *contact.legs))),
        known=[
            Known(brought.node, brought.namespace, brought.assurance, brought.method, brought.stands)
            for contact in before
            for brought in contact.evidence or ()
        ],
        stood=next((contact for contact in before if contact.profile is not None), None),
        corrected=next((contact for contact in before if contact.corrected), None),
        taken_back=frozenset(node for contact in before for node in contact.taken_back),
    )


def _listening(found: Found, caller: Caller, policy: Policy, leg: Leg) -> HandedOver:
    """What a consulted or supervising leg gets: it sees the call of one desk that goes on, and inherits nothing."""
    if any(item.given.role is Role.SUBJECT for item in leg.items):
        return NOTHING
    live = (
        contact.id
        for contact in found.previous
        if contact.end_time_us is None and is_one_desk(caller, policy, leg.source, contact.source)
    )
    return HandedOver(listens=next(live, None))


def is_one_desk(caller: Caller, policy: Policy, source: str, before: str) -> bool:
    """Whether two sources hand calls over to each other: one, of one desk of the policy, or both named by the caller's
    credential."""
    both = {source, before}
    return len(both) == 1 or both <= caller.sources or any(both <= desk for desk in policy.desks)


def without_taken_back(items: Sequence[Item], found: Found, taken_back: frozenset[NodeId]) -> list[Item]:
    """The identifiers of a leg, of which those that an agent said are not this customer's come in as claims."""
    return [
        replace(item, assurance=Assurance.CLAIMED)
        if item.index in found.nodes and found.nodes[item.index].id in taken_back
        else item
        for item in items
    ]


def as_corrected(verdict: Verdict, corrected: PreviousContact | None) -> Verdict:
    """Where a leg stands whose call an agent corrected: where the agent said, unless it brings somebody else itself."""
    if corrected is None or verdict.resolution.profile not in (None, corrected.profile):
        return verdict
    return as_said(verdict, corrected.anchor, corrected.profile, corrected=True)


def as_stood(verdict: Verdict, stood: PreviousContact | None) -> Verdict:
    """Where a leg stands that does not tell by itself whose it is: where its call stood, by answers perhaps."""
    if stood is None or verdict.corrected or verdict.resolution.profile is not None:
        return verdict
    there = as_said(verdict, stood.anchor, stood.profile, corrected=False)
    return replace(there, anchor_assurance=Assurance.OBSERVED, outcome=Outcome.MATCHED)


def write_handed_over(plan: Plan, contact: str, channel: str, occur_time_us: int, handed: HandedOver) -> None:
    """The evidence rows of what a contact was handed."""
    methods = [
        *((proved, "TRANSFERRED") for proved in handed.proved),
        *((known, ANSWERED) for known in handed.identified),
    ]
    for (node, _, assurance), method in methods:
        plan.add(
            EvidenceRow(
                subject_id=contact,
                node_id=node,
                role=Role.SUBJECT,
                assurance=assurance,
                method=method,
                channel=channel,
                occur_time_us=occur_time_us,
                proof_time_us=occur_time_us,
            )
        )
