"""Conversations in which nothing happens close by themselves."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime


async def close_idle_conversations(runtime: Runtime, tenant: str, most: int) -> int:
    """Close conversations that were idle for the policy's time, at most so many; answers how many."""
    now = runtime.clock()
    idle = {"now": now, "before": now - runtime.tenants[tenant].policy.idle_close_us, "most": most}
    return len(await runtime.database.rows(tenant, "idle_conversations", idle))
