"""ContactService: convert, call one use case, convert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import grpc

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.context import ContextView, context_of
from profile_service.engine.contact.interaction import OpenedInteraction
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactNotFound, ServiceError
from profile_service.rpc.boundary.interceptor import current_caller
from profile_service.rpc.boundary.page_token import decode_page_token, encode_page_token
from profile_service.rpc.boundary.status import code_of
from profile_service.rpc.boundary.validation import answer_each
from profile_service.rpc.convert.contact import contact_message, start_of
from profile_service.rpc.convert.context import CONTEXT_BYTES, context_message
from profile_service.rpc.convert.conversation import conversation_message
from profile_service.rpc.convert.fields import (
    disclosure_value,
    is_automated,
    optional_us,
    outcome_value,
    page_size,
    time_us,
)
from profile_service.rpc.convert.identifier import all_given, result_messages
from profile_service.rpc.convert.interaction import interaction_message, promises_of, record_of
from profile_service.rpc.convert.names import contact_name, optional_target, reading_key, reading_of, target_of, uuid_of
from profile_service.rpc.convert.routing import routing_of
from profile_service.rpc.services.context_cache import CachedContext, ContextCache
from profile_service.usecases.contacts.add_evidence import AddEvidence, add_evidence
from profile_service.usecases.contacts.check_answers import CheckAnswers, check_answers
from profile_service.usecases.contacts.correct_contact import CorrectContact, correct_contact
from profile_service.usecases.contacts.end_contact import EndContact, end_contact
from profile_service.usecases.contacts.get_context import GetContext, get_context
from profile_service.usecases.contacts.start_contact import start_contact
from profile_service.usecases.conversations.batch_record_interactions import batch_record_interactions
from profile_service.usecases.conversations.close_conversation import close_conversation
from profile_service.usecases.conversations.list_interactions import ListInteractions, list_interactions
from profile_service.usecases.conversations.list_profile_interactions import (
    ListProfileInteractions,
    list_profile_interactions,
)
from profile_service.usecases.conversations.record_interaction import Recorded, RecordStatus, record_interaction
from profile_service.v1 import (
    AddEvidenceRequest,
    AddEvidenceResponse,
    BatchRecordInteractionsRequest,
    BatchRecordInteractionsResponse,
    CheckAnswersRequest,
    CheckAnswersResponse,
    CloseConversationRequest,
    CloseConversationResponse,
    ContactServiceServicer,
    CorrectContactRequest,
    CorrectContactResponse,
    EndContactRequest,
    EndContactResponse,
    GetContextRequest,
    GetContextResponse,
    ListInteractionsRequest,
    ListInteractionsResponse,
    ListProfileInteractionsRequest,
    ListProfileInteractionsResponse,
    RecordInteractionRequest,
    RecordInteractionResponse,
    StartContactRequest,
    StartContactResponse,
)

Context = grpc.aio.ServicerContext


@dataclass(slots=True)
class ContactServicer(ContactServiceServicer):
    """The methods of ContactService."""

    runtime: Runtime
    cache: ContextCache = field(default_factory=ContextCache)

    async def StartContact(self, request: StartContactRequest, context: Context) -> StartContactResponse:
        """See the proto."""
        caller = current_caller()
        started = await start_contact(self.runtime, caller, start_of(self.runtime, request))
        view = await self._view(caller, started.contact, request.audience)
        return StartContactResponse(
            conversation=f"conversations/{started.conversation}",
            contact=contact_name(started.conversation, started.contact),
            profile=f"profiles/{view.profile_id}",
            outcome=outcome_value(started.outcome),
            identifier_results=result_messages(started.results, started.items),
            disclosure=disclosure_value(view.disclosure),
            open_conversations=[f"conversations/{name}" for name in started.open_conversations],
            context=context_message(view, request.context_max_bytes or CONTEXT_BYTES),
            revision=max(started.revision, view.revision),
            policy_version=self.runtime.tenant(caller).policy.label,
            replayed=started.replayed,
            routing=routing_of(view),
        )

    async def AddEvidence(self, request: AddEvidenceRequest, context: Context) -> AddEvidenceResponse:
        """See the proto."""
        caller = current_caller()
        added = await add_evidence(
            self.runtime,
            caller,
            AddEvidence(
                target=target_of(request.contact),
                request_id=request.request_id,
                occur_time_us=time_us(request),
                given=all_given(self.runtime, request.identifiers),
                default_region=request.default_region,
            ),
        )
        view = await self._view(caller, added.contact, request.audience)
        return AddEvidenceResponse(
            profile=f"profiles/{view.profile_id}",
            outcome=outcome_value(added.outcome),
            identifier_results=result_messages(added.results, added.items),
            disclosure=disclosure_value(view.disclosure),
            context=context_message(view, CONTEXT_BYTES),
            revision=max(added.revision, view.revision),
            policy_version=self.runtime.tenant(caller).policy.label,
        )

    async def CheckAnswers(self, request: CheckAnswersRequest, context: Context) -> CheckAnswersResponse:
        """See the proto."""
        checked = await check_answers(
            self.runtime,
            current_caller(),
            CheckAnswers(
                target=target_of(request.contact),
                request_id=request.request_id,
                occur_time_us=time_us(request),
                answers=dict(request.answers),
            ),
        )
        return CheckAnswersResponse(
            verdicts={
                name: CheckAnswersResponse.Verdict.ValueType(verdict) for name, verdict in checked.verdicts.items()
            },
            attempts_left=checked.attempts_left,
            disclosure=disclosure_value(checked.disclosure),
            revision=checked.revision,
        )

    async def EndContact(self, request: EndContactRequest, context: Context) -> EndContactResponse:
        """See the proto."""
        caller = current_caller()
        ended = EndContact(
            target=target_of(request.contact),
            occur_time_us=time_us(request),
            disposition=request.disposition,
            summary=request.summary,
            promises=promises_of(request.promises),
        )
        opened, revision = await end_contact(self.runtime, caller, ended)
        return EndContactResponse(contact=contact_message(opened), revision=revision)

    async def CorrectContact(self, request: CorrectContactRequest, context: Context) -> CorrectContactResponse:
        """See the proto."""
        caller = current_caller()
        corrected = CorrectContact(
            target=target_of(request.contact),
            request_id=request.request_id,
            occur_time_us=time_us(request),
            reason=request.reason,
            correct_profile=uuid_of(request.correct_profile) or None,
            etag=request.etag,
        )
        contact, revision = await correct_contact(self.runtime, caller, corrected)
        view = await self._view(caller, contact, request.audience)
        return CorrectContactResponse(
            profile=f"profiles/{view.profile_id}",
            disclosure=disclosure_value(view.disclosure),
            context=context_message(view, CONTEXT_BYTES),
            revision=max(revision, view.revision),
        )

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

    async def GetContext(self, request: GetContextRequest, context: Context) -> GetContextResponse:
        """See the proto."""
        caller, most = current_caller(), request.context_max_bytes or CONTEXT_BYTES
        automated, target = is_automated(caller, request.audience), optional_target(request)
        key = (caller.tenant, target, request.conversation, automated, most)
        cached = self.cache.get(key, self.runtime.clock())
        if cached is not None and (caller.person or (caller.role is CallerRole.AGENT and cached.end_us is not None)):
            cached = None  # whose it is to read is asked of the contact itself
        view = await get_context(
            self.runtime,
            caller,
            GetContext(
                target=target,
                conversation=uuid_of(request.conversation),
                automated=automated,
                kept=None if cached is None else cached.kept,
            ),
        )
        if view is None and cached is not None:
            cached.response.context.as_of_time.FromMicroseconds(self.runtime.clock())
            return cached.response
        if view is None:
            raise ContactNotFound
        response = GetContextResponse(
            context=context_message(view, most), profile=f"profiles/{view.profile_id}", revision=view.revision
        )
        if view.may_be_kept:
            self.cache.put(CachedContext.of(key, view, response))
        return response

    async def ListInteractions(self, request: ListInteractionsRequest, context: Context) -> ListInteractionsResponse:
        """See the proto."""
        caller = current_caller()
        reading = reading_of(request)
        binding = ["ListInteractions", request.parent, request.newest_first, reading_key(reading)]
        listing = ListInteractions(
            conversation=uuid_of(request.parent),
            size=page_size(request.page_size),
            newest_first=request.newest_first,
            after=decode_page_token(self.runtime.keyring, caller.tenant, binding, request.page_token),
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
            after=decode_page_token(self.runtime.keyring, caller.tenant, binding, request.page_token),
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

    async def CloseConversation(self, request: CloseConversationRequest, context: Context) -> CloseConversationResponse:
        """See the proto."""
        read, revision = await close_conversation(
            self.runtime, current_caller(), uuid_of(request.name), time_us(request)
        )
        return CloseConversationResponse(
            conversation=conversation_message(read.conversation, read.conversation.channels), revision=revision
        )

    async def _view(self, caller: Caller, contact: str, audience: int) -> ContextView:
        return await context_of(self.runtime, caller, contact, automated=is_automated(caller, audience))

    def _next(self, caller: Caller, binding: object, rows: Sequence[OpenedInteraction]) -> str:
        position = (rows[-1].occur_time_us, rows[-1].id)
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
