"""Add what was presented together to the graph, and say what every identifier is now. Shared by all resolving calls.

Two ways, one plan. Where everything that counts is known already, or everything is new, the plan is decided on a read
and written only if that read still holds. Where evidence changes what is known, the keys and then the profiles are
locked, everything is read again, and the neighbourhood is evaluated (design, section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from profile_service.identity.counting import pairs
from profile_service.identity.graph_plan import GraphNode, GraphPlan, Neighbourhood, plan_graph
from profile_service.identity.model import Assurance, Link, LinkKind, LinkState, Node, NodeId, ProfileId
from profile_service.identity.policy import Policy
from profile_service.identity.resolution import NodeState, Presented
from profile_service.store.graph import Found, FoundNode, OwnLinks
from profile_service.usecases.identify import Item
from profile_service.usecases.runtime import Runtime

FIRST_EPOCH = bytes(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A node that a source record (the last of the items) was matched with by score, and the profile it was in then.
    `leans` are the places of the items without which it would not join."""

    node: NodeId
    profile: ProfileId
    probability: float
    model: str
    leans: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was presented together: by a contact, or by a source record. `against` are the profiles that the record
    contradicts: it is of somebody else."""

    subject: str
    items: Sequence[Item]
    channel: str
    occur_time_us: int
    earlier: Sequence[tuple[NodeId, Assurance]] = ()
    kind: LinkKind = LinkKind.PRESENTED
    supersedes: int | None = None
    scored: Sequence[Scored] = ()
    reviewed: Sequence[Scored] = ()
    against: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The graph as the call leaves it."""

    presented: tuple[Presented, ...]
    states: Mapping[NodeId, NodeState]
    before: Mapping[NodeId, ProfileId | None]
    created: frozenset[ProfileId]
    changed: bool


def find_keys(items: Iterable[Item], occur_time_us: int) -> list[tuple[int, bytes, int]]:
    """The look-up of the items: owners as of the time of the event, so that a late event finds the owner of its day."""
    return [(item.index, item.key, occur_time_us) for item in items if item.key is not None]


def _missing_links(evidence: Evidence, found: Found) -> list[Link]:
    """The pairs that this set adds to what is known."""
    links = links_of(evidence, {index: node.id for index, node in found.nodes.items()})
    return [
        link
        for link in links
        if (link.a, link.b, link.kind.value, link.channel, int(link.assurance_a), int(link.assurance_b))
        not in found.links
    ]


def links_of(evidence: Evidence, ids: Mapping[int, NodeId]) -> list[Link]:
    """The pairs of what is presented together; those of an identifier that does not fit are doubted."""
    members = [(ids[item.index], item.assurance) for item in evidence.items if item.proven and item.index in ids]
    links = pairs([*evidence.earlier, *members], channel=evidence.channel, occur_time=evidence.occur_time_us)
    doubted = {ids[item.index] for item in evidence.items if item.doubted and item.index in ids}
    if not doubted and evidence.kind is LinkKind.PRESENTED:
        return links
    return [
        replace(link, kind=evidence.kind, state=LinkState.DOUBTED if {link.a, link.b} & doubted else link.state)
        for link in links
    ]


def _scored_links(evidence: Evidence, ids: Mapping[int, NodeId]) -> list[Link]:
    """The links by score. A score is no proof: they are worth an observation."""
    return [
        Link(
            a=ids[evidence.items[-1].index],
            b=scored.node,
            assurance_a=Assurance.OBSERVED,
            assurance_b=Assurance.OBSERVED,
            first_time=evidence.occur_time_us,
            kind=LinkKind.SCORED,
            channel=evidence.channel,
            probability=scored.probability,
            model=scored.model,
            leans=frozenset(ids[index] for index in scored.leans if index in ids),
        )
        for scored in evidence.scored
    ]


def _establishing(evidence: Evidence, policy: Policy) -> frozenset[int]:
    """The items that become somebody's: those that may join, else those that a contact may stand under."""
    able = [
        item for item in evidence.items if item.proven and item.assurance >= policy.namespace(item.namespace).anchor
    ]
    joining = [item for item in able if item.assurance >= policy.join_min(item.namespace)]
    return frozenset(item.index for item in joining or able)


def is_known(evidence: Evidence, found: Found, policy: Policy) -> bool:
    """Whether nothing that counts is new: no node, no link, nobody to establish."""
    establishing = _establishing(evidence, policy)
    for item in evidence.items:
        if item.key is None:
            continue
        node = found.nodes.get(item.index)
        if node is None or (item.index in establishing and not node.established):
            return False
    return not _missing_links(evidence, found)


def is_fresh(evidence: Evidence, found: Found) -> bool:
    """Whether everything that can make links is new, so that no profile is concerned."""
    return not evidence.earlier and not any(item.proven and item.index in found.nodes for item in evidence.items)


def _found_states(found: Found) -> dict[NodeId, NodeState]:
    return {
        node.id: NodeState(
            id=node.id,
            namespace=node.namespace,
            key=node.id.encode(),
            profile=node.profile,
            shared=node.shared,
            users=node.users,
        )
        for node in found.nodes.values()
    }


def known_standing(evidence: Evidence, found: Found) -> Standing:
    """The graph where the call changes nothing in it."""
    states = _found_states(found)
    presented = tuple(
        item.presented(found.nodes[item.index].id if item.index in found.nodes else None, is_new=False)
        for item in evidence.items
    )
    before = {state.id: state.profile for state in states.values()}
    return Standing(presented=presented, states=states, before=before, created=frozenset(), changed=False)


@dataclass(frozen=True, slots=True)
class Strongest:
    """The strongest node of the founding contact, else the strongest of the part (R11)."""

    policy: Policy
    nodes: Mapping[NodeId, GraphNode]
    proofs: Mapping[NodeId, Assurance]

    def __call__(self, part: Iterable[NodeId]) -> NodeId:
        def rank(node: NodeId) -> tuple[bool, int, int, bytes]:
            held = self.nodes[node]
            strength = self.policy.strength(held.node.namespace)
            return (held.shared == 0, int(self.proofs.get(node, 0)), strength, held.node.key)

        return max(part, key=rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the graph before it is written. `given_up`: by key, the node that a fresh one takes the place of."""

    evidence: Evidence
    ids: Mapping[int, NodeId]
    given_up: Mapping[bytes, FoundNode]
    fresh: frozenset[NodeId]
    links: Sequence[Link]
    plan: GraphPlan
    neighbourhood: Neighbourhood


def decide(
    runtime: Runtime,
    policy: Policy,
    evidence: Evidence,
    found: Found,
    around: Neighbourhood,
    own: OwnLinks,
) -> Change:
    """Decide what the evidence changes in its neighbourhood. Pure but for the fresh ids."""
    if found.given_up:
        items = [replace(item, doubted=item.doubted and item.index not in found.given_up) for item in evidence.items]
        evidence = replace(evidence, items=items)
    ids = {index: node.id for index, node in found.nodes.items()}
    nodes = dict(around.nodes)
    by_key: dict[bytes, NodeId] = {}
    fresh: set[NodeId] = set()
    establishing = _establishing(evidence, policy)
    for item in evidence.items:
        if item.key is None or item.keyed is None:
            continue
        if item.index not in ids:
            if item.key not in by_key:
                by_key[item.key] = NodeId(runtime.new_id())
                fresh.add(by_key[item.key])
            ids[item.index] = by_key[item.key]
            node = Node(
                id=ids[item.index], key=item.key + FIRST_EPOCH, namespace=item.namespace, scope=item.keyed.scope
            )
            nodes[node.id] = GraphNode(node=node)
        held = nodes.get(ids[item.index])
        if held is not None and item.index in establishing and not held.established:
            nodes[held.node.id] = held = replace(held, established=True)
        if held is not None and item.index == evidence.supersedes:
            nodes[held.node.id] = replace(held, node=replace(held.node, current=False))
    links = [*links_of(evidence, ids), *_scored_links(evidence, ids)]
    links = [link for link in links if link.a in nodes and link.b in nodes]
    around = replace(around, nodes=nodes)
    proofs = {ids[item.index]: item.assurance for item in evidence.items if item.proven}
    decided = plan_graph(
        around,
        links,
        own_links={**{node: () for node in fresh}, **own.by_node},
        foreign=own.far_ends,
        strongest=Strongest(policy, nodes, proofs),
        mint=runtime.new_profile_id,
        policy=policy,
    )
    return Change(
        evidence=evidence,
        ids=ids,
        given_up={
            item.key: found.given_up[item.index]
            for item in evidence.items
            if item.key is not None and item.index in found.given_up
        },
        fresh=frozenset(fresh),
        links=links,
        plan=decided,
        neighbourhood=around,
    )


def reshares_known(change: Change) -> bool:
    """Whether a known identifier turns shared, stops being shared or is quarantined: contacts and joins by score move
    with it, under locks."""
    return bool((change.plan.resharing | change.plan.quarantined) - change.fresh)


def standing_after(found: Found, change: Change) -> Standing:
    """The graph as the change leaves it."""
    evidence = change.evidence
    users = {node.id: node.users for node in found.nodes.values()}
    wanted = {*change.ids.values(), *(node for node, _ in evidence.earlier), *(one.node for one in evidence.scored)}
    held_by = {node: held for node, held in change.plan.nodes.items() if node in wanted}
    states = _found_states(found) | {
        node: NodeState(
            id=node,
            namespace=held.node.namespace,
            key=held.node.key,
            profile=held.profile,
            shared=held.shared,
            users=users.get(node, ()) or _users(node, change),
        )
        for node, held in held_by.items()
    }
    presented = tuple(
        item.presented(change.ids.get(item.index), is_new=change.ids.get(item.index) in change.fresh)
        for item in evidence.items
    )
    before = {node: held.profile for node, held in change.neighbourhood.nodes.items()}
    return Standing(
        presented=presented,
        states=states,
        before=before,
        created=change.plan.created,
        changed=bool(change.plan.changed) or bool(change.links),
    )


def _users(node: NodeId, change: Change) -> tuple[ProfileId, ...]:
    """Who uses a node that identifies nobody."""
    around = (*change.neighbourhood.links, *change.links)
    owners = {
        change.plan.nodes[link.other(node)].profile
        for link in around
        if node in (link.a, link.b) and link.other(node) in change.plan.nodes
    }
    return tuple(sorted(owner for owner in owners if owner is not None))
