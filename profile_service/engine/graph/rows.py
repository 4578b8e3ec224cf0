"""The rows of a change of the graph: evidence, links, nodes, names and reviews, put into a plan."""

from __future__ import annotations

from collections.abc import Mapping

from profile_service.engine.caller import Caller
from profile_service.engine.graph.change import Change
from profile_service.engine.graph.events import write_events
from profile_service.engine.graph.evidence import Evidence, links_of
from profile_service.engine.identifiers import Item
from profile_service.engine.matching.description import PEOPLE, value_key
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.breaker import hour_of
from profile_service.identity.graph.model import GraphNode, Link, Node, NodeId, Refusal
from profile_service.identity.graph.naming import Name, NameState
from profile_service.identity.graph.plan import GraphPlan, expiry
from profile_service.identity.graph.questions import new_questions, whether_one_person
from profile_service.identity.policy import Policy
from profile_service.store.plan import Plan
from profile_service.store.queries.found import Found, FoundNode
from profile_service.store.rows.graph import (
    EvidenceRow,
    KeyAbsentRow,
    LinkRow,
    MergeRateRow,
    NodeChangeRow,
    NodeEndRow,
    NodeRow,
    NodeSeenRow,
    ProfileExpectedRow,
    ProfileRow,
    ReviewRow,
    ReviewSettledRow,
)
from profile_service.store.rows.record import ValueCountRow

BUDGETED = frozenset(
    {Refusal.CONFLICT, Refusal.CHANGED_VALUE, Refusal.LIMIT, Refusal.CONTRADICTION, Refusal.OTHER_NAME}
)
"""Reasons of reviews that a source may open so many of a day, beside those by score; the others are no question of its
making, or are wanted every one."""


def write_known(plan: Plan, evidence: Evidence, found: Found, policy: Policy) -> None:
    """The rows of evidence that changes nothing: it is still recorded, and refused if the read no longer holds."""
    proven = {item.index for item in evidence.items if item.proven}
    counted = [node for index, node in found.nodes.items() if index in proven]
    for node in counted:
        plan.add(NodeSeenRow(node_id=node.id, profile_id=node.profile, shared=node.shared))
    _write_evidence(plan, evidence, {index: node.id for index, node in found.nodes.items()})
    for link in links_of(evidence, {index: node.id for index, node in found.nodes.items()}):
        _write_link(plan, link)
    for node in counted:
        ttl = policy.namespace(node.namespace).ttl_days
        if node.profile is not None:
            alone = GraphNode(node=Node(id=node.id, key=b"", namespace=node.namespace))
            plan.touch_profile(node.profile, expiry([alone], evidence.occur_time_us, policy) if ttl else None)


def _write_evidence(plan: Plan, evidence: Evidence, ids: Mapping[int, NodeId]) -> None:
    for item in evidence.items:
        node = ids.get(item.index)
        if node is None:
            continue
        plan.add(
            EvidenceRow(
                subject_id=evidence.subject,
                node_id=node,
                role=item.given.role,
                assurance=item.assurance,
                method=item.given.method,
                channel=evidence.channel,
                occur_time_us=evidence.occur_time_us,
                proof_time_us=item.given.proof_time_us or evidence.occur_time_us,
                person=evidence.person_of(item.index),
                settle_time_us=item.settle_time_us,
            )
        )


def _write_link(plan: Plan, link: Link) -> None:
    (node_a, assurance_a), (node_b, assurance_b) = sorted(((link.a, link.assurance_a), (link.b, link.assurance_b)))
    plan.add(
        LinkRow(
            node_a=node_a,
            node_b=node_b,
            kind=link.kind,
            channel=link.channel,
            assurance_a=assurance_a,
            assurance_b=assurance_b,
            state=link.state,
            time_us=link.first_time,
            probability=link.probability,
            model=link.model,
            depends_on=sorted(link.depends_on),
        )
    )


def write_change(plan: Plan, runtime: Runtime, caller: Caller, change: Change) -> None:
    """The rows of a change of the graph."""
    evidence = change.evidence
    items = {change.ids[item.index]: item for item in evidence.items if item.index in change.ids}
    for node in change.fresh:
        item = items[node]
        former = None if item.key is None else change.reassigned.get(item.key)
        write_fresh(plan, item, change.plan.nodes[node], evidence.occur_time_us, former, renewed=change.renewed)
    write_graph(plan, runtime, change.plan, evidence.occur_time_us, fresh=change.fresh, seen=frozenset(items))
    write_reviews(plan, runtime, change.plan, evidence.source)
    write_events(plan, runtime, caller, change.plan, change.cause)
    plan.add(MergeRateRow(hour=hour_of(evidence.occur_time_us), merges=len(change.plan.merged)))
    _write_evidence(plan, evidence, change.ids)
    for link in change.links:
        _write_link(plan, link)
    _write_persons(plan, runtime, change)
    record = change.ids[evidence.items[-1].index] if evidence.reviewed else NodeId("")
    for scored in evidence.reviewed:
        node_a, node_b = sorted((record, scored.node))
        plan.add(
            ReviewRow(
                review_id=runtime.new_id(),
                reason=Refusal.SCORE,
                node_a=node_a,
                node_b=node_b,
                probability=scored.probability,
                source=evidence.source,
                budget=runtime.tenants[plan.tenant].policy.reviews_per_day,
            )
        )


def _write_persons(plan: Plan, runtime: Runtime, change: Change) -> None:
    """A review where another person began with the call."""
    evidence = change.evidence
    if evidence.last_person == evidence.person:
        return
    before, shown = [node for node, _ in evidence.earlier], list[NodeId]()
    for item in evidence.items:
        if item.proven and item.index in change.ids:
            is_last = evidence.person_of(item.index) == evidence.last_person
            (shown if is_last else before).append(change.ids[item.index])
    question = whether_one_person(before, shown, change.plan.nodes, runtime.tenants[plan.tenant].policy)
    asked = [] if question is None else [question]
    for node_a, node_b, reason in new_questions(change.neighbourhood.reviews, asked, change.plan.settled):
        plan.add(ReviewRow(review_id=runtime.new_id(), reason=reason, node_a=node_a, node_b=node_b))


def write_fresh(
    plan: Plan,
    item: Item,
    node: GraphNode,
    time_us: int,
    former: FoundNode | None = None,
    *,
    renewed: frozenset[NodeId] = frozenset(),
) -> None:
    """The rows of an identifier that nobody has, or that begins anew after `former`; refused where somebody has it."""
    if item.key is None or item.keyed is None:
        return
    plan.lock(item.key)
    plan.add(KeyAbsentRow(key=item.key, as_of_us=time_us, but_node=None if former is None else former.id))
    if former is not None:
        write_end(plan, former, time_us, renewed=former.id in renewed)
    plan.add(
        NodeRow(
            node_id=node.node.id,
            namespace=item.namespace,
            scope=item.keyed.scope,
            key=item.key,
            value=item.given.value,
            established=node.established,
            shared=node.shared,
            fan_out=node.fan_out,
            profile_id=node.profile,
            core_id=node.core or node.node.id,
            time_us=time_us,
        )
    )


def write_end(plan: Plan, node: FoundNode, time_us: int, *, renewed: bool = False) -> None:
    """The rows that end an identifier for its owner: what comes later is keyed to a new node (R8). `renewed`: after a
    silence."""
    plan.add(NodeSeenRow(node_id=node.id, profile_id=node.profile, shared=node.shared))
    if node.profile is not None:
        plan.touch_profile(node.profile)
    plan.add(NodeEndRow(node_id=node.id, ended_time_us=time_us, renewed=renewed))


def write_graph(
    plan: Plan,
    runtime: Runtime,
    decided: GraphPlan,
    time_us: int,
    *,
    fresh: frozenset[NodeId] = frozenset(),
    seen: frozenset[NodeId] = frozenset(),
) -> None:
    """The rows of what is derived: nodes, names and reviews that change."""
    policy = runtime.tenants[plan.tenant].policy
    for node in sorted((decided.changed | seen) - fresh):
        if node in decided.nodes:
            _write_node(plan, decided.nodes[node], time_us if node in seen else 0)
    people = len(decided.created) - len(decided.merged)
    if people:
        plan.add(ValueCountRow(keys=[value_key(plan.keyring, plan.tenant, PEOPLE)], people=people))
    for name in decided.names:
        _write_name(plan, name, decided, time_us, policy)
    _touch_owners(plan, decided, decided.changed | seen, time_us, policy)


def _write_node(plan: Plan, node: GraphNode, time_us: int) -> None:
    plan.add(
        NodeChangeRow(
            node_id=node.node.id,
            profile_id=node.profile,
            core_id=node.core or node.node.id,
            shared=node.shared,
            fan_out=node.fan_out,
            established=node.established,
            superseded=not node.node.current,
            time_us=time_us,
        )
    )


def _touch_owners(plan: Plan, decided: GraphPlan, concerned: frozenset[NodeId], time_us: int, policy: Policy) -> None:
    """New revisions for the profiles of the nodes that are concerned, and for those that the decision relied on."""
    owners = {node.profile for key, node in decided.nodes.items() if key in concerned}
    for profile in sorted(owner for owner in owners if owner is not None and owner not in decided.created):
        part = [node for node in decided.nodes.values() if node.profile == profile]
        end = expiry(part, time_us, policy)
        plan.touch_profile(profile, end, keeps=end is None)
    for profile in sorted(decided.relied_on.keys() - owners):
        plan.touch_profile(profile)


def write_reviews(plan: Plan, runtime: Runtime, decided: GraphPlan, source: str | None = None) -> None:
    """The rows of the reviews that change; `source`: whose record caused it."""
    budget = runtime.tenants[plan.tenant].policy.reviews_per_day
    for a, b, reason in decided.reviews:
        asker = source if reason in BUDGETED else None
        row = ReviewRow(review_id=runtime.new_id(), reason=reason, node_a=a, node_b=b, source=asker, budget=budget)
        plan.add(row)
    for node in sorted(key for key in decided.quarantined if decided.nodes[key].node.ruled_shared is None):
        plan.add(ReviewRow(review_id=runtime.new_id(), reason=Refusal.QUARANTINE, node_a=node, node_b=node))
    for review in decided.settled:
        plan.add(ReviewSettledRow(review_id=review))


def _write_name(plan: Plan, name: Name, decided: GraphPlan, time_us: int, policy: Policy) -> None:
    part = [decided.nodes[node] for node in name.nodes if node in decided.nodes]
    plan.add(
        ProfileRow(
            profile_id=name.id,
            founder_node=name.founder,
            founder_contact=None,
            state=name.state,
            heirs=sorted(name.nodes) if name.state is NameState.SPLIT else (),
            create_time_us=time_us,
            expire_time_us=expiry(part, time_us, policy) if name.state is NameState.LIVE else None,
        )
    )


def rely_on(plan: Plan, change: Change) -> None:
    """Have the plan refused where a profile that it was decided on moved meanwhile."""
    for profile, revision in change.plan.relied_on.items():
        plan.add(ProfileExpectedRow(profile_id=profile, etag=revision))
