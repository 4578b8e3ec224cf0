"""Profiles end that nothing stronger than a cookie or device holds, once they were not seen for long."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime


async def expire_profiles(runtime: Runtime, tenant: str, most: int) -> int:
    """End the identifiers of expired profiles, of at most so many; answers how many identifiers ended."""
    return len(await runtime.database.rows(tenant, "expire_profiles", {"now": runtime.clock(), "most": most}))
