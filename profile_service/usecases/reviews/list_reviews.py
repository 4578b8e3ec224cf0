"""ListReviews: page through the open merge reviews."""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.engine.caller import Caller
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.store.queries.reviews import OpenReview, ReviewCounts, count_reviews, page_reviews


async def list_reviews(
    runtime: Runtime, caller: Caller, *, after: tuple[int, str], most: int, reasons: Sequence[str]
) -> tuple[list[OpenReview], ReviewCounts]:
    """A page of the open reviews, one more than `most` where there is more, and how many there are in all."""
    database, tenant = runtime.database, caller.tenant
    page = await page_reviews(database, tenant, after=after, most=most + 1, reasons=reasons)
    note_read(runtime, caller, {"reviews": [review.id for review in page]})
    return page, await count_reviews(database, tenant, reasons)
