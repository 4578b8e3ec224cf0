"""One pass over the links of a level, in the order of R3: each joins two parts, unless that would break a constraint
(R4, R5, E2, E6). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from profile_service.identity.graph.counting import STEWARD_LEVEL
from profile_service.identity.graph.model import (
    Assurance,
    CannotLink,
    Decisions,
    Link,
    LinkKind,
    Node,
    NodeId,
    ProfileId,
    Refusal,
)
from profile_service.identity.graph.opinions import Opinions
from profile_service.identity.graph.sharing import Conflict, Slot
from profile_service.identity.policy import RECORD_PREFIX, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A link that may not join, and why. A human could tell, except for CANNOT_LINK, which a human told."""

    link: Link
    reason: Refusal


@dataclass(slots=True)
class Part:
    """`spoken_of`: the persons of records of sources of record that are in it or state one of its nodes."""

    members: set[NodeId]
    values: dict[Slot, set[NodeId]]
    sides: set[tuple[str, str]]
    kept_apart: set[ProfileId]
    spoken_of: set[int]

    def copied(self) -> Part:
        return Part(set(self.members), dict(self.values), set(self.sides), set(self.kept_apart), set(self.spoken_of))

    def take(self, other: Part) -> None:
        self.members |= other.members
        self.sides |= other.sides
        self.kept_apart |= other.kept_apart
        self.spoken_of |= other.spoken_of
        for slot, values in other.values.items():
            self.values[slot] = self.values.get(slot, set()) | values


Parts = dict[NodeId, Part]


def copied(parts: Parts) -> Parts:
    copies = {id(part): part.copied() for part in parts.values()}
    return {node: copies[id(part)] for node, part in parts.items()}


def sets_of(parts: Parts) -> tuple[frozenset[NodeId], ...]:
    """The parts in order of their smallest node."""
    distinct = {id(part): frozenset(part.members) for part in parts.values()}
    return tuple(sorted(distinct.values(), key=min))


@dataclass(slots=True)
class Pass:
    """One pass over the links of a level, in the order of R3."""

    policy: Policy
    nodes: Mapping[NodeId, Node]
    opinions: Opinions
    level: int
    parts: Parts
    joined: list[Link] = field(default_factory=list[Link])
    refused: list[Refused] = field(default_factory=list[Refused])
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    contradicted: list[Link] = field(default_factory=list[Link])

    def take(self, link: Link) -> None:
        left, right = self.parts[link.a], self.parts[link.b]
        if left is right:
            self.joined.append(link)
            return
        reason, slots = self.objection(link, left, right)
        if reason is not None:
            self.refused.append(Refused(link=link, reason=reason))
            if reason is Refusal.CONFLICT:
                self.conflicts.append(Conflict(link, slots))
            elif reason is Refusal.CONTRADICTION:
                self.contradicted.append(link)
            return
        self.joined.append(link)
        if len(left.members) < len(right.members):
            left, right = right, left
        left.take(right)
        for node in right.members:
            self.parts[node] = left

    def objection(self, link: Link, left: Part, right: Part) -> tuple[Refusal | None, frozenset[Slot]]:
        """Why two parts may not be one (None: they may); of a conflict, the slots in which they differ."""
        if any((cannot, "right" if side == "left" else "left") in right.sides for cannot, side in left.sides):
            return Refusal.CANNOT_LINK, frozenset()
        reason, slots = self._over_limit(left, right)
        if reason is None and self.level < STEWARD_LEVEL:
            reason = self._contradiction(link, left, right)
        if reason is not None:
            return reason, slots
        if len(left.members) + len(right.members) > self.policy.profile_size_cap:
            return Refusal.SIZE_CAP, frozenset()
        return (Refusal.HELD if len(left.kept_apart | right.kept_apart) > 1 else None), frozenset()

    def _over_limit(self, left: Part, right: Part) -> tuple[Refusal | None, frozenset[Slot]]:
        """What a customer has one of, or at most so many. In profiles the keys of duplicates count as one; in cores
        they stay apart, and make nothing shared."""
        conflicting: set[Slot] = set()
        reason: Refusal | None = None
        for slot, mine in left.values.items():
            others, limit = right.values.get(slot), self.policy.namespace(slot[0]).limit
            if others is None or len(mine | others) <= limit:
                continue
            if not self.opinions.customer_of:
                alike = False
            else:
                customers = {self.opinions.customer_of.get(node, node) for node in mine | others}
                alike = len(customers) <= limit
            if alike and self.level <= Assurance.OBSERVED:
                continue
            if alike:
                reason = Refusal.DUPLICATE
            elif limit == 1:
                conflicting.add(slot)
            else:
                reason = Refusal.LIMIT
        return (Refusal.CONFLICT if conflicting else reason), frozenset(conflicting)

    def _contradiction(self, link: Link, left: Part, right: Part) -> Refusal | None:
        """What the records of two sides say against each other; of what was shown together, those of then too. A key
        is issued by one record, and answers settle whose an identifier is: whatever else states it does not speak
        against that."""
        sides = left.spoken_of, right.spoken_of
        if self.opinions.formerly and not _is_stated(link, self.nodes):
            then = [self.opinions.spoken_of_then(part.members, link.first_time) for part in (left, right)]
            sides = left.spoken_of | then[0], right.spoken_of | then[1]
        if not all(sides):
            return None
        joined = self.opinions.spoken_of(left.members), self.opinions.spoken_of(right.members)
        if link.kind is LinkKind.SETTLED or _is_issued(link, self.nodes, self.policy):
            sides = joined
        return self.opinions.objection(sides, joined, self.level)


def _is_stated(link: Link, nodes: Mapping[NodeId, Node]) -> bool:
    """Whether a record states an identifier, which is held against what is stated now."""
    of_record = [nodes[end].namespace.startswith(RECORD_PREFIX) for end in link.pair]
    return link.kind is LinkKind.PRESENTED and any(of_record)


def _is_issued(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> bool:
    """Whether a record states a key that its own source gives out."""
    namespaces = nodes[link.a].namespace, nodes[link.b].namespace
    return any(
        source.startswith(RECORD_PREFIX) and namespace in policy.source(source).issues
        for source, namespace in (namespaces, namespaces[::-1])
    )


def _sides(cannot: Iterable[CannotLink]) -> dict[NodeId, set[tuple[str, str]]]:
    sides: defaultdict[NodeId, set[tuple[str, str]]] = defaultdict(set)
    for decision in cannot:
        for node in decision.left - decision.right:
            sides[node].add((decision.id, "left"))
        for node in decision.right - decision.left:
            sides[node].add((decision.id, "right"))
    return sides


def alone(
    nodes: Mapping[NodeId, Node],
    policy: Policy,
    decisions: Decisions,
    opinions: Opinions,
) -> Parts:
    """Every node a part of its own."""
    parts: Parts = {}
    sides, kept_apart = _sides(decisions.standing), decisions.apart
    for node in nodes.values():
        values: dict[Slot, set[NodeId]] = {}
        if node.current and policy.namespace(node.namespace).limit:
            values[node.namespace, node.scope] = {node.id}
        apart = {kept_apart[node.id]} if node.id in kept_apart else set[ProfileId]()
        parts[node.id] = Part({node.id}, values, set(sides.get(node.id, ())), apart, opinions.about(node.id))
    return parts
