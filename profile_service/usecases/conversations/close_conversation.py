"""CloseConversation: nothing more is expected in a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.errors import ConversationNotFound


async def close_conversation(
    runtime: Runtime, caller: Caller, conversation: str, occur_time_us: int
) -> tuple[Mapping[str, Any], int]:
    """Close a conversation; answers its row and the revision. Raises ConversationNotFound, TimeInFuture."""
    runtime.check_time("occur_time", occur_time_us)
    if not await runtime.database.rows(caller.tenant, "conversation_by_id", {"conversation": conversation}):
        raise ConversationNotFound
    plan = runtime.plan(caller, {"conversation": conversation})
    plan.touch_conversation(conversation)
    for row in await runtime.database.rows(caller.tenant, "conversation_owner", {"conversation": conversation}):
        plan.touch_profile(row["profile_id"])
    plan.add("closing", conversation_id=conversation, close_time_us=occur_time_us)
    applied = await runtime.apply(plan)
    row = (await runtime.database.rows(caller.tenant, "conversation_by_id", {"conversation": conversation}))[0]
    return row, applied.revision
