"""What a neighbourhood becomes when evidence is added or withdrawn: the plan that the store writes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from profile_service.identity.graph.counting import counted_links, fan_out_level, is_quarantined
from profile_service.identity.graph.model import Decisions, Link, Node, NodeId, ProfileId, Refusal
from profile_service.identity.graph.naming import Name, NameState, name_parts
from profile_service.identity.graph.partition import Partition, Refused, partition
from profile_service.identity.policy import DAY_US, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """A node with what is derived of it. `established`: some contact or record may stand under it."""

    node: Node
    profile: ProfileId | None = None
    shared: int = 0
    fan_out: int = 0
    established: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """Everything that a change can reach (R9): nodes with all links among them, names and open reviews.

    `leaned_on` has the fan-out levels of identifiers outside it that links by score lean on. `held`: the merge breaker
    is tripped.
    """

    nodes: Mapping[NodeId, GraphNode]
    links: tuple[Link, ...]
    names: tuple[Name, ...] = ()
    reviews: tuple[tuple[str, NodeId, NodeId, str], ...] = ()
    leaned_on: Mapping[NodeId, int] = field(default_factory=dict[NodeId, int])
    capped: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPlan:
    """The difference: nodes, names and reviews that change, the nodes whose sharing changed, and those of them that
    were quarantined. `relied_on` are the profiles that the decision was made on, each at its revision;
    `before` is how the nodes stood, `joined` and `refused` are the links that decided."""

    before: Mapping[NodeId, GraphNode]
    nodes: Mapping[NodeId, GraphNode]
    joined: tuple[Link, ...]
    refused: tuple[Link, ...]
    changed: frozenset[NodeId]
    names: tuple[Name, ...]
    created: frozenset[ProfileId]
    reviews: tuple[tuple[NodeId, NodeId, Refusal], ...]
    settled: tuple[str, ...]
    resharing: frozenset[NodeId]
    quarantined: frozenset[NodeId]
    merged: tuple[ProfileId, ...]
    relied_on: Mapping[ProfileId, int]


def plan_graph(
    before: Neighbourhood,
    added: Sequence[Link],
    *,
    own_links: Mapping[NodeId, Sequence[Link]],
    foreign: Mapping[NodeId, Node],
    strongest: Callable[[Iterable[NodeId]], NodeId],
    mint: Callable[[], ProfileId],
    policy: Policy,
) -> GraphPlan:
    """Evaluate the neighbourhood with the added links.

    `own_links` holds all links of the nodes whose links change, `foreign` the far ends that are not in the
    neighbourhood: fan-out is counted from all of a node's own links. Where the neighbourhood is over its cap the links
    are recorded, join nothing, and become a review.
    """
    nodes = {key: held.node for key, held in before.nodes.items()}
    levels = {**before.leaned_on, **{key: held.fan_out for key, held in before.nodes.items()}}
    found = _levels_after(own_links, added, {**foreign, **nodes}, policy)
    levels.update(found)
    links = [] if before.capped else [*before.links, *added]
    owners = {key: held.profile for key, held in before.nodes.items() if before.held and held.profile is not None}
    decided = partition(nodes, links, Decisions(), policy, levels, owners)
    if before.capped:
        decided = _capped(decided, added)
    newly = {key for key in found if is_quarantined(found[key]) and not is_quarantined(before.nodes[key].fan_out)}
    return replace(_difference(before, decided, levels, strongest, mint), quarantined=frozenset(newly))


def _levels_after(
    own_links: Mapping[NodeId, Sequence[Link]], added: Sequence[Link], nodes: Mapping[NodeId, Node], policy: Policy
) -> dict[NodeId, int]:
    own: defaultdict[NodeId, list[Link]] = defaultdict(list)
    for key, links in own_links.items():
        own[key].extend(links)
    for link in added:
        own[link.a].append(link)
        own[link.b].append(link)
    return {
        key: fan_out_level(nodes[key], counted_links(links, nodes, policy), nodes, policy) for key, links in own.items()
    }


def _capped(decided: Partition, added: Sequence[Link]) -> Partition:
    return replace(decided, refused=tuple(Refused(link=link, reason=Refusal.SIZE_CAP) for link in added[:1]))


def _difference(
    before: Neighbourhood,
    decided: Partition,
    levels: Mapping[NodeId, int],
    strongest: Callable[[Iterable[NodeId]], NodeId],
    mint: Callable[[], ProfileId],
) -> GraphPlan:
    parts = [part for part in decided.parts if identifies(part, before.nodes, decided)]
    if before.capped:
        # Nothing is evaluated in part (R9): who has a name keeps it, and only what is new gets one.
        parts = [part for part in parts if not any(before.nodes[node].profile for node in part)]
    naming = name_parts(parts, () if before.capped else before.names, strongest=strongest, mint=mint)
    profile_of = {node: naming.id_of_part[index] for index, part in enumerate(parts) for node in part}
    after: dict[NodeId, GraphNode] = {}
    for key, held in before.nodes.items():
        owner = held.profile if before.capped and held.profile is not None else profile_of.get(key)
        shared = max(held.shared, decided.level(key)) if before.capped else decided.level(key)
        after[key] = GraphNode(
            node=held.node, profile=owner, shared=shared, fan_out=levels.get(key, 0), established=held.established
        )
    held_names = {name.id: name for name in before.names}
    names = tuple(
        name
        for name in naming.names.values()
        if name.id not in held_names
        or (held_names[name.id].state, held_names[name.id].founder) != (name.state, name.founder)
    )
    reviews = tuple(
        (*item.link.pair, item.reason) for item in decided.refused if item.reason is not Refusal.CANNOT_LINK
    )
    questions = {(a, b, reason.value) for a, b, reason in reviews}
    settled = tuple(
        review
        for review, a, b, reason in before.reviews
        if a in after and b in after and _is_settled(after[a], after[b], reason, (a, b, reason) in questions)
    )
    return GraphPlan(
        before=before.nodes,
        nodes=after,
        joined=decided.joined,
        refused=tuple(item.link for item in decided.refused),
        changed=frozenset(key for key, held in after.items() if held != before.nodes[key]),
        names=names,
        created=naming.created,
        reviews=reviews,
        settled=() if before.capped else settled,
        resharing=frozenset(key for key, held in after.items() if held.shared != before.nodes[key].shared),
        quarantined=frozenset(),
        merged=tuple(name.id for name in names if name.state is NameState.REDIRECTED),
        relied_on={name.id: name.revision for name in before.names if name.state is NameState.LIVE},
    )


def _is_settled(a: GraphNode, b: GraphNode, reason: str, asked: bool) -> bool:
    """Whether nobody needs to answer any more: what was scored stays open until the two are one customer, a quarantine
    until it ends."""
    if reason == Refusal.SCORE:
        return a.profile is not None and a.profile == b.profile
    if reason == Refusal.QUARANTINE:
        return not is_quarantined(a.fan_out) or a.node.ruled_shared is not None
    return not asked


def identifies(part: frozenset[NodeId], nodes: Mapping[NodeId, GraphNode], decided: Partition) -> bool:
    """Whether a part is a customer: some node is established, and it is not a shared node that stands alone."""
    if not any(nodes[node].established for node in part):
        return False
    return len(part) > 1 or not any(decided.level(node) for node in part)


def expiry(part: Iterable[GraphNode], seen_us: int, policy: Policy) -> int | None:
    """When a profile that has nothing stronger expires; None where something in it lives for ever."""
    days = [policy.namespace(held.node.namespace).ttl_days for held in part]
    return None if not days or 0 in days else seen_us + max(days) * DAY_US
