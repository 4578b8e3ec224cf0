"""What a contact showed before its start came: weighed again, now that its channel is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from profile_service.engine.caller import Caller
from profile_service.engine.contact.transfer import Leg
from profile_service.engine.identifiers import Item, is_household
from profile_service.identity.contact.persons import Known
from profile_service.identity.graph.model import Assurance, Role
from profile_service.identity.policy import Policy
from profile_service.store.plan import Plan
from profile_service.store.queries.found import Found
from profile_service.store.rows.graph import EvidenceRow


def shown_before(found: Found, caller: Caller, policy: Policy, leg: Leg, channel: str) -> list[Known]:
    """What was shown in a contact that had not started, worth what it is on its channel."""
    early = found.contact.early if found.contact is not None else None
    return [
        Known(
            shown.node,
            shown.namespace,
            policy.worth(
                shown.method, namespace=shown.namespace, channel=channel, source=leg.source, caller_cap=caller.cap
            ),
            shown.method,
        )
        for shown in early or ()
    ]


def with_early(items: Sequence[Item], found: Found, early: Sequence[Known]) -> list[Item]:
    """The identifiers of a start, each with the better of its proof and of what was shown of it before."""
    of_node = {known.node: known for known in early}

    def better(item: Item) -> Item:
        node = found.nodes.get(item.index)
        known = None if node is None or item.given.role is not Role.SUBJECT else of_node.get(node.id)
        if known is None or known.assurance <= item.assurance or is_household(item, known.method):
            return item
        return replace(item, assurance=known.assurance, given=replace(item.given, method=known.method))

    return [better(item) for item in items]


def others(items: Sequence[Item], found: Found, early: Sequence[Known]) -> list[Known]:
    """What was shown before and does not come with the start."""
    nodes = {found.nodes[item.index].id for item in items if item.index in found.nodes}
    return [known for known in early if known.node not in nodes and known.assurance > Assurance.CLAIMED]


def write_early(plan: Plan, contact: str, leg: Leg, channel: str, early: Sequence[Known]) -> None:
    """The evidence rows of what was shown before, with what it is worth."""
    for known in early:
        plan.add(
            EvidenceRow(
                subject_id=contact,
                node_id=known.node,
                role=Role.SUBJECT,
                assurance=known.assurance,
                method=known.method,
                channel=channel,
                occur_time_us=leg.occur_time_us,
                proof_time_us=leg.occur_time_us,
            )
        )
