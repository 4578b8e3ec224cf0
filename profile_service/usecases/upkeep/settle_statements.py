"""Values that came to records which had one settle after a while."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.resolution.settling import settle_all
from profile_service.engine.runtime import Runtime


async def settle_statements(runtime: Runtime, caller: Caller) -> None:
    """Have what has settled count as what its source states."""
    await settle_all(runtime, caller)
