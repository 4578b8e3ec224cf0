"""CloseConversation: nothing more is expected in a conversation."""

from __future__ import annotations

from functools import partial

from profile_service.engine.caller import Caller
from profile_service.engine.contact.conversation import require_conversation
from profile_service.engine.contact.refolding import refold
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.acts import ActKind
from profile_service.store.database import Connection
from profile_service.store.plan import PlanStatus
from profile_service.store.queries.conversations import ConversationRead, read_conversation
from profile_service.store.queries.graph import apply_plans
from profile_service.store.rows.contact import ActRow
from profile_service.store.rows.conversation import ConversationClosingRow


async def close_conversation(
    runtime: Runtime, caller: Caller, conversation: str, occur_time_us: int
) -> tuple[ConversationRead, int]:
    """Close a conversation, with what stood there by then; answers it and the revision.

    Raises ConversationNotFound, ConversationSplit, TimeInFuture, Contention."""
    runtime.check_time("occur_time", occur_time_us)
    read = await require_conversation(runtime, caller, conversation)

    async def attempt(connection: Connection) -> int | None:
        plan = runtime.plan(caller, {"conversation": read.conversation.id})
        plan.touch_conversation(read.conversation.id)
        plan.touch_profile(read.profile)
        plan.add(ConversationClosingRow(conversation_id=read.conversation.id, close_time_us=occur_time_us))
        plan.add(
            ActRow(
                act_id=runtime.new_id(),
                kind=ActKind.CLOSE,
                time_us=occur_time_us,
                contacts=[read.first],
                customer_node=read.node,
            )
        )
        applied = (await apply_plans(connection, caller.tenant, runtime.clock(), [plan]))[0]
        if applied.status is not PlanStatus.APPLIED or not await refold(connection, runtime, caller, [read.first]):
            return None
        return applied.revision

    revision = await runtime.persist(partial(runtime.transact, caller.tenant, attempt))
    closed = await read_conversation(runtime.database, caller.tenant, conversation, caller.covers)
    return closed or read, revision
