"""CloseConversation: nothing more is expected in a conversation."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.errors import ConversationNotFound
from profile_service.store.queries.conversations import ConversationRead, read_conversation
from profile_service.store.rows.contact import ConversationClosingRow


async def close_conversation(
    runtime: Runtime, caller: Caller, conversation: str, occur_time_us: int
) -> tuple[ConversationRead, int]:
    """Close a conversation; answers it and the revision. Raises ConversationNotFound, TimeInFuture."""
    runtime.check_time("occur_time", occur_time_us)
    read = await read_conversation(runtime.database, caller.tenant, conversation, caller.covers)
    if read is None:
        raise ConversationNotFound
    name = read.conversation.id
    plan = runtime.plan(caller, {"conversation": name})
    plan.touch_conversation(name)
    plan.touch_profile(read.profile)
    plan.add(ConversationClosingRow(conversation_id=name, close_time_us=occur_time_us))
    applied = await runtime.apply(plan)
    closed = await read_conversation(runtime.database, caller.tenant, conversation, caller.covers)
    return closed or read, applied.revision
