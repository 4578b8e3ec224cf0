"""How often a caller may do what tells it something, within an hour of the server's clock, whichever processes and
machines it calls: each takes shares of the hour from the database, and spends them by itself."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.errors import BudgetSpent
from profile_service.identity.policy import HOUR_US
from profile_service.store.queries.budgets import Spender, take_share

SHARES = 20
"""Shares of an hour's budget: what a process holds and does not spend is at most one of them."""


async def spend(runtime: Runtime, caller: Caller, kind: str, most: int) -> None:
    """Count one of a kind for the caller. Raises BudgetSpent, with the seconds until there is more."""
    now, spender = runtime.clock(), Spender(caller.tenant, caller.name, kind)
    hour = now // HOUR_US
    if runtime.budgets.spend(spender, hour):
        return
    taken = await take_share(runtime.database, spender, hour, max(1, most // SHARES), most)
    if not taken:
        raise BudgetSpent(((hour + 1) * HOUR_US - now) // 1_000_000 + 1, budget=kind)
    runtime.budgets.add(spender, hour, taken - 1)
