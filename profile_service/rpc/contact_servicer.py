"""ContactService: convert, call one use case, convert."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import grpc

from profile_service.errors import ServiceError
from profile_service.rpc import requests as read
from profile_service.rpc import responses as write
from profile_service.rpc.context_cache import CachedContext, ContextCache, changes_at
from profile_service.rpc.interceptor import current_caller
from profile_service.rpc.page_token import decode_page_token, encode_page_token
from profile_service.rpc.status import code_of
from profile_service.store.contexts import Opener, Wanted
from profile_service.store.interactions import Page, Recorded
from profile_service.usecases.add_evidence import AddEvidence, add_evidence
from profile_service.usecases.check_answers import CheckAnswers, check_answers
from profile_service.usecases.correct_contact import CorrectContact, correct_contact
from profile_service.usecases.end_contact import EndContact, close_conversation, end_contact
from profile_service.usecases.read_context import ContextView, build_context, read_context
from profile_service.usecases.record_interactions import batch_record_interactions, record_interaction
from profile_service.usecases.runtime import Caller, Runtime
from profile_service.usecases.start_contact import start_contact
from profile_service.usecases.timelines import list_interactions, list_profile_interactions
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
        started = await start_contact(self.runtime, caller, read.start_of(self.runtime, request))
        view = await self._view(caller, started.contact, request.audience)
        return StartContactResponse(
            conversation=f"conversations/{started.conversation}",
            contact=write.contact_name(started.conversation, started.contact),
            profile=f"profiles/{view.profile_id}",
            outcome=write.outcome_value(started.outcome),
            identifier_results=write.result_messages(started.results, started.items),
            disclosure=write.disclosure_value(view.disclosure),
            open_conversations=[f"conversations/{name}" for name in started.open_conversations],
            context=write.context_message(view, request.context_max_bytes or read.CONTEXT_BYTES),
            revision=max(started.revision, view.revision),
            policy_version=self.runtime.tenant(caller).policy.label,
            replayed=started.replayed,
        )

    async def AddEvidence(self, request: AddEvidenceRequest, context: Context) -> AddEvidenceResponse:
        """See the proto."""
        caller = current_caller()
        added = await add_evidence(
            self.runtime,
            caller,
            AddEvidence(
                target=read.target_of(request.contact),
                request_id=request.request_id,
                occur_time_us=read.time_us(request),
                given=read.all_given(self.runtime, request.identifiers),
                default_region=request.default_region,
            ),
        )
        view = await self._view(caller, added.contact, request.audience)
        return AddEvidenceResponse(
            profile=f"profiles/{view.profile_id}",
            outcome=write.outcome_value(added.outcome),
            identifier_results=write.result_messages(added.results, added.items),
            disclosure=write.disclosure_value(view.disclosure),
            context=write.context_message(view, read.CONTEXT_BYTES),
            revision=max(added.revision, view.revision),
            policy_version=self.runtime.tenant(caller).policy.label,
        )

    async def CheckAnswers(self, request: CheckAnswersRequest, context: Context) -> CheckAnswersResponse:
        """See the proto."""
        checked = await check_answers(
            self.runtime,
            current_caller(),
            CheckAnswers(
                target=read.target_of(request.contact),
                request_id=request.request_id,
                occur_time_us=read.time_us(request),
                answers=dict(request.answers),
            ),
        )
        return CheckAnswersResponse(
            verdicts={
                name: CheckAnswersResponse.VERDICT_MATCH if matched else CheckAnswersResponse.VERDICT_NO_MATCH
                for name, matched in checked.verdicts.items()
            },
            attempts_left=checked.attempts_left,
            disclosure=write.disclosure_value(checked.disclosure),
            revision=checked.revision,
        )

    async def EndContact(self, request: EndContactRequest, context: Context) -> EndContactResponse:
        """See the proto."""
        caller = current_caller()
        ended = EndContact(
            target=read.target_of(request.contact),
            occur_time_us=read.time_us(request),
            disposition=request.disposition,
            summary=request.summary,
            promises=read.promises_of(request.promises),
        )
        row, revision = await end_contact(self.runtime, caller, ended)
        opened = Opener(self.runtime.keyring, caller.tenant).contact(
            {
                **row,
                "id": row["contact_id"],
                "conversation": row["conversation_id"],
                "start": row["start_time_us"],
                "end": row["end_time_us"],
                "change": row["channel_change"],
            }
        )
        return EndContactResponse(contact=write.contact_message(opened), revision=revision)

    async def CorrectContact(self, request: CorrectContactRequest, context: Context) -> CorrectContactResponse:
        """See the proto."""
        caller = current_caller()
        corrected = CorrectContact(
            target=read.target_of(request.contact),
            request_id=request.request_id,
            occur_time_us=read.time_us(request),
            reason=request.reason,
            correct_profile=read.uuid_of(request.correct_profile) or None,
            etag=request.etag,
        )
        contact, revision = await correct_contact(self.runtime, caller, corrected)
        view = await self._view(caller, contact, request.audience)
        return CorrectContactResponse(
            profile=f"profiles/{view.profile_id}",
            disclosure=write.disclosure_value(view.disclosure),
            context=write.context_message(view, read.CONTEXT_BYTES),
            revision=max(revision, view.revision),
        )

    async def RecordInteraction(self, request: RecordInteractionRequest, context: Context) -> RecordInteractionResponse:
        """See the proto."""
        recorded = await record_interaction(self.runtime, current_caller(), read.record_of(request))
        return _recorded(recorded)

    async def BatchRecordInteractions(
        self, request: BatchRecordInteractionsRequest, context: Context
    ) -> BatchRecordInteractionsResponse:
        """See the proto."""
        items = [read.record_of(one) for one in request.requests]
        answers = await batch_record_interactions(self.runtime, current_caller(), items)
        return BatchRecordInteractionsResponse(items=[_batch_item(answer) for answer in answers])

    async def GetContext(self, request: GetContextRequest, context: Context) -> GetContextResponse:
        """See the proto. Every consistency is served from the primary, so all are strong."""
        caller = current_caller()
        if request.HasField("contact"):
            wanted = read.wanted_of(self.runtime, caller, read.target_of(request.contact))
        else:
            wanted = Wanted(conversation_id=read.uuid_of(request.conversation))
        automated = read.is_automated(caller, request.audience)
        most = request.context_max_bytes or read.CONTEXT_BYTES
        subject = wanted.contact_id or wanted.conversation_id or (wanted.key or b"").hex()
        key = (caller.tenant, f"{wanted.conversation_id is not None}", subject, automated, most)
        held = self.cache.get(key, self.runtime.clock())
        if held is not None:
            wanted = replace(wanted, profile_revision=held.profile_revision, stamp=held.stamp)
        parts = await read_context(self.runtime, caller, wanted)
        if parts.parts is None and held is not None and held.profile == parts.profile:
            held.response.context.as_of_time.FromMicroseconds(self.runtime.clock())
            return held.response
        if parts.parts is None:
            parts = await read_context(self.runtime, caller, replace(wanted, profile_revision=None, stamp=None))
        view = await build_context(self.runtime, caller, parts, automated=automated)
        response = GetContextResponse(
            context=write.context_message(view, most), profile=f"profiles/{view.profile_id}", revision=view.revision
        )
        if view.profile_view is not None:
            self.cache.put(
                CachedContext(
                    key=key,
                    profile=view.profile_id,
                    profile_revision=view.profile_revision,
                    stamp=view.stamp,
                    until_us=changes_at(view),
                    response=response,
                )
            )
        return response

    async def ListInteractions(self, request: ListInteractionsRequest, context: Context) -> ListInteractionsResponse:
        """See the proto."""
        caller = current_caller()
        binding = ["ListInteractions", request.parent, request.newest_first]
        page = Page(
            size=read.page_size(request.page_size),
            newest_first=request.newest_first,
            after=decode_page_token(self.runtime.keyring, caller.tenant, binding, request.page_token),
        )
        rows, more = await list_interactions(self.runtime, caller, read.uuid_of(request.parent), page)
        return ListInteractionsResponse(
            interactions=[write.interaction_message(row, row["conversation"], row["contact"]) for row in rows],
            next_page_token=self._next(caller, binding, rows) if more else "",
        )

    async def ListProfileInteractions(
        self, request: ListProfileInteractionsRequest, context: Context
    ) -> ListProfileInteractionsResponse:
        """See the proto."""
        caller = current_caller()
        from_us, until_us = read.optional_us(request, "from_time"), read.optional_us(request, "until_time")
        filters = [list(request.channels), list(request.kinds), from_us, until_us]
        binding = ["ListProfileInteractions", request.parent, request.newest_first, filters]
        page = Page(
            size=read.page_size(request.page_size),
            newest_first=request.newest_first,
            after=decode_page_token(self.runtime.keyring, caller.tenant, binding, request.page_token),
            channels=request.channels,
            kinds=request.kinds,
            from_us=from_us,
            until_us=until_us,
        )
        rows, more = await list_profile_interactions(self.runtime, caller, read.uuid_of(request.parent), page)
        return ListProfileInteractionsResponse(
            interactions=[write.interaction_message(row, row["conversation"], row["contact"]) for row in rows],
            next_page_token=self._next(caller, binding, rows) if more else "",
        )

    async def CloseConversation(self, request: CloseConversationRequest, context: Context) -> CloseConversationResponse:
        """See the proto."""
        time_us = read.time_us(request)
        row, revision = await close_conversation(self.runtime, current_caller(), read.uuid_of(request.name), time_us)
        return CloseConversationResponse(conversation=write.conversation_message(row), revision=revision)

    async def _view(self, caller: Caller, contact: str, audience: int) -> ContextView:
        parts = await read_context(self.runtime, caller, Wanted(contact_id=contact))
        return await build_context(self.runtime, caller, parts, automated=read.is_automated(caller, audience))

    def _next(self, caller: Caller, binding: object, rows: list[dict[str, object]]) -> str:
        position = (int(str(rows[-1]["occur"])), str(rows[-1]["id"]))
        return encode_page_token(self.runtime.keyring, caller.tenant, binding, position)


def _recorded(recorded: Recorded) -> RecordInteractionResponse:
    return RecordInteractionResponse(
        interaction=f"conversations/{recorded.conversation_id}/interactions/{recorded.interaction_id}",
        replayed=recorded.status == "replayed",
        revision=recorded.revision,
    )


def _batch_item(answer: Recorded | ServiceError) -> BatchRecordInteractionsResponse.Item:
    if isinstance(answer, ServiceError):
        error = BatchRecordInteractionsResponse.ItemError(
            code=code_of(answer), reason=answer.reason, message=str(answer)
        )
        return BatchRecordInteractionsResponse.Item(error=error)
    return BatchRecordInteractionsResponse.Item(response=_recorded(answer))
