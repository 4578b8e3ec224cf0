"""TripMergeBreaker: hold merges by a steward's word."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.graph.breaker import BY_HAND, HOURS_A_DAY, BreakerState, breaker_state, trip
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.breaker import hour_of
from profile_service.store.queries.breaker import (
    merge_rates,
)


async def trip_merge_breaker(runtime: Runtime, caller: Caller) -> BreakerState:
    """Hold merges from now on, by a steward's word. Where they are held already nothing changes."""
    hour = hour_of(runtime.clock())
    days = runtime.tenant(caller).policy.breaker.usual_days
    rate, usual = await merge_rates(runtime.database, caller.tenant, hour, days * HOURS_A_DAY)
    await trip(runtime, caller, BY_HAND, rate, usual)
    return await breaker_state(runtime, caller)
