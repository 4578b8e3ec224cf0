"""What a change of the graph did to profiles: the rows that explanations of the past are read off. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from profile_service.identity.graph.model import Link, NodeId, ProfileId
from profile_service.identity.graph.plan import GraphPlan


class EventKind(StrEnum):
    """What happened. MOVED is of a contact: another profile shows it, because its identifier turned shared or stopped
    being so."""

    MERGED = "merged"
    SPLIT = "split"
    SHARED = "shared"
    UNSHARED = "unshared"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEvent:
    """One event: the profiles before and after, the nodes that it is about, and the links that decided."""

    kind: EventKind
    before: tuple[ProfileId, ...]
    after: tuple[ProfileId, ...]
    nodes: tuple[NodeId, ...]
    links: tuple[Link, ...] = ()


def events_of(plan: GraphPlan) -> list[GraphEvent]:
    """The events of a change, merges first."""
    if not plan.changed:
        return []
    return [*_merges(plan), *_splits(plan), *_sharings(plan)]


def _sorted(names: Iterable[ProfileId | None]) -> tuple[ProfileId, ...]:
    return tuple(sorted({name for name in names if name is not None}))


def _merges(plan: GraphPlan) -> list[GraphEvent]:
    """A profile after the change whose nodes were several profiles' before; the links that joined these decided."""
    members: defaultdict[ProfileId, list[NodeId]] = defaultdict(list)
    for name, node in plan.nodes.items():
        if node.profile is not None:
            members[node.profile].append(name)
    found: list[GraphEvent] = []
    for profile in sorted(members):
        nodes = members[profile]
        before = _sorted(plan.before[name].profile for name in nodes)
        if len(before) < 2:
            continue
        inside = set(nodes)
        links = tuple(
            link
            for link in plan.joined
            if link.a in inside and plan.before[link.a].profile != plan.before[link.b].profile
        )
        moved = tuple(sorted(name for name in nodes if plan.before[name].profile != profile))
        found.append(GraphEvent(kind=EventKind.MERGED, before=before, after=(profile,), nodes=moved, links=links))
    return found


def _splits(plan: GraphPlan) -> list[GraphEvent]:
    """A profile before the change whose nodes are several profiles' after; the links that may not join decided."""
    members: defaultdict[ProfileId, list[NodeId]] = defaultdict(list)
    for name, node in plan.before.items():
        if node.profile is not None:
            members[node.profile].append(name)
    found: list[GraphEvent] = []
    for profile in sorted(members):
        nodes = members[profile]
        after = _sorted(plan.nodes[name].profile for name in nodes)
        if len(after) < 2:
            continue
        inside = set(nodes)
        links = tuple(link for link in plan.refused if link.a in inside or link.b in inside)
        moved = tuple(sorted(name for name in nodes if plan.nodes[name].profile != profile))
        found.append(GraphEvent(kind=EventKind.SPLIT, before=(profile,), after=after, nodes=moved, links=links))
    return found


def _sharings(plan: GraphPlan) -> list[GraphEvent]:
    """Identifiers that turned shared up to a higher level, or to a lower one; the links that may not join decided."""
    found: list[GraphEvent] = []
    for name in sorted(plan.resharing):
        before, after = plan.before[name], plan.nodes[name]
        found.append(
            GraphEvent(
                kind=EventKind.SHARED if after.shared > before.shared else EventKind.UNSHARED,
                before=_sorted([before.profile]),
                after=_sorted([after.profile]),
                nodes=(name,),
                links=tuple(link for link in plan.refused if name in (link.a, link.b)),
            )
        )
    return found
