"""A change of the graph: decided on evidence and everything that it can reach, before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from profile_service.engine.graph.evidence import (
    RECORD_CHANNEL,
    Evidence,
    Standing,
    establishing,
    found_states,
    links_of,
)
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.resolution import NodeState
from profile_service.identity.graph.anchor import Founders
from profile_service.identity.graph.model import Assurance, Link, LinkKind, Node, NodeId, ProfileId
from profile_service.identity.graph.plan import GraphNode, GraphPlan, Neighbourhood, plan_graph
from profile_service.identity.policy import Policy
from profile_service.store.queries.find import Found, FoundNode
from profile_service.store.queries.graph import OwnLinks
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
            leans=frozenset(ids[index] for index in scored.leans if index in ids),
        )
        for scored in evidence.scored
    ]


def founders(policy: Policy, nodes: Mapping[NodeId, GraphNode], proofs: Mapping[NodeId, Assurance]) -> Founders:
    """Who founds parts of these nodes."""
    return Founders(
        policy,
        nodes={name: one.node for name, one in nodes.items()},
        shared={name: one.shared for name, one in nodes.items()},
        proofs=proofs,
    )


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

    @property
    def cause(self) -> Cause:
        """What it came from: the contact, or the source record, that presented the evidence."""
        evidence = self.evidence
        kind = CauseKind.RECORD if evidence.channel == RECORD_CHANNEL else CauseKind.CONTACT
        if evidence.kind is LinkKind.REPLACED:
            kind = CauseKind.REPLACEMENT
        return Cause(kind=kind, id=evidence.subject or None, occur_time_us=evidence.occur_time_us)


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
    able = establishing(evidence, policy)
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
        if held is not None and item.index in able and not held.established:
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
        strongest=founders(policy, nodes, proofs),
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
    states = found_states(evidence, found) | {
        node: NodeState(
            id=node,
            namespace=held.node.namespace,
            key=held.node.key[:-EPOCH_BYTES],
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
