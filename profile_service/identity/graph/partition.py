"""partition(nodes, links, decisions, policy) -> parts: which nodes are one customer. Pure; rules R1-R9 and D1.

Links are taken level by level, the strongest level first, each to its own fixed point, and within a level in the order
of R3. A link joins two parts unless that would break a constraint; one that is refused because the parts hold different
values of a limit-1 namespace may make its weaker end shared (`sharing`), and the level starts again. What stands after
the level ON_FILE are the cores: no weaker link ever changes them. The result does not depend on the order of arrival.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from profile_service.identity.graph.counting import (
    STEWARD_LEVEL,
    counted_links,
    fan_out_levels,
    level_of,
    link_level,
    stands,
)
from profile_service.identity.graph.model import (
    Assurance,
    CannotLink,
    Decisions,
    Link,
    LinkKind,
    LinkState,
    Node,
    NodeId,
    ProfileId,
    Refusal,
)
from profile_service.identity.graph.sharing import Conflict, Slot, changed_values, heirs_of, newly_shared, share_alike
from profile_service.identity.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A link that may not join, and why. A human could tell, except for CANNOT_LINK, which a human told."""

    link: Link
    reason: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The decision: parts in order of their smallest node, the cores within them, up to which assurance nodes are
    shared, and what is left."""

    parts: tuple[frozenset[NodeId], ...]
    cores: tuple[frozenset[NodeId], ...]
    shared: Mapping[NodeId, int]
    fan_out: Mapping[NodeId, int]
    joined: tuple[Link, ...]
    refused: tuple[Refused, ...]

    def part_of(self) -> dict[NodeId, int]:
        """Index into `parts` by node."""
        return {node: index for index, part in enumerate(self.parts) for node in part}

    def core_of(self) -> dict[NodeId, NodeId]:
        """The core of every node, named by its smallest node."""
        return {node: min(core) for core in self.cores for node in core}

    def level(self, node: NodeId) -> int:
        """Up to which assurance a node is shared, by conflict or by fan-out."""
        return max(self.shared.get(node, 0), level_of(self.fan_out.get(node, 0)))


@dataclass(slots=True)
class _Part:
    members: set[NodeId]
    values: dict[Slot, set[NodeId]]
    sides: set[tuple[str, str]]
    kept_apart: set[ProfileId]

    def copied(self) -> _Part:
        return _Part(set(self.members), dict(self.values), set(self.sides), set(self.kept_apart))


Parts = dict[NodeId, _Part]


def _copied(parts: Parts) -> Parts:
    copies = {id(part): part.copied() for part in parts.values()}
    return {node: copies[id(part)] for node, part in parts.items()}


def _sets(parts: Parts) -> tuple[frozenset[NodeId], ...]:
    """The parts in order of their smallest node."""
    distinct = {id(part): frozenset(part.members) for part in parts.values()}
    return tuple(sorted(distinct.values(), key=min))


@dataclass(slots=True)
class _Pass:
    """One pass over the links of a level, in the order of R3."""

    policy: Policy
    parts: Parts
    joined: list[Link] = field(default_factory=list[Link])
    refused: list[Refused] = field(default_factory=list[Refused])
    conflicts: list[Conflict] = field(default_factory=list[Conflict])

    def take(self, link: Link) -> None:
        left, right = self.parts[link.a], self.parts[link.b]
        if left is right:
            self.joined.append(link)
            return
        reason, slots = self.objection(left, right)
        if reason is not None:
            self.refused.append(Refused(link=link, reason=reason))
            if reason is Refusal.CONFLICT:
                self.conflicts.append(Conflict(link, slots))
            return
        self.joined.append(link)
        if len(left.members) < len(right.members):
            left, right = right, left
        left.members |= right.members
        left.sides |= right.sides
        left.kept_apart |= right.kept_apart
        for slot, values in right.values.items():
            left.values[slot] = left.values.get(slot, set()) | values
        for node in right.members:
            self.parts[node] = left

    def objection(self, left: _Part, right: _Part) -> tuple[Refusal | None, frozenset[Slot]]:
        """Why two parts may not be one (None: they may); of a conflict, the slots in which they differ."""
        if any((cannot, "right" if side == "left" else "left") in right.sides for cannot, side in left.sides):
            return Refusal.CANNOT_LINK, frozenset()
        over = [
            (slot, self.policy.namespace(slot[0]).limit)
            for slot, values in left.values.items()
            if len(values | right.values.get(slot, set())) > self.policy.namespace(slot[0]).limit
        ]
        conflicting = frozenset(slot for slot, limit in over if limit == 1)
        if conflicting:
            return Refusal.CONFLICT, conflicting
        if over:
            return Refusal.LIMIT, frozenset()
        if len(left.members) + len(right.members) > self.policy.profile_size_cap:
            return Refusal.SIZE_CAP, frozenset()
        return (Refusal.HELD if len(left.kept_apart | right.kept_apart) > 1 else None), frozenset()


def _order(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> tuple[int, int, int, int, bytes, bytes]:
    """R3: level of the link, strength of the weaker and of the stronger namespace, first seen, key."""
    weaker, stronger = sorted((policy.strength(nodes[link.a].namespace), policy.strength(nodes[link.b].namespace)))
    first, second = sorted((nodes[link.a].key, nodes[link.b].key))
    return -link_level(link, nodes, policy), -weaker, -stronger, link.first_time, first, second


def _sides(cannot: Iterable[CannotLink]) -> dict[NodeId, set[tuple[str, str]]]:
    sides: defaultdict[NodeId, set[tuple[str, str]]] = defaultdict(set)
    for decision in cannot:
        for node in decision.left - decision.right:
            sides[node].add((decision.id, "left"))
        for node in decision.right - decision.left:
            sides[node].add((decision.id, "right"))
    return sides


def _must_links(decisions: Decisions, nodes: Mapping[NodeId, Node]) -> list[Link]:
    return [
        Link(
            a=must.a,
            b=must.b,
            assurance_a=Assurance.VERIFIED,
            assurance_b=Assurance.VERIFIED,
            first_time=must.first_time,
            kind=LinkKind.MUST,
        )
        for must in decisions.must
        if must.a in nodes and must.b in nodes
    ]


def partition(
    nodes: Mapping[NodeId, Node],
    links: Iterable[Link],
    decisions: Decisions,
    policy: Policy,
    fan_out: Mapping[NodeId, int] | None = None,
    kept_apart: Mapping[NodeId, ProfileId] | None = None,
) -> Partition:
    """Decide which nodes are one customer, and which of them by links that no weaker one can change.

    `fan_out` gives the fan-out levels where `links` are only those of a neighbourhood (R6 counts all of a node's own
    links); without it they are computed from `links`. Every end of a link has to be in `nodes`. Parts that hold nodes
    of different profiles in `kept_apart` are not joined: the merge breaker is tripped.
    """
    standing = list(links)
    levels = fan_out_levels(nodes, standing, policy) if fan_out is None else fan_out
    standing = [link for link in standing if stands(link, levels)]
    counted = [link for link in counted_links(standing, nodes, policy) if link.state is LinkState.ACTIVE]
    pairs = [(_order(link, nodes, policy), link) for link in _must_links(decisions, nodes) + counted]
    ordered = sorted(pairs, key=itemgetter(0))
    alone = _alone(nodes, policy, _sides(decisions.standing), kept_apart or {})
    run = _Levels(nodes, policy, levels, alone, heirs_of(standing, nodes))
    share_alike(run.shared, {node: level_of(level) for node, level in levels.items()}, run.heirs)
    cores: tuple[frozenset[NodeId], ...] | None = None
    for (level, *_), of_level in groupby(ordered, key=lambda pair: pair[0][:1]):
        if -level < Assurance.ON_FILE and cores is None:
            cores = _sets(run.parts)
        run.settle(-level, [link for _, link in of_level])
    parts = _sets(run.parts)
    return Partition(
        parts=parts,
        cores=parts if cores is None else cores,
        shared=run.shared,
        fan_out={node: level for node, level in levels.items() if node in nodes},
        joined=tuple(run.joined),
        refused=tuple(run.asked()),
    )


def _alone(
    nodes: Mapping[NodeId, Node],
    policy: Policy,
    sides: Mapping[NodeId, set[tuple[str, str]]],
    kept_apart: Mapping[NodeId, ProfileId],
) -> Parts:
    """Every node a part of its own."""
    parts: Parts = {}
    for node in nodes.values():
        values: dict[Slot, set[NodeId]] = {}
        if node.current and policy.namespace(node.namespace).limit:
            values[node.namespace, node.scope] = {node.id}
        apart = {kept_apart[node.id]} if node.id in kept_apart else set[ProfileId]()
        parts[node.id] = _Part({node.id}, values, set(sides.get(node.id, ())), apart)
    return parts


@dataclass(slots=True)
class _Levels:
    """What stands after the levels that are settled."""

    nodes: Mapping[NodeId, Node]
    policy: Policy
    fan_out: Mapping[NodeId, int]
    parts: Parts
    heirs: Mapping[NodeId, Sequence[NodeId]]
    shared: dict[NodeId, int] = field(default_factory=dict[NodeId, int])
    joined: list[Link] = field(default_factory=list[Link])
    refused: list[Refused] = field(default_factory=list[Refused])

    def settle(self, level: int, links: Sequence[Link]) -> None:
        """Join what the links of a level join; start again as long as one makes a node shared (R5)."""
        while True:
            run = _Pass(self.policy, _copied(self.parts))
            for link in links:
                if level == STEWARD_LEVEL or level > max(self.shared_up_to(link.a), self.shared_up_to(link.b)):
                    run.take(link)
            part_of = {node: id(part) for node, part in run.parts.items()}
            changed = changed_values(run.conflicts, part_of, self.nodes, self.policy)
            turned: set[NodeId] = set()
            if level < STEWARD_LEVEL:
                settled = [conflict for conflict in run.conflicts if conflict.link not in changed]
                turned = newly_shared(settled, self._values_before, self.nodes, self.policy)
            if not turned:
                break
            self.shared.update(dict.fromkeys(turned, level))
            share_alike(self.shared, dict.fromkeys(turned, level), self.heirs)
        self.parts = run.parts
        self.joined += run.joined
        self.refused += [
            Refused(link=refused.link, reason=Refusal.CHANGED_VALUE) if refused.link in changed else refused
            for refused in run.refused
        ]

    def shared_up_to(self, node: NodeId) -> int:
        return max(self.shared.get(node, 0), level_of(self.fan_out.get(node, 0)))

    def _values_before(self, node: NodeId, slot: Slot) -> set[NodeId]:
        """The values of a slot that the node's part held before this level."""
        return self.parts[node].values.get(slot, set())

    def asked(self) -> list[Refused]:
        """The refusals, one for each reason and pair of parts; between two parts of which one has a changed value, all
        conflicts are about that."""

        def between(link: Link) -> frozenset[int]:
            return frozenset((id(self.parts[link.a]), id(self.parts[link.b])))

        changed = {between(item.link) for item in self.refused if item.reason is Refusal.CHANGED_VALUE}
        kept: dict[tuple[frozenset[int], Refusal], Refused] = {}
        for item in self.refused:
            place, reason = between(item.link), item.reason
            if reason is Refusal.CONFLICT and place in changed:
                reason = Refusal.CHANGED_VALUE
            kept.setdefault((place, reason), Refused(link=item.link, reason=reason))
        return list(kept.values())
