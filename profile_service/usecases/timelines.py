"""Page through conversations, timelines and reviews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from profile_service.errors import ConversationNotFound, ProfileNotFound, ProfileSplit
from profile_service.store.contexts import Opener
from profile_service.store.interactions import Page, page_conversation, page_profile
from profile_service.usecases.get_profile import resolve_profile_id
from profile_service.usecases.read_context import note_read
from profile_service.usecases.runtime import Caller, Runtime

Rows = list[dict[str, Any]]


async def list_interactions(runtime: Runtime, caller: Caller, conversation: str, page: Page) -> tuple[Rows, bool]:
    """A page of a conversation, and whether there is more. Raises ConversationNotFound."""
    if not await runtime.database.rows(caller.tenant, "conversation_by_id", {"conversation": conversation}):
        raise ConversationNotFound
    note_read(runtime, caller, {"conversation": conversation})
    return await page_conversation(runtime.database, Opener(runtime.keyring, caller.tenant), conversation, page)


async def list_profile_interactions(runtime: Runtime, caller: Caller, profile: str, page: Page) -> tuple[Rows, bool]:
    """A page of a customer's timeline, and whether there is more. Raises ProfileNotFound, ProfileSplit."""
    resolved = await resolve_profile_id(runtime, caller, profile)
    if resolved is None:
        raise ProfileNotFound
    if resolved.target is None:
        raise ProfileSplit
    note_read(runtime, caller, {"profile": resolved.target})
    return await page_profile(runtime.database, Opener(runtime.keyring, caller.tenant), resolved.target, page)


async def list_reviews(
    runtime: Runtime, caller: Caller, *, after: tuple[int, str], most: int, reasons: Sequence[str]
) -> tuple[Rows, int]:
    """A page of the open reviews, one more than `most` where there is more, and how many are open in all."""
    chosen = list(reasons) or None
    page = {"after_us": after[0], "after_id": after[1], "most": most + 1, "reasons": chosen}
    rows = await runtime.database.rows(caller.tenant, "reviews", page)
    total = await runtime.database.rows(caller.tenant, "reviews_total", {"reasons": chosen})
    return [dict(row) for row in rows], int(total[0]["total"])
