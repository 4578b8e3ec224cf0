"""How often a caller may do what tells it something, within an hour of the server's clock. Counted by each process,
which has its share of the budget."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.errors import BudgetSpent


def spend(runtime: Runtime, caller: Caller, kind: str, most: int) -> None:
    """Count one of a kind for the caller. Raises BudgetSpent, with the seconds until there is more."""
    wait_s = runtime.budgets.spend((caller.tenant, caller.name, kind), most, runtime.clock())
    if wait_s is not None:
        raise BudgetSpent(wait_s, budget=kind)
