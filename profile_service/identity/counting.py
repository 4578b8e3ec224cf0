"""Which links count (R2), how repeated evidence folds (R1), and which nodes fan out too far (R6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from profile_service.identity.model import Assurance, Link, LinkState, Node, NodeId
from profile_service.identity.policy import RECORD_PREFIX, Policy

LEVELS = (Assurance.VERIFIED, Assurance.OBSERVED)


def counts(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> bool:
    """Whether a link is evidence at all: both ends reach the policy's minimum, neither is blocked, not withdrawn."""
    if link.state is LinkState.WITHDRAWN or link.a == link.b:
        return False
    ends = ((link.a, link.assurance_a), (link.b, link.assurance_b))
    return all(
        not nodes[node].blocked and assurance >= policy.join_min(nodes[node].namespace) for node, assurance in ends
    )


def counted_links(links: Iterable[Link], nodes: Mapping[NodeId, Node], policy: Policy) -> list[Link]:
    """The links that count, one per pair and state: the best assurance, first seen earliest at it."""
    best: dict[tuple[NodeId, NodeId, LinkState], Link] = {}
    for link in links:
        if not counts(link, nodes, policy):
            continue
        key = (*link.pair, link.state)
        held = best.get(key)
        if held is None or (-link.assurance, link.first_time) < (-held.assurance, held.first_time):
            best[key] = link
    return list(best.values())


def fan_out_level(node: Node, counted: Iterable[Link], nodes: Mapping[NodeId, Node], policy: Policy) -> int:
    """Up to which assurance a node's links stop counting because it has too many neighbours; 0 where none do.

    `counted` has to hold all of the node's own counted links, not only those inside a neighbourhood; ended links are
    evidence of sharing too. A record counts where it was doubted that it is the owner's: a customer may well be in many
    records.
    """
    rules = policy.namespace(node.namespace).fan_out
    if not rules:
        return 0
    neighbours: dict[NodeId, Assurance] = {}
    agreed: set[NodeId] = set()
    for link in counted:
        other = link.other(node.id)
        neighbours[other] = max(link.assurance, neighbours.get(other, Assurance.CLAIMED))
        if link.state is not LinkState.DOUBTED:
            agreed.add(other)
    records = {other for other in neighbours if nodes[other].namespace.startswith(RECORD_PREFIX)}
    for other in records & agreed:
        del neighbours[other]
    for level in LEVELS:
        for rule in rules:
            near = (other for other, assurance in neighbours.items() if assurance >= level)
            if sum(nodes[other].namespace.partition("/")[0] in rule.of for other in near) > rule.max:
                return level
    return 0


def fan_out_levels(nodes: Mapping[NodeId, Node], links: Iterable[Link], policy: Policy) -> dict[NodeId, int]:
    """The fan-out level of every node, from all links of the tenant."""
    own: defaultdict[NodeId, list[Link]] = defaultdict(list)
    for link in counted_links(links, nodes, policy):
        own[link.a].append(link)
        own[link.b].append(link)
    levels = {node.id: fan_out_level(node, own[node.id], nodes, policy) for node in nodes.values()}
    return {node: level for node, level in levels.items() if level}


def pairs(presented: Iterable[tuple[NodeId, Assurance]], *, channel: str, occur_time: int) -> list[Link]:
    """The links of a set that was presented together (R1): every pair, each end with its own assurance.

    Pairs with a CLAIMED end are left out: they count under no policy.
    """
    best: dict[NodeId, Assurance] = {}
    for node, assurance in presented:
        best[node] = max(assurance, best.get(node, Assurance.CLAIMED))
    members = sorted((node, assurance) for node, assurance in best.items() if assurance > Assurance.CLAIMED)
    return [
        Link(a=a, b=b, assurance_a=of_a, assurance_b=of_b, first_time=occur_time, channel=channel)
        for position, (a, of_a) in enumerate(members)
        for b, of_b in members[position + 1 :]
    ]
