"""LiftMergeBreaker: let merges go again, those that were held first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from profile_service.engine.caller import Caller
from profile_service.engine.graph.breaker import BreakerState, breaker_state, release_held
from profile_service.engine.runtime import Runtime
from profile_service.store.rows.graph import BreakerLiftRow


async def lift_merge_breaker(
    runtime: Runtime, caller: Caller, is_over: Callable[[], bool] = lambda: False
) -> BreakerState:
    """Let merges go again, those that were held first; what is left when `is_over` answers is done by the upkeep."""
    state = await breaker_state(runtime, caller)
    if state.breaker is not None and state.tripped:
        plan = runtime.plan(caller, {"breaker": "lifted", "held": state.held})
        plan.add(BreakerLiftRow(breaker_id=state.breaker.id))
        await runtime.apply(plan)
    await release_held(runtime, caller, is_over)
    after = await breaker_state(runtime, caller)
    return replace(after, released=max(0, state.held - after.held))
