"""What a draft of the policy would make of recorded facts: which profiles would merge, which would split. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from profile_service.identity.graph.model import Assurance, Decisions, GraphNode, Link, LinkKind, NodeId, ProfileId
from profile_service.identity.graph.opinions import Saying, opinions_of
from profile_service.identity.graph.partition import Partition, partition
from profile_service.identity.graph.plan import identifies
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.policy import Policy

Pair = tuple[NodeId, NodeId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Nodes with all links among them, none of which leaves it, and what the source records among them say."""

    nodes: Mapping[NodeId, GraphNode]
    links: Sequence[Link]
    records: Mapping[NodeId, Attributes] = field(default_factory=dict[NodeId, Attributes])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """What scoring would say instead: pairs that would no longer be linked, and links that would be there."""

    gone: frozenset[Pair] = frozenset()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Profiles that would become one, or one that would become `parts`. `nodes` are all of theirs now, `links` the
    namespaces of the links that decide it."""

    profiles: tuple[ProfileId, ...]
    parts: int
    nodes: frozenset[NodeId]
    links: tuple[str, ...]


@dataclass(slots=True)
class Simulated:
    """The sum over components."""

    profiles: int = 0
    profiles_after: int = 0
    newly_shared: int = 0
    no_longer_shared: int = 0
    largest: int = 0
    largest_after: int = 0
    changes: list[Change] = field(default_factory=list[Change])

    def add(self, other: Simulated) -> None:
        """Take another component in."""
        self.profiles += other.profiles
        self.profiles_after += other.profiles_after
        self.newly_shared += other.newly_shared
        self.no_longer_shared += other.no_longer_shared
        self.largest = max(self.largest, other.largest)
        self.largest_after = max(self.largest_after, other.largest_after)
        self.changes += other.changes


def rescored(
    links: Iterable[Link], reviews: Mapping[Pair, float], model: str, policies: tuple[Policy, Policy], first_time: int
) -> Rescored:
    """What the thresholds of a draft (the second policy) would make of probabilities that are known: those of links,
    and of open reviews. A review that reached the threshold in force is one that something forbids."""
    current, draft = policies
    gone = {
        link.pair for link in links if link.kind is LinkKind.SCORED and (link.probability or 0.0) < draft.matching.join
    }
    added = (
        scored_link(pair, probability, model, first_time)
        for pair, probability in sorted(reviews.items())
        if draft.matching.join <= probability < current.matching.join
    )
    return Rescored(gone=frozenset(gone), links=tuple(added))


def scored_link(pair: Pair, probability: float, model: str, first_time: int) -> Link:
    """A link by score that is not recorded."""
    return Link(
        a=pair[0],
        b=pair[1],
        assurance_a=Assurance.OBSERVED,
        assurance_b=Assurance.OBSERVED,
        first_time=first_time,
        kind=LinkKind.SCORED,
        probability=probability,
        model=model,
    )


def simulate(component: Component, draft: Policy, scores: Rescored) -> Simulated:
    """Decide a component under the draft, and compare with the profiles as they are."""
    kept = [link for link in component.links if link.kind is not LinkKind.SCORED or link.pair not in scores.gone]
    links = [*kept, *(link for link in scores.links if link.a in component.nodes and link.b in component.nodes)]
    nodes = {key: stood.node for key, stood in component.nodes.items()}
    opinions = opinions_of(nodes, links, Saying(component.records), draft)
    decided = partition(nodes, links, Decisions(), draft, None, opinions)
    now: defaultdict[ProfileId, set[NodeId]] = defaultdict(set)
    for key, stood in component.nodes.items():
        if stood.profile is not None:
            now[stood.profile].add(key)
    parts = [part for part in decided.parts if identifies(part, component.nodes, decided)]
    levels = {key: decided.level(key) for key in nodes}
    return Simulated(
        profiles=len(now),
        profiles_after=len(parts),
        newly_shared=sum(levels[key] > 0 and not stood.shared for key, stood in component.nodes.items()),
        no_longer_shared=sum(levels[key] == 0 and stood.shared > 0 for key, stood in component.nodes.items()),
        largest=max(map(len, now.values()), default=0),
        largest_after=max((len(part) for part in parts), default=0),
        changes=[*_merges(component, parts, now, decided), *_splits(component, parts, now, links, decided)],
    )


def _merges(
    component: Component,
    parts: Sequence[frozenset[NodeId]],
    now: Mapping[ProfileId, set[NodeId]],
    decided: Partition,
) -> Iterable[Change]:
    """Parts that hold most of several profiles: the remainder of one that splits is not a merge of its own."""
    part_of = {key: index for index, part in enumerate(parts) for key in part}
    homes: defaultdict[int, list[ProfileId]] = defaultdict(list)
    for profile, members in sorted(now.items()):
        places = Counter(part_of[key] for key in members if key in part_of)
        if places:
            homes[min(places, key=lambda place: (-places[place], place))].append(profile)
    joins: defaultdict[int, list[Link]] = defaultdict(list)
    for link in decided.joined:
        if component.nodes[link.a].profile != component.nodes[link.b].profile and link.a in part_of:
            joins[part_of[link.a]].append(link)
    for index, met in sorted(homes.items()):
        if len(met) > 1:
            joining = joins[index]
            nodes = frozenset(key for profile in met for key in now[profile])
            yield Change(profiles=tuple(met), parts=1, nodes=nodes, links=_named(joining, component))


def _splits(
    component: Component,
    parts: Sequence[frozenset[NodeId]],
    now: Mapping[ProfileId, set[NodeId]],
    links: Sequence[Link],
    decided: Partition,
) -> Iterable[Change]:
    part_of = {key: index for index, part in enumerate(parts) for key in part}
    joined = {link.pair for link in decided.joined}
    lost_within: defaultdict[ProfileId, list[Link]] = defaultdict(list)
    for link in (*component.links, *links):
        owner = component.nodes[link.a].profile
        if owner is not None and owner == component.nodes[link.b].profile and link.pair not in joined:
            lost_within[owner].append(link)
    for profile, members in sorted(now.items()):
        fallen = {part_of[key] for key in members if key in part_of}
        if len(fallen) > 1:
            lost = lost_within[profile]
            yield Change(
                profiles=(profile,), parts=len(fallen), nodes=frozenset(members), links=_named(lost, component)
            )


def _named(links: Iterable[Link], component: Component) -> tuple[str, ...]:
    """The kinds of links by namespaces, the most frequent first."""
    counted = Counter(
        f"{link.kind.value}: {' and '.join(sorted(component.nodes[end].node.namespace for end in link.pair))}"
        for link in links
    )
    return tuple(name for name, _ in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def with_blocked(component: Component, blocked: frozenset[NodeId]) -> Component:
    """The component where a draft blocks some of its values."""
    nodes = {
        key: replace(node, node=replace(node.node, blocked=key in blocked)) for key, node in component.nodes.items()
    }
    return replace(component, nodes=nodes)
