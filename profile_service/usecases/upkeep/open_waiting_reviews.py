"""Reviews that waited since their source had opened as many as it may in a day are opened on the days after."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime
from profile_service.store.queries.reviews import open_waiting


async def open_waiting_reviews(runtime: Runtime, tenant: str) -> None:
    """Open as many as each source may today."""
    await open_waiting(runtime.database, tenant, runtime.clock(), runtime.tenants[tenant].policy.reviews_per_day)
