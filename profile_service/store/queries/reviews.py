"""Page through the open merge reviews, and through what sources have twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import field as named

from profile_service.identity.graph.model import NodeId, ProfileId, Refusal
from profile_service.identity.policy import RECORD_PREFIX
from profile_service.store.database import Database
from profile_service.store.keyring import Keyring
from profile_service.store.rows.graph import NODE_VALUE

PAGE = 1000
NIL = "00000000-0000-0000-0000-000000000000"
"""Before every review."""


class OpenReview(msgspec.Struct, frozen=True, kw_only=True):
    """An open review of two nodes, each with its profile; none where it has no profile of its own."""

    id: str
    reason: Refusal
    probability: float | None
    open_time_us: int = named(name="open")
    profile_a: ProfileId | None
    profile_b: ProfileId | None
    namespace_a: str
    namespace_b: str


class ReviewCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many reviews are open, and how many wait since their source has opened as many as it may in a day."""

    total: int
    waiting: int


async def page_reviews(
    database: Database, tenant: str, *, after: tuple[int, str], most: int, reasons: Sequence[str]
) -> list[OpenReview]:
    """The open reviews behind (open time, id), the oldest first; of the reasons, where any is given."""
    parameters = {"after_us": after[0], "after_id": after[1], "most": most, "reasons": list(reasons) or None}
    return await database.read(tenant, "reviews", parameters, OpenReview)


async def count_reviews(database: Database, tenant: str, reasons: Sequence[str]) -> ReviewCounts:
    """How many there are in all, or of the reasons."""
    parameters = {"reasons": list(reasons) or None}
    return (await database.read(tenant, "reviews_total", parameters, ReviewCounts))[0]


async def open_waiting(database: Database, tenant: str, now: int, budget: int) -> None:
    """Open as many of those that wait as each source may today."""
    await database.run(tenant, "open_waiting", {"now": now, "budget": budget})


class _Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    open_time_us: int = named(name="open")
    profile: ProfileId | None
    node_a: NodeId
    value_a: bytes
    node_b: NodeId
    value_b: bytes


class Duplicate(msgspec.Struct, frozen=True, kw_only=True):
    """Two records of one source that are of one customer, by the source's own ids; since when that is known, in
    microseconds since the epoch."""

    records: tuple[str, str]
    profile: ProfileId | None
    since_us: int


async def duplicates(database: Database, keyring: Keyring, tenant: str, source: str) -> AsyncIterator[Duplicate]:
    """What a source has twice, the oldest first."""
    after = 0, NIL
    while True:
        parameters = {
            "source": f"{RECORD_PREFIX}{source}",
            "reasons": [Refusal.DUPLICATE],
            "after_us": after[0],
            "after_id": after[1],
            "most": PAGE,
        }
        rows = await database.read(tenant, "duplicates", parameters, _Duplicate)
        for row in rows:
            opened = (
                NODE_VALUE.open(keyring, tenant, sealed, node)
                for node, sealed in ((row.node_a, row.value_a), (row.node_b, row.value_b))
            )
            first, second = sorted(opened)
            yield Duplicate(records=(first, second), profile=row.profile, since_us=row.open_time_us)
        if len(rows) < PAGE:
            return
        after = rows[-1].open_time_us, rows[-1].id
