"""The conversation that an id names, for who asks (T6)."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.errors import ConversationNotFound, ConversationSplit
from profile_service.store.queries.conversations import ConversationRead, read_conversation


async def require_conversation(
    runtime: Runtime, caller: Caller, conversation: str, asking: str | None = None
) -> ConversationRead:
    """The conversation that an id leads to, for the contact that asks. Raises ConversationNotFound, also where none of
    its contacts is of a source of the caller's; ConversationSplit where it leads to another customer than it was told
    for."""
    read = await read_conversation(runtime.database, caller.tenant, conversation, caller.covers, asking)
    if read is None:
        raise ConversationNotFound
    if read.successors:
        raise ConversationSplit(sorted(read.successors))
    return read
