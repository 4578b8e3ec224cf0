"""GetMergeBreaker: whether merges are held, and how many."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.graph.breaker import BreakerState, breaker_state
from profile_service.engine.runtime import Runtime


async def get_merge_breaker(runtime: Runtime, caller: Caller) -> BreakerState:
    """How the breaker stands."""
    return await breaker_state(runtime, caller)
