"""Which links count (R2), how repeated evidence folds (R1), and which nodes fan out too far (R6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, Link, LinkKind, LinkState, Node, NodeId
from profile_service.identity.policy import FanOut, Policy

LEVELS = (Assurance.VERIFIED, Assurance.ON_FILE, Assurance.OBSERVED)
STEWARD_LEVEL = 9
"""The level of a steward's "one customer", above every proof."""
QUARANTINED = 8
"""Added to the fan-out level of a node that so many use that nobody's join may depend on it. The level stays beside it:
what weaker evidence shows never undoes what stronger evidence joined (R7)."""
RECORD = "record"


def counts(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> bool:
    """Whether a link is evidence at all: both ends reach the policy's minimum, neither is blocked, not withdrawn."""
    if link.state is LinkState.WITHDRAWN or link.a == link.b:
        return False
    ends = ((link.a, link.assurance_a), (link.b, link.assurance_b))
    return all(
        not nodes[node].blocked and assurance >= policy.join_min(nodes[node].namespace) for node, assurance in ends
    )


def link_level(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> int:
    """What a link is worth: that of its lesser end, at most OBSERVED where an end is of a namespace that only finds."""
    if link.kind is LinkKind.MUST:
        return STEWARD_LEVEL
    opens = all(policy.namespace(nodes[end].namespace).opens for end in link.pair)
    return link.assurance if opens else min(link.assurance, Assurance.OBSERVED)


def makes_cores(link: Link, nodes: Mapping[NodeId, Node], policy: Policy) -> bool:
    """Whether a link is strong enough to join cores."""
    return link_level(link, nodes, policy) >= Assurance.ON_FILE


def level_of(fan_out: int) -> int:
    """Up to which assurance a node is shared by fan-out."""
    return fan_out & ~QUARANTINED


def is_quarantined(fan_out: int) -> bool:
    """Whether a node is quarantined."""
    return bool(fan_out & QUARANTINED)


def stands(link: Link, fan_out: Mapping[NodeId, int]) -> bool:
    """Whether a link depends on no quarantined identifier. Sharing within a household is in its score already."""
    return not any(is_quarantined(fan_out.get(node, 0)) for node in link.depends_on)


def counted_links(links: Iterable[Link], nodes: Mapping[NodeId, Node], policy: Policy) -> list[Link]:
    """The links that count, one per pair and state: the best assurance, first seen earliest at it."""
    best: dict[tuple[NodeId, NodeId, LinkState], Link] = {}
    for link in links:
        if not counts(link, nodes, policy):
            continue
        key = (*link.pair, link.state)
        rival = best.get(key)
        if rival is None or (-link.assurance, link.first_time) < (-rival.assurance, rival.first_time):
            best[key] = link
    return list(best.values())


class Neighbour(NamedTuple):
    """A node at the other end of counted links. `agreed`: some link is not contested; `resembles`: a record that says
    of the customer what the identifier's owner is known by."""

    kind: str
    assurance: Assurance
    first_time: int
    agreed: bool
    resembles: bool


def fan_out_level(node: Node, counted: Iterable[Link], nodes: Mapping[NodeId, Node], policy: Policy) -> int:
    """Up to which assurance a node's links stop counting because it has too many neighbours, ever or in a burst, with
    QUARANTINED where they are too many for any household; 0 where all count. What a steward ruled stands above that.

    `counted` has to hold all of the node's own counted links, not only those inside a neighbourhood; ended links are
    evidence of sharing too.
    """
    if node.ruled_shared is not None:
        return int(Assurance.VERIFIED) | QUARANTINED if node.ruled_shared else 0
    rules = policy.namespace(node.namespace).fan_out
    if not rules:
        return 0
    neighbours = _neighbours(node, counted, nodes, policy)
    able = [rule for rule in rules if len(neighbours) > rule.max]
    broken = [(level, rule) for rule in able for level in LEVELS if _breaks(rule, neighbours, level)]
    level = max((int(level) for level, _ in broken), default=0)
    return level | QUARANTINED if any(rule.quarantine for _, rule in broken) else level


def _neighbours(node: Node, counted: Iterable[Link], nodes: Mapping[NodeId, Node], policy: Policy) -> list[Neighbour]:
    """Who is linked to a node. A record that contradicts its owner, of a source that is none of record, says
    nothing."""
    neighbours: dict[NodeId, Neighbour] = {}
    for link in counted:
        other = link.other(node.id)
        near, agreed = neighbours.get(other), link.state is not LinkState.CONTESTED
        kind = nodes[other].namespace.partition("/")[0]
        if kind == RECORD and not agreed and not policy.source(nodes[other].namespace).speaks:
            continue
        likely = link.kind is LinkKind.PRESENTED and link.probability is not None
        new = Neighbour(kind, link.assurance, link.first_time, agreed, likely)
        if near is not None:
            new = Neighbour(
                kind,
                max(near.assurance, link.assurance),
                min(near.first_time, link.first_time),
                near.agreed or agreed,
                near.resembles or likely,
            )
        neighbours[other] = new
    return list(neighbours.values())


def _breaks(rule: FanOut, neighbours: Iterable[Neighbour], level: Assurance) -> bool:
    """A customer may well be in many records, and come with many at once: one counts where it was contested, and in a
    burst where it does not say that it is the same customer's (E6)."""

    def differs(near: Neighbour) -> bool:
        return near.kind != RECORD or not near.agreed or (rule.within_us > 0 and not near.resembles)

    times = sorted(
        near.first_time for near in neighbours if near.assurance >= level and near.kind in rule.of and differs(near)
    )
    if not rule.within_us:
        return len(times) > rule.max
    return any(late - early < rule.within_us for early, late in zip(times, times[rule.max :], strict=False))


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

    Pairs with a CLAIMED end are left out: they count under no policy. The query withdraw_links is its twin, for what is
    left of the links of a contact whose word is taken back; a property test feeds both.
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
