"""What a source took back too much at once is restored, should the call that held it not have come to its end."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.resolution.holding import restore_all
from profile_service.engine.runtime import Runtime
from profile_service.identity.policy import DAY_US
from profile_service.store.queries.take_backs import forget_take_backs


async def restore_take_backs(runtime: Runtime, caller: Caller) -> None:
    """Restore what is left, and forget what was taken back more than a day ago."""
    await restore_all(runtime, caller)
    await forget_take_backs(runtime.database, caller.tenant, runtime.clock() - DAY_US)
