"""What the service does by itself: closing idle conversations, ending profiles that nothing strong holds, merging what
a breaker held that was lifted since, and forgetting what came of old imports."""

from __future__ import annotations

from profile_service.identity.model import Assurance
from profile_service.store.imports import forget_ended
from profile_service.usecases.merge_breaker import get_breaker, release_held
from profile_service.usecases.runtime import Caller, CallerRole, Runtime

BATCH = 500


async def sweep(runtime: Runtime, tenant: str) -> tuple[int, int]:
    """Close idle conversations and end expired profiles, a batch of each; answers how many of each."""
    policy = runtime.tenants[tenant].policy
    now = runtime.clock()
    idle = {"now": now, "before": now - policy.idle_close_us, "most": BATCH}
    closed = await runtime.database.rows(tenant, "idle_conversations", idle)
    ended = await runtime.database.rows(tenant, "expire_profiles", {"now": now, "most": BATCH})
    await forget_ended(runtime.database, tenant, now)
    state = await get_breaker(runtime, _itself(tenant))
    if state.held and not state.tripped:
        await release_held(runtime, _itself(tenant))
    return len(closed), len(ended)


def _itself(tenant: str) -> Caller:
    """The service as a caller, for the audit."""
    return Caller(
        tenant=tenant,
        name="upkeep",
        role=CallerRole.ADMIN,
        sources=frozenset(),
        cap=Assurance.CLAIMED,
        method="Upkeep",
    )
