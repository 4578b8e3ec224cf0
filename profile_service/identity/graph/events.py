"""What a change of the graph did to profiles: the rows that explanations of the past are read off. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from profile_service.identity.graph.model import GraphNode, Link, NodeId, ProfileId
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


@dataclass(frozen=True, slots=True)
class _Regrouped:
    """The nodes of one profile, and the several profiles that they are of on the other side of the change."""

    profile: ProfileId
    nodes: frozenset[NodeId]
    others: tuple[ProfileId, ...]
    moved: tuple[NodeId, ...]


def _regrouped(left: Mapping[NodeId, GraphNode], other: Mapping[NodeId, GraphNode]) -> Iterator[_Regrouped]:
    """The profiles of one side whose nodes are several profiles' on the other, in order."""
    members: defaultdict[ProfileId, set[NodeId]] = defaultdict(set)
    for name, node in left.items():
        if node.profile is not None:
            members[node.profile].add(name)
    for profile, nodes in sorted(members.items()):
        others = _sorted(other[name].profile for name in nodes)
        if len(others) > 1:
            moved = tuple(sorted(name for name in nodes if other[name].profile != profile))
            yield _Regrouped(profile, frozenset(nodes), others, moved)


def _merges(plan: GraphPlan) -> list[GraphEvent]:
    """A profile after the change whose nodes were several profiles' before; the links that joined these decided."""
    return [
        GraphEvent(
            kind=EventKind.MERGED,
            before=group.others,
            after=(group.profile,),
            nodes=group.moved,
            links=tuple(
                link
                for link in plan.joined
                if link.a in group.nodes and plan.before[link.a].profile != plan.before[link.b].profile
            ),
        )
        for group in _regrouped(plan.nodes, plan.before)
    ]


def _splits(plan: GraphPlan) -> list[GraphEvent]:
    """A profile before the change whose nodes are several profiles' after; the links that may not join decided."""
    return [
        GraphEvent(
            kind=EventKind.SPLIT,
            before=(group.profile,),
            after=group.others,
            nodes=group.moved,
            links=tuple(link for link in plan.refused if link.a in group.nodes or link.b in group.nodes),
        )
        for group in _regrouped(plan.before, plan.nodes)
    ]


def _sharings(plan: GraphPlan) -> list[GraphEvent]:
    """Identifiers that turned shared up to a higher level, or to a lower one; the links that may not join decided."""
    events: list[GraphEvent] = []
    for name in sorted(plan.resharing):
        before, after = plan.before[name], plan.nodes[name]
        events.append(
            GraphEvent(
                kind=EventKind.SHARED if after.shared > before.shared else EventKind.UNSHARED,
                before=_sorted([before.profile]),
                after=_sorted([after.profile]),
                nodes=(name,),
                links=tuple(link for link in plan.refused if name in (link.a, link.b)),
            )
        )
    return events
