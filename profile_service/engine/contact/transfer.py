"""What a transfer hands over (D6): where the contact before stood, with its correction, its checks and its proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from profile_service.engine.caller import Caller
from profile_service.engine.contact.verdict import Verdict, as_said
from profile_service.engine.identifiers import Item
from profile_service.identity.graph.model import Assurance, NodeId, Role
from profile_service.identity.policy import Policy
from profile_service.store.plan import Plan
from profile_service.store.queries.find import Found, PreviousContact
from profile_service.store.rows.graph import EvidenceRow

Proved = tuple[NodeId, str, Assurance]
"""A node with its namespace and what its proof is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What a contact inherits of those before it: the legs of the call, what they proved (as links worth OBSERVED), and
    the leg that an agent corrected last."""

    legs: Sequence[str] = ()
    proved: Sequence[Proved] = ()
    corrected: PreviousContact | None = None
    taken_back: frozenset[NodeId] = frozenset()


NOTHING = HandedOver()


def handed_over(found: Found, caller: Caller, policy: Policy, source: str, occur_time_us: int) -> HandedOver:
    """What the contacts before hand over: those of one desk that are live, or ended lately."""
    recent = occur_time_us - policy.transfer_within_us
    before = [
        contact
        for contact in found.previous
        if _is_one_desk(caller, policy, source, contact.source)
        and (contact.end_time_us is None or contact.end_time_us >= recent)
    ]
    proved = {
        brought.node: brought.namespace
        for contact in before
        for brought in contact.evidence or ()
        if brought.assurance > Assurance.CLAIMED
    }
    return HandedOver(
        legs=list(dict.fromkeys(leg for contact in before for leg in (contact.id, *contact.legs))),
        proved=[(node, namespace, Assurance.OBSERVED) for node, namespace in proved.items()],
        corrected=next((contact for contact in before if contact.corrected), None),
        taken_back=frozenset(node for contact in before for node in contact.taken_back),
    )


def _is_one_desk(caller: Caller, policy: Policy, source: str, before: str) -> bool:
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


def write_handed_over(plan: Plan, contact: str, channel: str, occur_time_us: int, handed: Sequence[Proved]) -> None:
    """The evidence rows of what a contact was handed."""
    for node, _, assurance in handed:
        plan.add(
            EvidenceRow(
                subject_id=contact,
                node_id=node,
                role=Role.SUBJECT,
                assurance=assurance,
                method="TRANSFERRED",
                channel=channel,
                occur_time_us=occur_time_us,
                proof_time_us=occur_time_us,
            )
        )
