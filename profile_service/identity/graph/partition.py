"""partition(nodes, links, decisions, policy) -> parts: which nodes are one customer. Pure; rules R1-R9 of the design.

Links are taken strongest first; a link joins two parts unless that would break a constraint. A link refused because
the parts hold different values of a limit-1 namespace makes its weaker end shared (R5), up to the link's assurance
(R7), and the pass starts again. The result does not depend on the order of arrival.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from profile_service.identity.graph.counting import counted_links, fan_out_levels, level_of, stands
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
from profile_service.identity.policy import Policy

Slot = tuple[str, str]
MUST_LEVEL = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A link that may not join, and why. A human could tell, except for CANNOT_LINK, which a human told."""

    link: Link
    reason: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The decision: parts in order of their smallest node, up to which assurance nodes are shared, and what is left."""

    parts: tuple[frozenset[NodeId], ...]
    shared: Mapping[NodeId, int]
    fan_out: Mapping[NodeId, int]
    joined: tuple[Link, ...]
    refused: tuple[Refused, ...]

    def part_of(self) -> dict[NodeId, int]:
        """Index into `parts` by node."""
        return {node: index for index, part in enumerate(self.parts) for node in part}

    def level(self, node: NodeId) -> int:
        """Up to which assurance a node is shared, by conflict or by fan-out."""
        return max(self.shared.get(node, 0), level_of(self.fan_out.get(node, 0)))


@dataclass(slots=True)
class _Part:
    members: set[NodeId]
    values: dict[Slot, set[NodeId]]
    sides: set[tuple[str, str]]
    kept_apart: set[ProfileId]


@dataclass(slots=True)
class _Pass:
    """One pass over the links, strongest first."""

    nodes: Mapping[NodeId, Node]
    policy: Policy
    sides: Mapping[NodeId, set[tuple[str, str]]]
    kept_apart: Mapping[NodeId, ProfileId]
    part: dict[NodeId, _Part] = field(default_factory=dict[NodeId, _Part])
    joined: list[Link] = field(default_factory=list[Link])
    refused: list[Refused] = field(default_factory=list[Refused])

    def start(self) -> None:
        for node in self.nodes.values():
            values: dict[Slot, set[NodeId]] = {}
            if node.current and self.policy.namespace(node.namespace).limit:
                values[node.namespace, node.scope] = {node.id}
            apart = {self.kept_apart[node.id]} if node.id in self.kept_apart else set[ProfileId]()
            self.part[node.id] = _Part({node.id}, values, set(self.sides.get(node.id, ())), apart)

    def take(self, link: Link) -> None:
        left, right = self.part[link.a], self.part[link.b]
        if left is right:
            self.joined.append(link)
            return
        reason = self.objection(left, right)
        if reason is not None:
            self.refused.append(Refused(link=link, reason=reason))
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
            self.part[node] = left

    def objection(self, left: _Part, right: _Part) -> Refusal | None:
        if any((cannot, "right" if side == "left" else "left") in right.sides for cannot, side in left.sides):
            return Refusal.CANNOT_LINK
        worst: Refusal | None = None
        for slot, values in left.values.items():
            limit = self.policy.namespace(slot[0]).limit
            if len(values | right.values.get(slot, set())) > limit:
                if limit == 1:
                    return Refusal.CONFLICT
                worst = Refusal.LIMIT
        if worst is None and len(left.members) + len(right.members) > self.policy.profile_size_cap:
            worst = Refusal.SIZE_CAP
        if worst is None and len(left.kept_apart | right.kept_apart) > 1:
            worst = Refusal.HELD
        return worst


def _order(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> tuple[object, ...]:
    """R3: decisions, assurance of the weaker end, strength of the weaker and stronger namespace, first seen, key."""
    strengths = sorted((policy.strength(nodes[link.a].namespace), policy.strength(nodes[link.b].namespace)))
    keys = sorted((nodes[link.a].key, nodes[link.b].key))
    level = MUST_LEVEL if link.kind is LinkKind.MUST else link.assurance
    return (-level, -strengths[0], -strengths[1], link.first_time, keys[0], keys[1])


def _weaker_end(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> NodeId | None:
    """The end whose namespace is strictly weaker and can be shared."""
    of_a, of_b = (policy.namespace(nodes[node].namespace) for node in (link.a, link.b))
    if of_a.strength == of_b.strength:
        return None
    weaker, node = (of_a, link.a) if of_a.strength < of_b.strength else (of_b, link.b)
    return node if weaker.shareable else None


def _changed_values(run: _Pass, conflicts: list[Link]) -> set[Link]:
    """R8: the conflicts in which several nodes of one part came with the same new value of a limit-1 namespace."""
    by_value: defaultdict[tuple[NodeId, int], list[Link]] = defaultdict(list)
    for link in conflicts:
        for value, end in ((link.a, link.b), (link.b, link.a)):
            if run.policy.namespace(run.nodes[value].namespace).limit == 1:
                by_value[value, id(run.part[end])].append(link)
    changed: set[Link] = set()
    pairs_changed: set[frozenset[int]] = set()
    for (value, part), links in by_value.items():
        if len({link.other(value) for link in links}) > 1:
            changed.update(links)
            pairs_changed.add(frozenset((id(run.part[value]), part)))
    for link in conflicts:
        if frozenset((id(run.part[link.a]), id(run.part[link.b]))) in pairs_changed:
            changed.add(link)
    return changed


def _newly_shared(run: _Pass, shared: Mapping[NodeId, int]) -> tuple[dict[NodeId, int], set[Link]]:
    """R5 and R7: the nodes that this pass turns shared, with their level, and the conflicts that are changed values."""
    conflicts = [refused.link for refused in run.refused if refused.reason is Refusal.CONFLICT]
    changed = _changed_values(run, conflicts)
    proved: dict[NodeId, int] = {}
    for link in run.joined:
        level = MUST_LEVEL if link.kind is LinkKind.MUST else link.assurance
        for node in (link.a, link.b):
            proved[node] = max(level, proved.get(node, 0))
    turned: dict[NodeId, int] = {}
    for link in conflicts:
        end = _weaker_end(link, run.nodes, run.policy)
        if end is None or link in changed or proved.get(end, 0) > link.assurance:
            continue
        if link.assurance > shared.get(end, 0):
            turned[end] = max(link.assurance, turned.get(end, 0))
    return turned, changed


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
    """Decide which nodes are one customer.

    `fan_out` gives the fan-out levels where `links` are only those of a neighbourhood (R6 counts all of a node's own
    links); without it they are computed from `links`. Every end of a link has to be in `nodes`. Parts that hold nodes
    of different profiles in `kept_apart` are not joined: the merge breaker is tripped.
    """
    standing = list(links)
    levels = fan_out_levels(nodes, standing, policy) if fan_out is None else fan_out
    standing = [link for link in standing if stands(link, levels)]
    counted = [link for link in counted_links(standing, nodes, policy) if link.state is LinkState.ACTIVE]
    ordered = sorted(_must_links(decisions, nodes) + counted, key=lambda link: _order(link, nodes, policy))
    sides = _sides(decisions.standing)
    shared: dict[NodeId, int] = {}
    while True:
        run = _Pass(nodes, policy, sides, kept_apart or {})
        run.start()
        for link in ordered:
            limit = max(*(max(shared.get(node, 0), level_of(levels.get(node, 0))) for node in (link.a, link.b)))
            if link.kind is LinkKind.MUST or link.assurance > limit:
                run.take(link)
        turned, changed = _newly_shared(run, shared)
        if not turned:
            return _decision(run, shared, levels, changed)
        shared.update(turned)


def _decision(run: _Pass, shared: dict[NodeId, int], levels: Mapping[NodeId, int], changed: set[Link]) -> Partition:
    parts = {id(part): frozenset(part.members) for part in run.part.values()}
    refused = [
        Refused(link=item.link, reason=Refusal.CHANGED_VALUE if item.link in changed else item.reason)
        for item in run.refused
    ]
    seen: set[tuple[frozenset[int], Refusal]] = set()
    kept: list[Refused] = []
    for item in refused:
        place = (frozenset((id(run.part[item.link.a]), id(run.part[item.link.b]))), item.reason)
        if place not in seen:
            seen.add(place)
            kept.append(item)
    return Partition(
        parts=tuple(sorted(parts.values(), key=min)),
        shared=shared,
        fan_out={node: level for node, level in levels.items() if node in run.nodes},
        joined=tuple(run.joined),
        refused=tuple(kept),
    )
