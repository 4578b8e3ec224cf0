"""How many merges there were, the breaker that stands against more, and the merges that it holds."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from profile_service.identity.graph.breaker import MergeRate
from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Database
from profile_service.store.queries.reviews import count_reviews


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """The breaker as it tripped last; `lift_time_us` None where it still holds merges."""

    id: str
    hour: int
    changes: int
    merges: int
    usual_share: float
    trip_time_us: int
    lift_time_us: int | None

    @property
    def rate(self) -> MergeRate:
        """What was merged in its hour."""
        return MergeRate(changes=self.changes, merges=self.merges)


class HeldMerge(msgspec.Struct, frozen=True, kw_only=True):
    """An open review of two nodes that the breaker kept apart."""

    review: str
    node_a: NodeId
    node_b: NodeId


class _HourRate(msgspec.Struct, frozen=True, kw_only=True):
    usual: bool
    changes: int
    merges: int


async def merge_rates(database: Database, tenant: str, hour: int, usual_hours: int) -> tuple[MergeRate, MergeRate]:
    """The rate of an hour, and of the hours before it."""
    rows = await database.read(tenant, "merge_rates", {"hour": hour, "first": hour - usual_hours}, _HourRate)
    rates = {row.usual: MergeRate(changes=row.changes, merges=row.merges) for row in rows}
    nothing = MergeRate(changes=0, merges=0)
    return rates.get(False, nothing), rates.get(True, nothing)


async def latest_breaker(database: Database, tenant: str) -> Breaker | None:
    """The breaker that is tripped, else the one that was lifted last; None where none ever tripped."""
    return next(iter(await database.read(tenant, "latest_breaker", {}, Breaker)), None)


async def has_tripped(database: Database, tenant: str, hour: int) -> bool:
    """Whether an hour tripped the breaker already: it was judged then, and does not trip it again."""
    return await database.run(tenant, "breaker_of_hour", {"hour": hour}) > 0


async def held_merges(database: Database, tenant: str, after: str, most: int) -> Sequence[HeldMerge]:
    """A page of the merges that are held, by review id."""
    return await database.read(tenant, "held_merges", {"after": after, "most": most}, HeldMerge)


async def count_held(database: Database, tenant: str) -> int:
    """How many merges are held."""
    return (await count_reviews(database, tenant, ["held"])).total
