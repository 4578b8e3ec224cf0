"""Profiles end that nothing stronger than a cookie or device holds, once they were not seen for long."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime
from profile_service.store.queries.profiles import expire


async def expire_profiles(runtime: Runtime, tenant: str, most: int) -> int:
    """End the identifiers of expired profiles, of at most so many; answers how many identifiers ended."""
    return await expire(runtime.database, tenant, runtime.clock(), most)
