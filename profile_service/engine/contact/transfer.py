"""What a transfer hands over: the identifiers that the previous contact proved."""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.identity.graph.model import Assurance, NodeId, Role
from profile_service.store.plan import Plan
from profile_service.store.queries.find import Found
from profile_service.store.rows.graph import EvidenceRow

TRANSFER_WITHIN_US = 3_600_000_000
"""A transfer hands over what the previous contact proved if that is live, or ended within the hour."""
Proved = tuple[NodeId, str, Assurance]
"""A node with its namespace and what its proof is worth."""


def handed_over(found: Found, source: str, occur_time_us: int) -> list[Proved]:
    """The identifiers of the previous contacts of the source, at most as OBSERVED; of two legs that proved one, one."""
    recent = occur_time_us - TRANSFER_WITHIN_US
    proved = {
        brought.node: brought.namespace
        for contact in found.previous
        if contact.source == source and (contact.end_time_us is None or contact.end_time_us >= recent)
        for brought in contact.evidence or ()
        if brought.assurance > Assurance.CLAIMED
    }
    return [(node, namespace, Assurance.OBSERVED) for node, namespace in proved.items()]


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
