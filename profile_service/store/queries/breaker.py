"""How many merges there were, the breaker that stands against more, and the merges that it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from profile_service.identity.graph.breaker import MergeRate
from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The breaker as it tripped last; `lift_time_us` None where it still holds merges."""

    id: str
    hour: int
    rate: MergeRate
    usual_share: float
    trip_time_us: int
    lift_time_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMerge:
    """An open review of two nodes that the breaker kept apart."""

    review: str
    nodes: tuple[NodeId, NodeId]


def _rate(row: Mapping[str, Any]) -> MergeRate:
    return MergeRate(changes=int(row["changes"]), merges=int(row["merges"]))


async def merge_rates(database: Database, tenant: str, hour: int, usual_hours: int) -> tuple[MergeRate, MergeRate]:
    """The rate of an hour, and of the hours before it."""
    rows = await database.rows(tenant, "merge_rates", {"hour": hour, "first": hour - usual_hours})
    found = {bool(row["usual"]): _rate(row) for row in rows}
    nothing = MergeRate(changes=0, merges=0)
    return found.get(False, nothing), found.get(True, nothing)


async def latest_breaker(database: Database, tenant: str) -> Breaker | None:
    """The breaker that is tripped, else the one that was lifted last; None where none ever tripped."""
    for row in await database.rows(tenant, "latest_breaker", {}):
        return Breaker(
            id=str(row["breaker_id"]),
            hour=int(row["hour"]),
            rate=_rate(row),
            usual_share=float(row["usual_share"]),
            trip_time_us=int(row["trip_time_us"]),
            lift_time_us=row["lift_time_us"],
        )
    return None


async def has_tripped(database: Database, tenant: str, hour: int) -> bool:
    """Whether an hour tripped the breaker already: it was judged then, and does not trip it again."""
    return bool(await database.rows(tenant, "breaker_of_hour", {"hour": hour}))


async def held_merges(database: Database, tenant: str, after: str, most: int) -> Sequence[HeldMerge]:
    """A page of the merges that are held, by review id."""
    rows = await database.rows(tenant, "held_merges", {"after": after, "most": most})
    return [
        HeldMerge(review=str(row["review_id"]), nodes=(NodeId(str(row["node_a"])), NodeId(str(row["node_b"]))))
        for row in rows
    ]


async def count_held(database: Database, tenant: str) -> int:
    """How many merges are held."""
    return int((await database.rows(tenant, "reviews_total", {"reasons": ["held"]}))[0]["total"])
