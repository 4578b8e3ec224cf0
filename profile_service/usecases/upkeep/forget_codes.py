"""Carry-over codes that expired are forgotten, once no contact that began before is expected any more."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime
from profile_service.identity.policy import DAY_US
from profile_service.store.queries import contacts


async def forget_codes(runtime: Runtime, tenant: str) -> None:
    """Forget the codes that expired more than a day ago."""
    await contacts.forget_codes(runtime.database, tenant, runtime.clock() - DAY_US)
