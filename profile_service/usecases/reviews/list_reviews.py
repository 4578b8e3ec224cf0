"""ListReviews: page through the open merge reviews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime

Rows = list[dict[str, Any]]


async def list_reviews(
    runtime: Runtime, caller: Caller, *, after: tuple[int, str], most: int, reasons: Sequence[str]
) -> tuple[Rows, int]:
    """A page of the open reviews, one more than `most` where there is more, and how many are open in all."""
    chosen = list(reasons) or None
    page = {"after_us": after[0], "after_id": after[1], "most": most + 1, "reasons": chosen}
    rows = await runtime.database.rows(caller.tenant, "reviews", page)
    total = await runtime.database.rows(caller.tenant, "reviews_total", {"reasons": chosen})
    return [dict(row) for row in rows], int(total[0]["total"])
