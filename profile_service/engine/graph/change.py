"""A change of the graph: decided on evidence and everything that it can reach, before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from profile_service.engine.graph.evidence import (
    RECORD_CHANNEL,
    Evidence,
    Standing,
    establishing,
    found_states,
    links_of,
)
from profile_service.engine.graph.neighbourhood import Reach
from profile_service.engine.identifiers import Item
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.resolution import NodeState
from profile_service.identity.graph.anchor import Founders
from profile_service.identity.graph.model import Assurance, GraphNode, Link, LinkKind, Node, NodeId, ProfileId
from profile_service.identity.graph.plan import GraphPlan, Neighbourhood, plan_graph
from profile_service.identity.policy import Policy
from profile_service.identity.text.normalise import Keyed
from profile_service.store.queries.found import Found, FoundNode
from profile_service.store.rows.event import Cause, CauseKind

EPOCH_BYTES = 4
FIRST_EPOCH = bytes(EPOCH_BYTES)


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
            depends_on=frozenset(ids[index] for index in scored.depends_on if index in ids),
        )
        for scored in evidence.scored
    ]


def _renewed_links(evidence: Evidence, ids: Mapping[int, NodeId], found: Found) -> list[Link]:
    """Between identifiers before and after they began anew: worth an observation."""
    return [
        Link(
            a=ids[index],
            b=node.id,
            assurance_a=Assurance.OBSERVED,
            assurance_b=Assurance.OBSERVED,
            first_time=evidence.occur_time_us,
            kind=LinkKind.RENEWED,
            channel=evidence.channel,
        )
        for index, node in found.reassigned.items()
        if node.id in found.renewed and index in ids
    ]


def founders(policy: Policy, nodes: Mapping[NodeId, GraphNode], proofs: Mapping[NodeId, Assurance]) -> Founders:
    """Who founds parts of these nodes."""
    return Founders(
        policy,
        nodes={name: stood.node for name, stood in nodes.items()},
        shared={name: stood.shared for name, stood in nodes.items()},
        proofs=proofs,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the graph before it is written. `reassigned`: by key, the node whose place a fresh one takes."""

    evidence: Evidence
    ids: Mapping[int, NodeId]
    reassigned: Mapping[bytes, FoundNode]
    renewed: frozenset[NodeId]
    fresh: frozenset[NodeId]
    links: Sequence[Link]
    plan: GraphPlan
    neighbourhood: Neighbourhood

    @property
    def cause(self) -> Cause:
        """What it came from: the contact, or the source record, that presented the evidence."""
        evidence = self.evidence
        kind = CauseKind.RECORD if evidence.channel == RECORD_CHANNEL else CauseKind.CONTACT
        if evidence.kind is LinkKind.REPLACED:
            kind = CauseKind.REPLACEMENT
        return Cause(kind=kind, id=evidence.subject or None, occur_time_us=evidence.occur_time_us)


def decide(runtime: Runtime, policy: Policy, evidence: Evidence, reach: Reach) -> Change:
    """Decide what the evidence changes in what it can reach. Pure but for the fresh ids."""
    evidence = _of_new_owners(evidence, reach.found)
    placed = _Nodes(runtime, dict(reach.around.nodes), {index: node.id for index, node in reach.found.nodes.items()})
    able = establishing(evidence, policy)
    for item in evidence.items:
        if item.key is not None and item.keyed is not None:
            placed.add(item, item.keyed, item.key)
            placed.mark(item, establishes=item.index in able, ends=item.index == evidence.supersedes)
    ids, nodes = placed.ids, placed.nodes
    links = [*links_of(evidence, ids), *_scored_links(evidence, ids), *_renewed_links(evidence, ids, reach.found)]
    links = [link for link in links if link.a in nodes and link.b in nodes]
    around = replace(reach.around, nodes=nodes)
    if evidence.features is not None:
        around = replace(around, delivered={ids[evidence.items[-1].index]: evidence.features})
    proofs = {ids[item.index]: item.assurance for item in evidence.items if item.proven}
    fresh = frozenset(placed.fresh.values())
    own = replace(reach.own, by_node={**{node: () for node in fresh}, **reach.own.by_node})
    decided = plan_graph(
        around,
        links,
        own,
        strongest=founders(policy, nodes, proofs),
        mint=runtime.new_profile_id,
        policy=policy,
    )
    return Change(
        evidence=evidence,
        ids=ids,
        reassigned=_reassigned(evidence, reach.found),
        renewed=reach.found.renewed,
        fresh=fresh,
        links=links,
        plan=decided,
        neighbourhood=around,
    )


def _of_new_owners(evidence: Evidence, found: Found) -> Evidence:
    """The evidence, of which identifiers that have a new owner are not contested."""
    if not found.reassigned:
        return evidence
    items = [replace(item, contested=item.contested and item.index not in found.reassigned) for item in evidence.items]
    return replace(evidence, items=items)


def _reassigned(evidence: Evidence, found: Found) -> dict[bytes, FoundNode]:
    return {
        item.key: found.reassigned[item.index]
        for item in evidence.items
        if item.key is not None and item.index in found.reassigned
    }


@dataclass(slots=True)
class _Nodes:
    """The nodes as the evidence leaves them, and which of them each item is; `fresh`: by key, those that it makes."""

    runtime: Runtime
    nodes: dict[NodeId, GraphNode]
    ids: dict[int, NodeId]
    fresh: dict[bytes, NodeId] = field(default_factory=dict[bytes, NodeId])

    def add(self, item: Item, keyed: Keyed, key: bytes) -> None:
        """The node of an item: the one that was found, else a fresh one, of which two items may be the same."""
        if item.index in self.ids:
            return
        name = self.fresh.get(key)
        if name is None:
            name = self.fresh[key] = NodeId(self.runtime.new_id())
            node = Node(id=name, key=key + FIRST_EPOCH, namespace=item.namespace, scope=keyed.scope)
            self.nodes[name] = GraphNode(node=node)
        self.ids[item.index] = name

    def mark(self, item: Item, *, establishes: bool, ends: bool) -> None:
        """Whether somebody may stand under the node from now on, and whether it is replaced."""
        name = self.ids[item.index]
        node = self.nodes.get(name)
        if node is None:
            return
        if establishes and not node.established:
            node = replace(node, established=True)
        if ends:
            node = replace(node, node=replace(node.node, current=False))
        self.nodes[name] = node


def reshares_known(change: Change) -> bool:
    """Whether a known identifier turns shared, stops being shared or is quarantined: contacts and joins by score move
    with it, under locks."""
    return bool((change.plan.resharing | change.plan.quarantined) - change.fresh)


def standing_after(found: Found, change: Change) -> Standing:
    """The graph as the change leaves it."""
    evidence = change.evidence
    users = {node.id: node.users for node in found.nodes.values()}
    concerned = {*change.ids.values(), *(node for node, _ in evidence.earlier)}
    concerned |= {scored.node for scored in evidence.scored}
    states = found_states(evidence, found) | {
        name: NodeState(
            id=name,
            namespace=node.node.namespace,
            key=node.node.key[:-EPOCH_BYTES],
            profile=node.profile,
            shared=node.shared,
            users=users.get(name, ()) or _users(name, change),
        )
        for name, node in change.plan.nodes.items()
        if name in concerned
    }
    presented = tuple(
        item.presented(change.ids.get(item.index), is_new=change.ids.get(item.index) in change.fresh)
        for item in evidence.items
        if evidence.person_of(item.index) == evidence.last_person
    )
    before = {name: node.profile for name, node in change.neighbourhood.nodes.items()}
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
