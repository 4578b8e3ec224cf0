"""ListInteractions: page through a conversation, as its customer or the contact that reads may see it (T9)."""

from __future__ import annotations

from dataclasses import dataclass, field

from profile_service.engine.access import Reading, reading_contact, require_reading
from profile_service.engine.caller import Caller
from profile_service.engine.contact.conversation import require_conversation
from profile_service.engine.contact.interaction import OpenedInteraction
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.errors import ConversationNotFound
from profile_service.store.queries.interactions import Page, Place, Reader, page_conversation
from profile_service.store.queries.opened import Opener

__all__ = ["ListInteractions", "Place", "list_interactions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInteractions:
    """The request, without protobuf; `after` is the (occur_time_us, interaction id) behind which the page begins."""

    conversation: str
    size: int
    newest_first: bool = False
    after: Place | None = None
    reading: Reading = field(default_factory=Reading)


async def list_interactions(
    runtime: Runtime, caller: Caller, request: ListInteractions
) -> tuple[list[OpenedInteraction], bool]:
    """A page of a conversation, and whether there is more. Contacts of other customers are not shown, nor of nobody
    where several customers are in it. Raises ConversationNotFound, ConversationSplit, ContactNotFound, PurposeNeeded,
    BudgetSpent."""
    request.reading.require(caller)
    named = request.reading.contact
    contact = None if named is None else await reading_contact(runtime, caller, named)
    asking = None if contact is None else contact.contact_id
    read = await require_conversation(runtime, caller, request.conversation, asking)
    reader = Reader(profile=read.profile)
    if contact is not None:
        if contact.conversation_id != read.conversation.id and contact.profile_id != read.profile:
            raise ConversationNotFound
        reader = Reader(profile=contact.profile_id, contact=contact.contact_id)
    else:
        await require_reading(runtime, caller, read.profile, request.reading)
    note_read(runtime, caller, {"conversation": request.conversation, **request.reading.subject})
    page = Page(size=request.size, newest_first=request.newest_first, after=request.after)
    opener = Opener(runtime.keyring, caller.tenant)
    return await page_conversation(runtime.database, opener, read.conversation.id, page, reader)
