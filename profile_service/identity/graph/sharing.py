"""Which identifiers turn shared by conflict: R5, R7 and R8, looked at one level of links at a time. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import NamedTuple

from profile_service.identity.graph.model import Link, LinkKind, LinkState, Node, NodeId
from profile_service.identity.policy import Policy

Slot = tuple[str, str]
"""A namespace and its scope."""


class Conflict(NamedTuple):
    """A link between parts that hold different values of namespaces of which a customer has one."""

    link: Link
    slots: frozenset[Slot]


def weaker_end(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> NodeId | None:
    """The end whose namespace is strictly weaker and can be shared."""
    of_a, of_b = (policy.namespace(nodes[node].namespace) for node in (link.a, link.b))
    if of_a.strength == of_b.strength:
        return None
    weaker, node = (of_a, link.a) if of_a.strength < of_b.strength else (of_b, link.b)
    return node if weaker.shareable else None


def newly_shared(
    conflicts: Sequence[Conflict],
    values_before: Callable[[NodeId, Slot], set[NodeId]],
    nodes: Mapping[NodeId, Node],
    policy: Policy,
) -> set[NodeId]:
    """R5: the weaker ends of the conflicts of a level. R7: a link just loses, and makes nothing shared, where stronger
    links have put its weaker end on a side already: its part held another value of the slot before this level."""
    turned: set[NodeId] = set()
    for link, slots in conflicts:
        end = weaker_end(link, nodes, policy)
        if end is not None and not any(values_before(end, slot) - {end} for slot in slots):
            turned.add(end)
    return turned


def parted_by_records(
    links: Iterable[Link],
    records_before: Callable[[NodeId], set[NodeId]],
    nodes: Mapping[NodeId, Node],
    policy: Policy,
) -> set[NodeId]:
    """E2: the weaker ends of links between customers whose records contradict each other. One just loses where stronger
    links have put its weaker end beside a record already."""
    ends = {end for link in links if (end := weaker_end(link, nodes, policy)) is not None}
    return {end for end in ends if not records_before(end)}


def changed_values(
    conflicts: Sequence[Conflict], part_of: Mapping[NodeId, int], nodes: Mapping[NodeId, Node], policy: Policy
) -> set[Link]:
    """R8: the conflicts in which several nodes of one part came, at this level, with the same new value of a limit-1
    namespace; and the others between the same two parts."""
    by_value: defaultdict[tuple[NodeId, int], list[Link]] = defaultdict(list)
    for link, _ in conflicts:
        for value, end in ((link.a, link.b), (link.b, link.a)):
            if policy.namespace(nodes[value].namespace).limit == 1:
                by_value[value, part_of[end]].append(link)
    changed: set[Link] = set()
    pairs: set[frozenset[int]] = set()
    for (value, part), links in by_value.items():
        if len({link.other(value) for link in links}) > 1:
            changed.update(links)
            pairs.add(frozenset((part_of[value], part)))
    between = (link for link, _ in conflicts if frozenset((part_of[link.a], part_of[link.b])) in pairs)
    return changed.union(between)


def heirs_of(links: Iterable[Link], nodes: Mapping[NodeId, Node]) -> dict[NodeId, list[NodeId]]:
    """The identifiers that others became when they began anew; their keys are in that order."""
    heirs: defaultdict[NodeId, list[NodeId]] = defaultdict(list)
    for link in links:
        if link.kind is LinkKind.RENEWED and link.state is not LinkState.WITHDRAWN:
            former, heir = sorted(link.pair, key=lambda node: nodes[node].key)
            heirs[former].append(heir)
    return dict(heirs)


def share_alike(
    shared: MutableMapping[NodeId, int], levels: Mapping[NodeId, int], heirs: Mapping[NodeId, Sequence[NodeId]]
) -> None:
    """What is shared up to a level stays so when it begins anew (R8): add the heirs to `shared`."""
    left = [(node, level) for node, level in levels.items() if level and node in heirs]
    while left:
        node, level = left.pop()
        for heir in heirs.get(node, ()):
            if shared.get(heir, 0) < level:
                shared[heir] = level
                left.append((heir, level))
