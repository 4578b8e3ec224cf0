"""What a neighbourhood becomes when evidence is added or withdrawn: the plan that the store writes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from profile_service.identity.graph.counting import (
    counted_links,
    fan_out_level,
    is_quarantined,
    makes_cores,
)
from profile_service.identity.graph.model import Decisions, GraphNode, Link, Node, NodeId, ProfileId, Refusal
from profile_service.identity.graph.naming import Name, NameState, Naming, name_parts
from profile_service.identity.graph.opinions import FormerStatement, Saying, Statement, opinions_of
from profile_service.identity.graph.partition import Partition, Refused, partition
from profile_service.identity.graph.questions import OpenReview, Question, new_questions, settled_reviews
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.policy import DAY_US, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """Everything that a change can reach (R9): nodes with all links among them, names and open reviews.

    `depended_on` has the fan-out levels of identifiers outside it that links by score depend on. `records`: what the
    source records in it say, and those outside that contest one of its nodes, as `contesting` has it, or stated one
    once (`former`); `delivered` takes its place. `held`: the merge breaker is tripped. `capped`: it is too large, and
    holds what is reached over VERIFIED and ON FILE links alone: they decide cores. `cores_capped`: that is too large as
    well, and only the seeds are there.
    """

    nodes: Mapping[NodeId, GraphNode]
    links: tuple[Link, ...]
    names: tuple[Name, ...] = ()
    reviews: tuple[OpenReview, ...] = ()
    depended_on: Mapping[NodeId, int] = field(default_factory=dict[NodeId, int])
    records: Mapping[NodeId, Attributes] = field(default_factory=dict[NodeId, Attributes])
    delivered: Mapping[NodeId, Attributes] = field(default_factory=dict[NodeId, Attributes])
    contesting: tuple[Statement, ...] = ()
    former: tuple[FormerStatement, ...] = ()
    capped: bool = False
    cores_capped: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLinks:
    """All links of the nodes whose links change, and the far ends that are not in the neighbourhood: fan-out is counted
    from all of a node's own links."""

    by_node: Mapping[NodeId, Sequence[Link]] = field(default_factory=dict[NodeId, Sequence[Link]])
    far_ends: Mapping[NodeId, Node] = field(default_factory=dict[NodeId, Node])


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
    reviews: tuple[Question, ...]
    settled: tuple[str, ...]
    resharing: frozenset[NodeId]
    quarantined: frozenset[NodeId]
    merged: tuple[ProfileId, ...]
    relied_on: Mapping[ProfileId, int]

    @property
    def customers_changed(self) -> frozenset[ProfileId]:
        """The customers who are one now with others, or two."""
        stood = {name: self.before[name].profile for name in self.changed}
        gone = {profile for name, profile in stood.items() if profile not in (None, self.nodes[name].profile)}
        come = {self.nodes[name].profile for name, profile in stood.items() if profile in gone}
        return frozenset(profile for profile in gone | come if profile is not None)


def plan_graph(
    before: Neighbourhood,
    added: Sequence[Link],
    own: OwnLinks,
    *,
    strongest: Callable[[Iterable[NodeId]], NodeId],
    mint: Callable[[], ProfileId],
    policy: Policy,
) -> GraphPlan:
    """Evaluate the neighbourhood with the added links.

    `strongest` picks the founder of a new part, `mint` makes an id for it. Where the neighbourhood is over its cap the
    links are recorded, join no profiles, and become a review; cores are decided as far as theirs is not.
    """
    nodes = {key: stood.node for key, stood in before.nodes.items()}
    levels = {**before.depended_on, **{key: stood.fan_out for key, stood in before.nodes.items()}}
    counted = _levels_after(own, added, nodes, policy)
    levels.update(counted)
    links = _links_to_count(before, added, nodes, policy)
    owners = {key: stood.profile for key, stood in before.nodes.items() if before.held and stood.profile is not None}
    saying = Saying(before.records, before.delivered, before.contesting, before.former)
    opinions = opinions_of(nodes, [*before.links, *added], saying, policy)
    decided = partition(nodes, links, Decisions(apart=owners), policy, levels, opinions)
    if before.capped:
        decided = _capped(decided, added)
    parts = _parts_to_name(before, decided)
    naming = name_parts(parts, () if before.capped else before.names, strongest=strongest, mint=mint)
    newly = {
        key for key, level in counted.items() if is_quarantined(level) and not is_quarantined(before.nodes[key].fan_out)
    }
    after = _nodes_after(before, decided, levels, naming.id_of(parts))
    return _difference(before, decided, after, naming, frozenset(newly))


def _links_to_count(
    before: Neighbourhood, added: Sequence[Link], nodes: Mapping[NodeId, Node], policy: Policy
) -> list[Link]:
    """The links that are evaluated: nothing in part (R9), but cores by themselves."""
    if before.cores_capped:
        return []
    links = [*before.links, *added]
    return links if not before.capped else [link for link in links if makes_cores(link, nodes, policy)]


def _levels_after(
    own: OwnLinks, added: Sequence[Link], nodes: Mapping[NodeId, Node], policy: Policy
) -> dict[NodeId, int]:
    """The fan-out levels of the nodes whose links change."""
    links_of: defaultdict[NodeId, list[Link]] = defaultdict(list)
    for key, links in own.by_node.items():
        links_of[key].extend(links)
    for link in added:
        links_of[link.a].append(link)
        links_of[link.b].append(link)
    known = {**own.far_ends, **nodes}
    return {
        key: fan_out_level(known[key], counted_links(links, known, policy), known, policy)
        for key, links in links_of.items()
    }


def _capped(decided: Partition, added: Sequence[Link]) -> Partition:
    refused = tuple(Refused(link=link, reason=Refusal.SIZE_CAP) for link in added[:1])
    return replace(decided, refused=(*decided.refused, *refused))


def _parts_to_name(before: Neighbourhood, decided: Partition) -> list[frozenset[NodeId]]:
    """The parts that are customers. Where profiles are not evaluated (R9) who has a name keeps it, and only what is new
    gets one."""
    parts = [part for part in decided.parts if identifies(part, before.nodes, decided)]
    if before.capped:
        return [part for part in parts if not _names_of(part, before)]
    return parts


def _names_of(part: Iterable[NodeId], before: Neighbourhood) -> set[ProfileId]:
    return {profile for node in part if (profile := before.nodes[node].profile) is not None}


def _owners_after(
    before: Neighbourhood, decided: Partition, named: Mapping[NodeId, ProfileId]
) -> Mapping[NodeId, ProfileId]:
    """Who owns each node. Where profiles are not evaluated none loses its owner, and what is new in a core belongs to
    the oldest profile in it."""
    if not before.capped:
        return named
    owners = dict(named)
    for part in decided.parts:
        names = _names_of(part, before)
        for node in part:
            stood = before.nodes[node].profile
            if stood is not None:
                owners[node] = stood
            elif names:
                owners[node] = min(names)
    return owners


def _nodes_after(
    before: Neighbourhood, decided: Partition, levels: Mapping[NodeId, int], named: Mapping[NodeId, ProfileId]
) -> dict[NodeId, GraphNode]:
    """The nodes as the decision leaves them. Where something is not evaluated none is less shared."""
    owners, cores = _owners_after(before, decided, named), decided.core_of()
    after: dict[NodeId, GraphNode] = {}
    for key, stood in before.nodes.items():
        shared = decided.level(key)
        after[key] = GraphNode(
            node=stood.node,
            profile=owners.get(key),
            core=(stood.core or key) if before.cores_capped else cores[key],
            shared=max(stood.shared, shared) if before.capped else shared,
            fan_out=levels.get(key, 0),
            established=stood.established,
        )
    return after


def _difference(
    before: Neighbourhood,
    decided: Partition,
    after: Mapping[NodeId, GraphNode],
    naming: Naming,
    quarantined: frozenset[NodeId],
) -> GraphPlan:
    stood = {name.id: (name.state, name.founder) for name in before.names}
    names = tuple(name for name in naming.names.values() if stood.get(name.id) != (name.state, name.founder))
    questions = [
        Question(*refused.link.pair, refused.reason)
        for refused in decided.refused
        if refused.reason is not Refusal.CANNOT_LINK
    ]
    settled = () if before.capped else settled_reviews(before.reviews, questions, after)
    return GraphPlan(
        before=before.nodes,
        nodes=after,
        joined=decided.joined,
        refused=tuple(refused.link for refused in decided.refused),
        changed=frozenset(key for key, node in after.items() if node != before.nodes[key]),
        names=names,
        created=naming.created,
        reviews=new_questions(before.reviews, questions, settled),
        settled=settled,
        resharing=frozenset(key for key, node in after.items() if _is_reshared(before.nodes[key], node)),
        quarantined=quarantined,
        merged=tuple(name.id for name in names if name.state is NameState.REDIRECTED),
        relied_on={name.id: name.revision for name in before.names if name.state is NameState.LIVE},
    )


def _is_reshared(before: GraphNode, after: GraphNode) -> bool:
    """Whether a node is shared now, or no longer; or, of one that is, whether it stands alone now, or no longer: alone
    it identifies nobody."""
    return after.shared != before.shared or (after.shared > 0 and (after.profile is None) != (before.profile is None))


def identifies(part: frozenset[NodeId], nodes: Mapping[NodeId, GraphNode], decided: Partition) -> bool:
    """Whether a part is a customer: some node is established, and it is not a shared node that stands alone."""
    if not any(nodes[node].established for node in part):
        return False
    return len(part) > 1 or not any(decided.level(node) for node in part)


def expiry(part: Iterable[GraphNode], seen_us: int, policy: Policy) -> int | None:
    """When a profile that has nothing stronger expires; None where something in it lives for ever."""
    days = [policy.namespace(node.node.namespace).ttl_days for node in part]
    return None if not days or 0 in days else seen_us + max(days) * DAY_US
