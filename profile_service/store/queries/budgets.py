"""What callers spend of what is counted by the hour."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from profile_service.store.database import Database


class Spender(NamedTuple):
    """Who spends what."""

    tenant: str
    caller: str
    kind: str


class _Taken(msgspec.Struct, frozen=True, kw_only=True):
    taken: int


async def take_share(database: Database, spender: Spender, hour: int, share: int, most: int) -> int:
    """Take a share of an hour's budget: how much there was, 0 where it is spent."""
    parameters = {"caller": spender.caller, "kind": spender.kind, "hour": hour, "share": share, "most": most}
    rows = await database.read(spender.tenant, "take_share", parameters, _Taken)
    return ((rows[0].taken - 1) % share) + 1 if rows else 0


async def forget_budgets(database: Database, tenant: str, hour: int) -> None:
    """Forget the hours before one."""
    await database.run(tenant, "forget_budgets", {"hour": hour})
