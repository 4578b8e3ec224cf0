"""Decide a neighbourhood anew where no evidence was added, but something else that counts has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.contact.refolding import refold
from profile_service.engine.graph.change import EPOCH_BYTES, decide, founders
from profile_service.engine.graph.events import moves_of, write_events, write_moves
from profile_service.engine.graph.evidence import Evidence
from profile_service.engine.graph.neighbourhood import load_locked
from profile_service.engine.graph.rows import write_change, write_graph, write_reviews
from profile_service.engine.runtime import Runtime
from profile_service.errors import CapReached
from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.graph.plan import GraphPlan, Neighbourhood, plan_graph
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.find import Find
from profile_service.store.queries.graph import Applied, Moved
from profile_service.store.queries.withdrawal import depending_on
from profile_service.store.rows.event import Cause, CauseKind


async def decide_anew(
    connection: Connection, runtime: Runtime, caller: Caller, seeds: Sequence[NodeId]
) -> GraphPlan | None:
    """Lock what the nodes can reach and decide it; None where it moved meanwhile. Raises CapReached where it is more
    than a neighbourhood may hold: nothing is decided in part."""
    policy = runtime.tenant(caller).policy
    around = await graph.neighbourhood(connection, runtime.keyring, caller.tenant, seeds, policy)
    if around.capped:
        raise CapReached(cap="neighbourhood")
    await graph.lock_keys(connection, [node.node.key[:-EPOCH_BYTES] for node in around.nodes.values()])
    if not await graph.lock_profiles(connection, caller.tenant, around):
        return None
    again = await graph.neighbourhood(connection, runtime.keyring, caller.tenant, seeds, policy)
    if again.capped or _owners(again) != _owners(around):
        return None
    return await decide_around(connection, runtime, caller, again, seeds)


def _owners(around: Neighbourhood) -> Mapping[NodeId, ProfileId | None]:
    return {key: node.profile for key, node in around.nodes.items()}


async def decide_around(
    connection: Connection, runtime: Runtime, caller: Caller, around: Neighbourhood, seeds: Sequence[NodeId]
) -> GraphPlan:
    """Decide a neighbourhood that is locked; the sharing of the seeds is counted anew."""
    policy = runtime.tenant(caller).policy
    own = await graph.own_links(connection, caller.tenant, seeds)
    return plan_graph(
        around,
        (),
        own,
        strongest=founders(policy, around.nodes, {}),
        mint=runtime.new_profile_id,
        policy=policy,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A plan that is about to be written, the change of the graph in it, and what caused it; `moved`: nodes that
    contacts showed or show now, beside those that are shared now or no longer."""

    plan: Plan
    decided: GraphPlan
    cause: Cause
    moved: frozenset[NodeId] = frozenset()


async def write_anew(connection: Connection, runtime: Runtime, caller: Caller, draft: Draft) -> GraphPlan | None:
    """Write what was decided anew, beside what the plan holds already; None where it no longer holds."""
    write_graph(draft.plan, runtime, draft.decided, draft.cause.occur_time_us)
    write_reviews(draft.plan, runtime, draft.decided)
    write_events(draft.plan, runtime, caller, draft.decided, draft.cause)
    applied = await write_and_settle(connection, runtime, caller, draft)
    return None if applied is None else draft.decided


async def write_evidence(
    connection: Connection, runtime: Runtime, caller: Caller, plan: Plan, evidence: Evidence
) -> Applied | None:
    """Write a plan with evidence of identifiers that are known, all of which `earlier` names, and with what it changes;
    None where what it reaches moved meanwhile, or the plan does not hold."""
    reach = await load_locked(connection, runtime, caller, Find(), evidence)
    if reach is None:
        return None
    change = decide(runtime, runtime.tenant(caller).policy, evidence, reach)
    write_change(plan, runtime, caller, change)
    return await write_and_settle(
        connection, runtime, caller, Draft(plan=plan, decided=change.plan, cause=change.cause)
    )


async def write_and_settle(connection: Connection, runtime: Runtime, caller: Caller, draft: Draft) -> Applied | None:
    """Write a plan in a transaction, with what its change takes along: contacts whose identifier is shared now, or no
    longer, and joins by score that depended on an identifier that is quarantined now. None where the plan does not
    hold; a status of its own is the caller's to tell."""
    now = runtime.clock()
    applied = (await graph.apply_plans(connection, caller.tenant, now, [draft.plan]))[0]
    if applied.status is not PlanStatus.APPLIED:
        return applied if applied.status is PlanStatus.CONFLICT else None
    decided = draft.decided
    changed = decided.customers_changed
    if changed and not await refold(connection, runtime, caller, (), changed):
        return None
    if decided.resharing or draft.moved:
        policy = runtime.tenant(caller).policy
        moved = await graph.reanchor(connection, caller.tenant, now, decided.resharing | draft.moved, policy)
        if moved:
            await _write_moves(connection, runtime, caller, draft, moved)
            names = sorted(contact.contact_id for contact in moved)
            if not await refold(connection, runtime, caller, names):
                return None
    if not decided.quarantined:
        return applied
    fallen = await _fall_back(connection, runtime, caller, decided.quarantined)
    return applied if fallen else None


async def _fall_back(connection: Connection, runtime: Runtime, caller: Caller, quarantined: frozenset[NodeId]) -> bool:
    """Decide anew, all at once, what depended on quarantined identifiers; False where it moved meanwhile. What is more
    than a neighbourhood may hold stays until something touches it."""
    ends = sorted(await depending_on(connection, caller.tenant, quarantined))
    if not ends:
        return True
    try:
        again = await decide_anew(connection, runtime, caller, ends)
    except CapReached:
        return True
    if again is None:
        return False
    draft = Draft(
        plan=runtime.plan(caller, {"quarantined": sorted(quarantined)}),
        decided=again,
        cause=Cause(kind=CauseKind.QUARANTINE, id=min(quarantined), occur_time_us=runtime.clock()),
    )
    return await write_anew(connection, runtime, caller, draft) is not None


async def _write_moves(
    connection: Connection, runtime: Runtime, caller: Caller, draft: Draft, moved: Sequence[Moved]
) -> None:
    """The events of the contacts that moved with a change, in its transaction."""
    before, after = draft.decided.before, draft.decided.nodes
    owners = {name: node.profile or before[name].profile for name, node in after.items()}
    plan = runtime.plan(caller, {"moved": len(moved)})
    known = {name: owner for name, owner in owners.items() if owner is not None}
    write_moves(plan, runtime, caller, moves_of(moved, known), draft.cause)
    await graph.apply_plans(connection, caller.tenant, runtime.clock(), [plan])
