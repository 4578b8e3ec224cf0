"""Add what was presented together to the graph, and say what every identifier is now. Shared by all resolving calls.

Two ways, one plan. Where everything that counts is known already, or everything is new, the plan is decided on a read
and written only if that read still holds. Where evidence changes what is known, the keys and then the profiles are
locked, everything is read again, and the neighbourhood is evaluated (design, section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from profile_service.identity.breaker import hour_of
from profile_service.identity.counting import pairs
from profile_service.identity.graph_plan import GraphNode, GraphPlan, Neighbourhood, expiry, plan_graph
from profile_service.identity.model import Assurance, Link, LinkKind, LinkState, Node, NodeId, ProfileId, Refusal
from profile_service.identity.naming import Name
from profile_service.identity.policy import Policy
from profile_service.identity.resolution import NodeState, Presented
from profile_service.store.graph import Found, FoundNode, OwnLinks
from profile_service.store.plan import Plan
from profile_service.usecases.identify import Item
from profile_service.usecases.matching import PEOPLE, value_key
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
    links = _links(evidence, {index: node.id for index, node in found.nodes.items()})
    return [
        link
        for link in links
        if (link.a, link.b, link.kind.value, link.channel, int(link.assurance_a), int(link.assurance_b))
        not in found.links
    ]


def _links(evidence: Evidence, ids: Mapping[int, NodeId]) -> list[Link]:
    members = [(ids[item.index], item.assurance) for item in evidence.items if item.proven and item.index in ids]
    links = pairs([*evidence.earlier, *members], channel=evidence.channel, occur_time=evidence.occur_time_us)
    doubted = {ids[item.index] for item in evidence.items if item.doubted and item.index in ids}
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


def write_known(plan: Plan, evidence: Evidence, found: Found, policy: Policy) -> None:
    """The rows of evidence that changes nothing: it is still recorded, and refused if the read no longer holds."""
    proven = {item.index for item in evidence.items if item.proven}
    counted = [node for index, node in found.nodes.items() if index in proven]
    for node in counted:
        plan.add("seen", node_id=node.id, profile_id=node.profile, shared=node.shared)
    _write_evidence(plan, evidence, {index: node.id for index, node in found.nodes.items()})
    for link in _links(evidence, {index: node.id for index, node in found.nodes.items()}):
        _write_link(plan, link)
    for node in counted:
        ttl = policy.namespace(node.namespace).ttl_days
        if node.profile is not None:
            held = GraphNode(node=Node(id=node.id, key=b"", namespace=node.namespace))
            plan.touch_profile(node.profile, expiry([held], evidence.occur_time_us, policy) if ttl else None)


def _write_evidence(plan: Plan, evidence: Evidence, ids: Mapping[int, NodeId]) -> None:
    written: set[NodeId] = set()
    for item in evidence.items:
        node = ids.get(item.index)
        if node is None or node in written:
            continue
        written.add(node)
        plan.add(
            "evidence",
            subject_id=evidence.subject,
            node_id=node,
            role=int(item.given.role),
            assurance=int(item.assurance),
            method=item.given.method,
            channel=evidence.channel,
            occur_time_us=evidence.occur_time_us,
        )


def _write_link(plan: Plan, link: Link) -> None:
    ends = sorted(((link.a, int(link.assurance_a)), (link.b, int(link.assurance_b))))
    plan.add(
        "link",
        node_a=ends[0][0],
        node_b=ends[1][0],
        kind=link.kind.value,
        channel=link.channel,
        assurance_a=ends[0][1],
        assurance_b=ends[1][1],
        state=link.state.value,
        time_us=link.first_time,
        probability=link.probability,
        model=link.model,
        leans=sorted(link.leans),
    )


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
    links = [*_links(evidence, ids), *_scored_links(evidence, ids)]
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


def write_change(plan: Plan, runtime: Runtime, change: Change, policy: Policy) -> None:
    """The rows of a change of the graph."""
    evidence = change.evidence
    items = {change.ids[item.index]: item for item in evidence.items if item.index in change.ids}
    for node in change.fresh:
        item, held = items[node], change.plan.nodes[node]
        if item.key is None or item.keyed is None:
            continue
        former = change.given_up.get(item.key)
        plan.lock(item.key)
        plan.add("absent", key=item.key, as_of_us=evidence.occur_time_us, but_node=former.id if former else None)
        if former is not None:
            write_end(plan, former, evidence.occur_time_us)
        plan.add(
            "node",
            node_id=node,
            namespace=item.namespace,
            scope=item.keyed.scope,
            key=item.key,
            value=plan.seal("node", "value", node, item.given.value),
            established=held.established,
            shared=held.shared,
            fan_out=held.fan_out,
            profile_id=held.profile,
            time_us=evidence.occur_time_us,
        )
    write_graph(plan, runtime, change.plan, evidence.occur_time_us, policy, fresh=change.fresh, seen=set(items))
    plan.add("merge_rate", hour=hour_of(evidence.occur_time_us), merges=len(change.plan.merged))
    _write_evidence(plan, evidence, change.ids)
    for link in change.links:
        _write_link(plan, link)
    record = change.ids[evidence.items[-1].index] if evidence.reviewed else NodeId("")
    for one in evidence.reviewed:
        ends = sorted((record, one.node))
        plan.add(
            "review",
            review_id=runtime.new_id(),
            reason=Refusal.SCORE.value,
            node_a=ends[0],
            node_b=ends[1],
            probability=one.probability,
        )


def write_end(plan: Plan, node: FoundNode, time_us: int) -> None:
    """The rows that end an identifier for its owner: what comes later is keyed to a new node (R8)."""
    plan.add("seen", node_id=node.id, profile_id=node.profile, shared=node.shared)
    if node.profile is not None:
        plan.touch_profile(node.profile)
    plan.add(
        "node_change",
        node_id=node.id,
        profile_id=node.profile,
        shared=node.shared,
        fan_out=node.fan_out,
        established=node.established,
        superseded=False,
        ended_time_us=time_us,
        time_us=0,
    )


def write_graph(
    plan: Plan,
    runtime: Runtime,
    decided: GraphPlan,
    time_us: int,
    policy: Policy,
    *,
    fresh: frozenset[NodeId] = frozenset(),
    seen: Iterable[NodeId] = (),
) -> None:
    """The rows of what is derived: nodes, names and reviews that change."""
    for node in sorted((decided.changed | set(seen)) - fresh):
        held = decided.nodes.get(node)
        if held is not None:
            plan.add(
                "node_change",
                node_id=node,
                profile_id=held.profile,
                shared=held.shared,
                fan_out=held.fan_out,
                established=held.established,
                superseded=not held.node.current,
                ended_time_us=None,
                time_us=time_us if node in set(seen) else 0,
            )
    if len(decided.created) != len(decided.merged):
        people = len(decided.created) - len(decided.merged)
        plan.add("value_count", key=value_key(plan.keyring, plan.tenant, PEOPLE), people=people)
    for name in decided.names:
        _write_name(plan, name, decided, time_us, policy)
    owners = {held.profile for key, held in decided.nodes.items() if key in decided.changed or key in set(seen)}
    for profile in sorted(owner for owner in owners if owner is not None and owner not in decided.created):
        part = [held for held in decided.nodes.values() if held.profile == profile]
        end = expiry(part, time_us, policy)
        plan.touch_profile(profile, end, keeps=end is None)
    for profile in sorted(decided.relied_on.keys() - owners):
        plan.touch_profile(profile)
    for a, b, reason in decided.reviews:
        plan.add("review", review_id=runtime.new_id(), reason=reason.value, node_a=a, node_b=b)
    for node in sorted(decided.quarantined):
        plan.add("review", review_id=runtime.new_id(), reason=Refusal.QUARANTINE.value, node_a=node, node_b=node)
    for review in decided.settled:
        plan.add("review_settled", review_id=review)


def _write_name(plan: Plan, name: Name, decided: GraphPlan, time_us: int, policy: Policy) -> None:
    part = [decided.nodes[node] for node in name.nodes if node in decided.nodes]
    plan.add(
        "profile",
        profile_id=name.id,
        founder_node=name.founder,
        founder_contact=None,
        state=name.state.value,
        heirs=sorted(name.nodes) if name.state.value == "split" else [],
        create_time_us=time_us,
        expire_time_us=expiry(part, time_us, policy) if name.state.value == "live" else None,
    )


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


def rely_on(plan: Plan, change: Change) -> None:
    """Have the plan refused where a profile that it was decided on moved meanwhile."""
    for profile, revision in change.plan.relied_on.items():
        plan.add("expected", profile_id=profile, etag=revision)
