"""What the service does by itself: closing idle conversations, ending profiles that nothing strong holds."""

from __future__ import annotations

from profile_service.usecases.runtime import Runtime

BATCH = 500


async def sweep(runtime: Runtime, tenant: str) -> tuple[int, int]:
    """Close idle conversations and end expired profiles, a batch of each; answers how many of each."""
    policy = runtime.tenants[tenant].policy
    now = runtime.clock()
    idle = {"now": now, "before": now - policy.idle_close_us, "most": BATCH}
    closed = await runtime.database.rows(tenant, "idle_conversations", idle)
    ended = await runtime.database.rows(tenant, "expire_profiles", {"now": now, "most": BATCH})
    return len(closed), len(ended)
