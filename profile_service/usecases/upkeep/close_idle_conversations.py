"""Conversations in which nothing happens close by themselves."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime
from profile_service.store.queries.conversations import close_idle


async def close_idle_conversations(runtime: Runtime, tenant: str, most: int) -> int:
    """Close conversations that were idle for the policy's time, at most so many; answers how many."""
    now = runtime.clock()
    before = now - runtime.tenants[tenant].policy.idle_close_us
    return await close_idle(runtime.database, tenant, now=now, before=before, most=most)
