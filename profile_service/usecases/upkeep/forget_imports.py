"""Counts and reasons of imports are kept for a while, then forgotten."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime
from profile_service.store.queries.imports import forget_ended


async def forget_imports(runtime: Runtime, tenant: str) -> None:
    """Forget what came of imports that ended long ago."""
    await forget_ended(runtime.database, tenant, runtime.clock())
