"""ContactService: convert, call one use case, convert."""

from __future__ import annotations

from dataclasses import dataclass, field

import grpc

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.context import ContextView, context_of
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactNotFound
from profile_service.identity.contact.carry_over import written
from profile_service.rpc.boundary.interceptor import current_caller
from profile_service.rpc.boundary.page_token import decode_page_token, encode_page_token
from profile_service.rpc.convert.contact import contact_message, listed_message, start_of, update_of
from profile_service.rpc.convert.context import CONTEXT_BYTES, context_message
from profile_service.rpc.convert.fields import (
    disclosure_value,
    is_automated,
    outcome_value,
    page_size,
    time_us,
)
from profile_service.rpc.convert.identifier import all_given, result_messages
from profile_service.rpc.convert.interaction import promises_of
from profile_service.rpc.convert.names import contact_name, optional_target, target_of, uuid_of
from profile_service.rpc.convert.routing import routing_of
from profile_service.rpc.services.context_cache import CachedContext, ContextCache
from profile_service.rpc.services.conversations import ConversationMethods
from profile_service.usecases.contacts.add_evidence import AddEvidence, add_evidence
from profile_service.usecases.contacts.check_answers import CheckAnswers, check_answers
from profile_service.usecases.contacts.correct_contact import CorrectContact, correct_contact
from profile_service.usecases.contacts.end_contact import EndContact, end_contact
from profile_service.usecases.contacts.get_context import GetContext, get_context
from profile_service.usecases.contacts.issue_carry_over_code import issue_carry_over_code
from profile_service.usecases.contacts.list_contacts import FIRST, ListContacts, Place, list_contacts
from profile_service.usecases.contacts.start_contact import start_contact
from profile_service.usecases.contacts.update_contact import update_contact
from profile_service.v1 import (
    AddEvidenceRequest,
    AddEvidenceResponse,
    CheckAnswersRequest,
    CheckAnswersResponse,
    CorrectContactRequest,
    CorrectContactResponse,
    EndContactRequest,
    EndContactResponse,
    GetContextRequest,
    GetContextResponse,
    IssueCarryOverCodeRequest,
    IssueCarryOverCodeResponse,
    ListContactsRequest,
    ListContactsResponse,
    StartContactRequest,
    StartContactResponse,
    UpdateContactRequest,
    UpdateContactResponse,
)

Context = grpc.aio.ServicerContext


@dataclass(slots=True)
class ContactServicer(ConversationMethods):
    """The methods of ContactService."""

    runtime: Runtime
    cache: ContextCache = field(default_factory=ContextCache)

    async def StartContact(self, request: StartContactRequest, context: Context) -> StartContactResponse:
        """See the proto."""
        caller = current_caller()
        policy = self.runtime.tenant(caller).policy
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
            policy_version=policy.label,
            replayed=started.replayed,
            routing=routing_of(view, policy),
            threading_pending=started.is_pending,
            carried_over=started.carried,
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
                channel=request.channel,
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

    async def UpdateContact(self, request: UpdateContactRequest, context: Context) -> UpdateContactResponse:
        """See the proto."""
        updated = await update_contact(self.runtime, current_caller(), update_of(request))
        return UpdateContactResponse(
            contact=contact_message(updated.contact), replayed=updated.replayed, revision=updated.revision
        )

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

    async def IssueCarryOverCode(
        self, request: IssueCarryOverCodeRequest, context: Context
    ) -> IssueCarryOverCodeResponse:
        """See the proto."""
        issued = await issue_carry_over_code(self.runtime, current_caller(), target_of(request.contact))
        response = IssueCarryOverCodeResponse(code=written(issued.code))
        response.expire_time.FromMicroseconds(issued.expire_time_us)
        return response

    async def ListContacts(self, request: ListContactsRequest, context: Context) -> ListContactsResponse:
        """See the proto."""
        caller, binding = current_caller(), ["ListContacts", request.source]
        keyring, automated = self.runtime.keyring, current_caller().role is CallerRole.AUTOMATED
        after = decode_page_token(keyring, caller.tenant, binding, request.page_token, Place)
        listing = ListContacts(source=request.source, size=page_size(request.page_size), after=after or FIRST)
        listed = await list_contacts(self.runtime, caller, listing)
        token = "" if listed.more is None else encode_page_token(keyring, caller.tenant, binding, listed.more)
        return ListContactsResponse(
            contacts=[listed_message(contact, automated=automated) for contact in listed.contacts],
            next_page_token=token,
        )

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

    async def _view(self, caller: Caller, contact: str, audience: int) -> ContextView:
        return await context_of(self.runtime, caller, contact, automated=is_automated(caller, audience))
