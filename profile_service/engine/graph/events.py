"""The rows of events: what a change did, and what caused it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.events import EventKind, GraphEvent, events_of
from profile_service.identity.graph.model import Link, Node, NodeId, ProfileId
from profile_service.identity.graph.plan import GraphPlan
from profile_service.store.plan import Plan
from profile_service.store.queries.graph import Moved
from profile_service.store.rows.event import Cause, DecidingLink, EventRow

LINKS_MAX = 20
"""Deciding links that an event keeps."""


def write_events(plan: Plan, runtime: Runtime, caller: Caller, decided: GraphPlan, cause: Cause) -> None:
    """Add the events of a change to its plan; the audit row of a merge names the profiles before and after."""
    nodes = {name: node.node for name, node in decided.nodes.items()}
    for event in events_of(decided):
        links = tuple(_deciding(link, nodes) for link in event.links[:LINKS_MAX])
        plan.add(_event_row(runtime, caller, event, cause, links))
        if event.kind in (EventKind.MERGED, EventKind.SPLIT):
            plan.note({event.kind.value: [*event.before], "into": [*event.after]})


def moves_of(moved: Sequence[Moved], owners: Mapping[NodeId, ProfileId]) -> list[GraphEvent]:
    """An event for every contact that another profile shows from now on; one that stands under nobody is shown by
    itself."""

    def shown_by(contact: Moved, node: NodeId | None) -> tuple[ProfileId, ...]:
        owner = ProfileId(contact.contact_id) if node is None else owners.get(node)
        return () if owner is None else (owner,)

    return [
        GraphEvent(
            kind=EventKind.MOVED,
            before=shown_by(contact, contact.before),
            after=shown_by(contact, contact.after),
            nodes=tuple(node for node in (contact.before, contact.after) if node is not None),
        )
        for contact in moved
    ]


def write_moves(plan: Plan, runtime: Runtime, caller: Caller, moves: Sequence[GraphEvent], cause: Cause) -> None:
    """Add the events of contacts that moved with a change."""
    for move in moves:
        plan.add(_event_row(runtime, caller, move, cause, ()))


def _event_row(
    runtime: Runtime, caller: Caller, event: GraphEvent, cause: Cause, links: tuple[DecidingLink, ...]
) -> EventRow:
    tenant = runtime.tenant(caller)
    return EventRow(
        event_id=runtime.new_id(),
        kind=event.kind,
        before=event.before,
        after=event.after,
        nodes=event.nodes,
        links=links,
        policy=tenant.policy.label,
        model=tenant.model.label,
        cause_kind=cause.kind,
        cause_id=cause.id,
        caller=caller.name,
        occur_time_us=cause.occur_time_us,
    )


def _deciding(link: Link, nodes: Mapping[NodeId, Node]) -> DecidingLink:
    return DecidingLink(
        namespaces=(nodes[link.a].namespace, nodes[link.b].namespace),
        kind=link.kind,
        assurance=link.assurance,
        probability=link.probability,
        model=link.model,
        first_time_us=link.first_time,
    )
