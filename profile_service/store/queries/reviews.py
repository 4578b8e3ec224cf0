"""Page through the open merge reviews."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import field as named

from profile_service.identity.graph.model import ProfileId, Refusal
from profile_service.store.database import Database


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


class _Total(msgspec.Struct, frozen=True, kw_only=True):
    total: int


async def page_reviews(
    database: Database, tenant: str, *, after: tuple[int, str], most: int, reasons: Sequence[str]
) -> list[OpenReview]:
    """The open reviews behind (open time, id), the oldest first; of the reasons, where any is given."""
    parameters = {"after_us": after[0], "after_id": after[1], "most": most, "reasons": list(reasons) or None}
    return await database.read(tenant, "reviews", parameters, OpenReview)


async def count_reviews(database: Database, tenant: str, reasons: Sequence[str]) -> int:
    """How many are open in all, or of the reasons."""
    parameters = {"reasons": list(reasons) or None}
    return (await database.read(tenant, "reviews_total", parameters, _Total))[0].total
