"""What the merge breaker held is decided anew once it was lifted, should LiftMergeBreaker not have come to its end."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.graph.breaker import breaker_state, release_held
from profile_service.engine.runtime import Runtime


async def release_held_merges(runtime: Runtime, caller: Caller) -> None:
    """Let merges go that are still held although the breaker is not tripped."""
    state = await breaker_state(runtime, caller)
    if state.held and not state.tripped:
        await release_held(runtime, caller)
