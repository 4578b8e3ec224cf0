"""Contacts that never end are over when nothing was said in them for long, so that one that is live means something."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime
from profile_service.store.queries import contacts


async def time_out_contacts(runtime: Runtime, tenant: str, most: int) -> int:
    """End contacts that were silent for the policy's time, at most so many; answers how many."""
    live = runtime.tenants[tenant].policy.live_us
    return await contacts.time_out_contacts(runtime.database, tenant, now=runtime.clock(), live=live, most=most)
