"""What of ContactService concerns conversations: their interactions, lists of them, and closing one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import grpc

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import OpenedInteraction
from profile_service.engine.runtime import Runtime
from profile_service.errors import ServiceError
from profile_service.identity.contact.acts import ActKind
from profile_service.rpc.boundary.interceptor import current_caller
from profile_service.rpc.boundary.page_token import decode_page_token, encode_page_token
from profile_service.rpc.boundary.status import code_of
from profile_service.rpc.boundary.validation import answer_each
from profile_service.rpc.convert.conversation import acting_of, conversation_message, conversation_names
from profile_service.rpc.convert.fields import optional_us, page_size, time_us
from profile_service.rpc.convert.interaction import interaction_message, record_of
from profile_service.rpc.convert.names import reading_key, reading_of, uuid_of
from profile_service.usecases.conversations.batch_record_interactions import batch_record_interactions
from profile_service.usecases.conversations.close_conversation import close_conversation
from profile_service.usecases.conversations.join_conversations import join_conversations
from profile_service.usecases.conversations.list_interactions import ListInteractions, Place, list_interactions
from profile_service.usecases.conversations.list_profile_interactions import (
    ListProfileInteractions,
    list_profile_interactions,
)
from profile_service.usecases.conversations.move_contact import move_contact
from profile_service.usecases.conversations.record_interaction import Recorded, RecordStatus, record_interaction
from profile_service.usecases.conversations.split_conversation import split_conversation
from profile_service.v1 import (
    BatchRecordInteractionsRequest,
    BatchRecordInteractionsResponse,
    CloseConversationRequest,
    CloseConversationResponse,
    ContactServiceServicer,
    JoinConversationsRequest,
    JoinConversationsResponse,
    ListInteractionsRequest,
    ListInteractionsResponse,
    ListProfileInteractionsRequest,
    ListProfileInteractionsResponse,
    MoveContactRequest,
    MoveContactResponse,
    RecordInteractionRequest,
    RecordInteractionResponse,
    SplitConversationRequest,
    SplitConversationResponse,
)

Context = grpc.aio.ServicerContext


class ConversationMethods(ContactServiceServicer):
    """The methods that concern conversations."""

    runtime: Runtime

    async def RecordInteraction(self, request: RecordInteractionRequest, context: Context) -> RecordInteractionResponse:
        """See the proto."""
        recorded = await record_interaction(self.runtime, current_caller(), record_of(request))
        return _recorded(recorded)

    async def BatchRecordInteractions(
        self, request: BatchRecordInteractionsRequest, context: Context
    ) -> BatchRecordInteractionsResponse:
        """See the proto."""
        record = partial(batch_record_interactions, self.runtime, current_caller())
        answers = await answer_each(request.requests, record_of, record)
        return BatchRecordInteractionsResponse(items=[_batch_item(answer) for answer in answers])

    async def ListInteractions(self, request: ListInteractionsRequest, context: Context) -> ListInteractionsResponse:
        """See the proto."""
        caller = current_caller()
        reading = reading_of(request)
        binding = ["ListInteractions", request.parent, request.newest_first, reading_key(reading)]
        listing = ListInteractions(
            conversation=uuid_of(request.parent),
            size=page_size(request.page_size),
            newest_first=request.newest_first,
            after=decode_page_token(self.runtime.keyring, caller.tenant, binding, request.page_token, Place),
            reading=reading,
        )
        rows, more = await list_interactions(self.runtime, caller, listing)
        return ListInteractionsResponse(
            interactions=[interaction_message(row) for row in rows],
            next_page_token=self._next(caller, binding, rows) if more else "",
        )

    async def ListProfileInteractions(
        self, request: ListProfileInteractionsRequest, context: Context
    ) -> ListProfileInteractionsResponse:
        """See the proto."""
        caller = current_caller()
        from_us, until_us = optional_us(request, "from_time"), optional_us(request, "until_time")
        filters = [list(request.channels), list(request.kinds), from_us, until_us]
        binding = ["ListProfileInteractions", request.parent, request.newest_first, filters]
        listing = ListProfileInteractions(
            profile=uuid_of(request.parent),
            size=page_size(request.page_size),
            newest_first=request.newest_first,
            after=decode_page_token(self.runtime.keyring, caller.tenant, binding, request.page_token, Place),
            channels=request.channels,
            kinds=request.kinds,
            from_us=from_us,
            until_us=until_us,
            reading=reading_of(request),
        )
        rows, more = await list_profile_interactions(self.runtime, caller, listing)
        return ListProfileInteractionsResponse(
            interactions=[interaction_message(row) for row in rows],
            next_page_token=self._next(caller, binding, rows) if more else "",
        )

    async def JoinConversations(self, request: JoinConversationsRequest, context: Context) -> JoinConversationsResponse:
        """See the proto."""
        acting = acting_of(request, ActKind.JOIN, [request.contact, request.other])
        acted = await join_conversations(self.runtime, current_caller(), acting)
        return JoinConversationsResponse(
            conversations=conversation_names(acted), revision=acted.revision, threading_pending=acted.is_pending
        )

    async def MoveContact(self, request: MoveContactRequest, context: Context) -> MoveContactResponse:
        """See the proto."""
        target = [request.target] if request.HasField("target") else []
        acted = await move_contact(
            self.runtime, current_caller(), acting_of(request, ActKind.MOVE, [request.contact, *target])
        )
        return MoveContactResponse(
            conversation=conversation_names(acted)[0], revision=acted.revision, threading_pending=acted.is_pending
        )

    async def SplitConversation(self, request: SplitConversationRequest, context: Context) -> SplitConversationResponse:
        """See the proto."""
        acting = acting_of(request, ActKind.SPLIT, request.contacts)
        acted = await split_conversation(self.runtime, current_caller(), acting)
        return SplitConversationResponse(
            conversations=conversation_names(acted), revision=acted.revision, threading_pending=acted.is_pending
        )

    async def CloseConversation(self, request: CloseConversationRequest, context: Context) -> CloseConversationResponse:
        """See the proto."""
        read, revision = await close_conversation(
            self.runtime, current_caller(), uuid_of(request.name), time_us(request)
        )
        return CloseConversationResponse(
            conversation=conversation_message(read.conversation, read.conversation.channels), revision=revision
        )

    def _next(self, caller: Caller, binding: object, rows: Sequence[OpenedInteraction]) -> str:
        position = (rows[-1].occur_time_us, rows[-1].sequence, rows[-1].id)
        return encode_page_token(self.runtime.keyring, caller.tenant, binding, position)


def _recorded(recorded: Recorded) -> RecordInteractionResponse:
    return RecordInteractionResponse(
        interaction=f"conversations/{recorded.conversation_id}/interactions/{recorded.interaction_id}",
        replayed=recorded.status is RecordStatus.REPLAYED,
        revision=recorded.revision,
    )


def _batch_item(answer: Recorded | ServiceError) -> BatchRecordInteractionsResponse.Item:
    if isinstance(answer, ServiceError):
        error = {"code": code_of(answer), "reason": answer.reason, "message": str(answer)}
        return BatchRecordInteractionsResponse.Item(error=BatchRecordInteractionsResponse.ItemError(**error))
    return BatchRecordInteractionsResponse.Item(response=_recorded(answer))
