"""ListInteractions: page through a conversation."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import OpenedInteraction
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.errors import ConversationNotFound
from profile_service.store.queries.conversations import read_conversation
from profile_service.store.queries.interactions import Page, page_conversation
from profile_service.store.queries.opened import Opener


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInteractions:
    """The request, without protobuf; `after` is the (occur_time_us, interaction id) behind which the page begins."""

    conversation: str
    size: int
    newest_first: bool = False
    after: tuple[int, str] | None = None


async def list_interactions(
    runtime: Runtime, caller: Caller, request: ListInteractions
) -> tuple[list[OpenedInteraction], bool]:
    """A page of a conversation, and whether there is more. Raises ConversationNotFound."""
    conversation = request.conversation
    if await read_conversation(runtime.database, caller.tenant, conversation, caller.covers) is None:
        raise ConversationNotFound
    note_read(runtime, caller, {"conversation": conversation})
    page = Page(size=request.size, newest_first=request.newest_first, after=request.after)
    return await page_conversation(runtime.database, Opener(runtime.keyring, caller.tenant), conversation, page)
