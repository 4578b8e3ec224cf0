"""What was counted in hours that are over is forgotten."""

from __future__ import annotations

from profile_service.engine.runtime import Runtime
from profile_service.identity.policy import HOUR_US
from profile_service.store.queries import budgets


async def forget_budgets(runtime: Runtime, tenant: str) -> None:
    """Forget the hours before the last."""
    await budgets.forget_budgets(runtime.database, tenant, runtime.clock() // HOUR_US - 1)
