"""partition(nodes, links, decisions, policy) -> parts: which nodes are one customer. Pure; rules R1-R9 and D1.

Links are taken level by level, the strongest level first, each to its own fixed point, and within a level in the order
of R3. A link joins two parts unless that would break a constraint; one that is refused because the parts hold different
values of a limit-1 namespace may make its weaker end shared (`sharing`), and the level starts again. What stands after
the level ON_FILE are the cores: no weaker link ever changes them. The result does not depend on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
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
from profile_service.identity.graph.joining import Parts, Pass, Refused, alone, copied, sets_of
from profile_service.identity.graph.model import (
    Assurance,
    Decisions,
    Link,
    LinkKind,
    LinkState,
    Node,
    NodeId,
    Refusal,
)
from profile_service.identity.graph.opinions import SILENT, Opinions
from profile_service.identity.graph.sharing import (
    Slot,
    changed_values,
    heirs_of,
    newly_shared,
    parted_by_records,
    share_alike,
)
from profile_service.identity.policy import RECORD_PREFIX, Policy


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


def _order(
    link: Link, nodes: Mapping[NodeId, Node], policy: Policy, opinions: Opinions
) -> tuple[int, int, int, int, bytes, bytes]:
    """R3: level of the link, strength of the weaker and of the stronger namespace, first seen, key. What is disputed
    among records is on file at none of them: their word is an observation."""
    weaker, stronger = sorted((policy.strength(nodes[link.a].namespace), policy.strength(nodes[link.b].namespace)))
    first, second = sorted((nodes[link.a].key, nodes[link.b].key))
    level = link_level(link, nodes, policy)
    if link.kind is LinkKind.PRESENTED and link.pair in opinions.disputed:
        level = min(level, Assurance.OBSERVED)
    return -level, -weaker, -stronger, link.first_time, first, second


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
    opinions: Opinions = SILENT,
) -> Partition:
    """Decide which nodes are one customer, and which of them by links that no weaker one can change.

    `fan_out` gives the fan-out levels where `links` are only those of a neighbourhood (R6 counts all of a node's own
    links); without it they are computed from `links`. Every end of a link has to be in `nodes`. `opinions` is what the
    records around say against each other.
    """
    standing = list(links)
    levels = fan_out_levels(nodes, standing, policy) if fan_out is None else fan_out
    standing = [link for link in standing if stands(link, levels)]
    counted = [link for link in counted_links(standing, nodes, policy) if link.state is LinkState.ACTIVE]
    counted += [*_must_links(decisions, nodes), *opinions.duplicates()]
    ordered = sorted(((_order(link, nodes, policy, opinions), link) for link in counted), key=itemgetter(0))
    parts = alone(nodes, policy, decisions, opinions)
    run = _Levels(nodes, policy, levels, parts, heirs_of(standing, nodes), opinions)
    share_alike(run.shared, {node: level_of(level) for node, level in levels.items()}, run.heirs)
    cores: tuple[frozenset[NodeId], ...] | None = None
    for (level, *_), of_level in groupby(ordered, key=lambda pair: pair[0][:1]):
        if -level < Assurance.ON_FILE and cores is None:
            cores = sets_of(run.parts)
        run.settle(-level, [link for _, link in of_level])
    parts = sets_of(run.parts)
    return Partition(
        parts=parts,
        cores=parts if cores is None else cores,
        shared=run.shared,
        fan_out={node: level for node, level in levels.items() if node in nodes},
        joined=tuple(run.joined),
        refused=tuple(run.asked()),
    )


@dataclass(slots=True)
class _Levels:
    """What stands after the levels that are settled."""

    nodes: Mapping[NodeId, Node]
    policy: Policy
    fan_out: Mapping[NodeId, int]
    parts: Parts
    heirs: Mapping[NodeId, Sequence[NodeId]]
    opinions: Opinions
    shared: dict[NodeId, int] = field(default_factory=dict[NodeId, int])
    joined: list[Link] = field(default_factory=list[Link])
    refused: list[Refused] = field(default_factory=list[Refused])

    def settle(self, level: int, links: Sequence[Link]) -> None:
        """Join what the links of a level join; start again as long as one makes a node shared (R5)."""
        while True:
            run = Pass(self.policy, self.nodes, self.opinions, level, copied(self.parts))
            for link in links:
                if level == STEWARD_LEVEL or level > max(self.shared_up_to(link.a), self.shared_up_to(link.b)):
                    run.take(link)
            part_of = {node: id(part) for node, part in run.parts.items()}
            changed = changed_values(run.conflicts, part_of, self.nodes, self.policy)
            turned = self._turned(run, changed)
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

    def _turned(self, run: Pass, changed: AbstractSet[Link]) -> set[NodeId]:
        """The nodes that turn shared up to the level."""
        if run.level >= STEWARD_LEVEL:
            return set()
        settled = [conflict for conflict in run.conflicts if conflict.link not in changed]
        turned = newly_shared(settled, self._values_before, self.nodes, self.policy)
        if run.level >= Assurance.VERIFIED:
            return turned
        return turned | parted_by_records(run.contradicted, self._records_before, self.nodes, self.policy)

    def shared_up_to(self, node: NodeId) -> int:
        return max(self.shared.get(node, 0), level_of(self.fan_out.get(node, 0)))

    def _values_before(self, node: NodeId, slot: Slot) -> set[NodeId]:
        """The values of a slot that the node's part held before this level."""
        return self.parts[node].values.get(slot, set())

    def _records_before(self, node: NodeId) -> set[NodeId]:
        """The records that the node's part held before this level, itself aside."""
        members = self.parts[node].members - {node}
        return {key for key in members if self.nodes[key].namespace.startswith(RECORD_PREFIX)}

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
            if reason is not Refusal.DUPLICATE:
                kept.setdefault((place, reason), Refused(link=item.link, reason=reason))
        duplicates = (link for link in self.joined if link.kind is LinkKind.DUPLICATE)
        return [*kept.values(), *(Refused(link=link, reason=Refusal.DUPLICATE) for link in duplicates)]
