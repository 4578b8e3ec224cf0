"""The merge breaker: it trips where merges leave the usual band, holds them for a steward, lets them go when lifted.

What trips it is counted by event time. While it is tripped, links that would merge two profiles are recorded and
refused; once it is lifted they count as they stand, and every profile that they concern is decided anew.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.graph.settlement import Draft, decide_anew, write_anew
from profile_service.engine.runtime import Runtime
from profile_service.errors import CapReached, Contention
from profile_service.identity.graph.breaker import MergeRate, hour_of, is_out_of_band
from profile_service.identity.graph.plan import GraphPlan
from profile_service.identity.ids import NIL
from profile_service.store.database import Connection
from profile_service.store.queries.breaker import (
    Breaker,
    HeldMerge,
    count_held,
    has_tripped,
    held_merges,
    latest_breaker,
    merge_rates,
)
from profile_service.store.rows.event import Cause, CauseKind
from profile_service.store.rows.graph import BreakerRow

PAGE = 100
HOURS_A_DAY = 24
BY_HAND = -1
"""The hour of a breaker that a steward tripped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """The breaker (None: it never tripped), how many merges it holds, and how many were let go just now."""

    breaker: Breaker | None
    held: int
    released: int = 0

    @property
    def tripped(self) -> bool:
        """Whether merges are held."""
        return self.breaker is not None and self.breaker.lift_time_us is None


async def watch(runtime: Runtime, caller: Caller, decided: GraphPlan | None, time_us: int) -> None:
    """Report what a change did that somebody should know of, and trip the breaker where it is one merge too many.

    Runs after the change is committed, and holds no connection: the next merge asks again where this is cut off.
    """
    if decided is None:
        return
    if decided.quarantined:
        runtime.watchers.quarantined(caller.tenant, len(decided.quarantined))
    if not decided.merged:
        return
    runtime.watchers.merged(caller.tenant, len(decided.merged))
    rules, hour = runtime.tenant(caller).policy.breaker, hour_of(time_us)
    if not rules.least:
        return
    now, usual = await merge_rates(runtime.database, caller.tenant, hour, rules.usual_days * HOURS_A_DAY)
    if is_out_of_band(now, usual, rules):
        await trip(runtime, caller, hour, now, usual)


async def trip(runtime: Runtime, caller: Caller, hour: int, rate: MergeRate, usual: MergeRate) -> None:
    latest = await latest_breaker(runtime.database, caller.tenant)
    if latest is not None and latest.lift_time_us is None:
        return
    if hour != BY_HAND and await has_tripped(runtime.database, caller.tenant, hour):
        return
    plan = runtime.plan(caller, {"breaker": "tripped", "merges": rate.merges, "changes": rate.changes})
    plan.add(
        BreakerRow(
            breaker_id=runtime.new_id(),
            hour=hour,
            changes=rate.changes,
            merges=rate.merges,
            usual_share=usual.share,
        )
    )
    await runtime.apply(plan)
    runtime.watchers.breaker_tripped(caller.tenant)


async def breaker_state(runtime: Runtime, caller: Caller) -> BreakerState:
    """How the breaker stands."""
    latest = await latest_breaker(runtime.database, caller.tenant)
    return BreakerState(breaker=latest, held=await count_held(runtime.database, caller.tenant))


async def release_held(runtime: Runtime, caller: Caller, is_over: Callable[[], bool] = lambda: False) -> None:
    """Decide anew what the breaker held, review by review. Does nothing while it is tripped."""
    after = NIL
    while not is_over():
        page = await held_merges(runtime.database, caller.tenant, after, PAGE)
        for merge in page:
            if is_over():
                return
            # One that is too large, or that others change all the time, waits for the next round.
            with suppress(CapReached, Contention):
                await runtime.persist(lambda merge=merge: _release(runtime, caller, merge))
        if len(page) < PAGE:
            return
        after = page[-1].review


async def _release(runtime: Runtime, caller: Caller, merge: HeldMerge) -> GraphPlan | None:
    async def work(connection: Connection) -> GraphPlan | None:
        decided = await decide_anew(connection, runtime, caller, [merge.node_a, merge.node_b])
        if decided is None:
            return None
        plan = runtime.plan(caller, {"review": merge.review})
        cause = Cause(kind=CauseKind.BREAKER, id=merge.review, occur_time_us=runtime.clock())
        return await write_anew(connection, runtime, caller, Draft(plan=plan, decided=decided, cause=cause))

    decided = await runtime.transact(caller.tenant, work)
    if decided is not None and decided.merged:
        runtime.watchers.merged(caller.tenant, len(decided.merged))
    return decided
