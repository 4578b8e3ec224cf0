"""ProfileService: convert, call one use case, convert."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import grpc

from profile_service.engine.access import Reading
from profile_service.engine.resolution.answer import Resolved
from profile_service.engine.runtime import Runtime, Tenant
from profile_service.errors import ServiceError
from profile_service.rpc.boundary.interceptor import current_caller
from profile_service.rpc.boundary.status import code_of
from profile_service.rpc.boundary.validation import answer_each
from profile_service.rpc.convert.fields import (
    disclosure_value,
    is_automated,
    optional_us,
    outcome_value,
    time_us,
    timestamp,
)
from profile_service.rpc.convert.identifier import all_given, given_of
from profile_service.rpc.convert.names import optional_target, reading_of, uuid_of
from profile_service.rpc.convert.profile import (
    ask_message,
    candidate_messages,
    found_profile_message,
    resolve_of,
    resolve_response,
    update_changes,
)
from profile_service.usecases.profiles.batch_resolve_profiles import batch_resolve_profiles
from profile_service.usecases.profiles.check_consent import MAY, CheckConsent, check_consent
from profile_service.usecases.profiles.get_profile import get_profile, get_profile_by_record
from profile_service.usecases.profiles.lookup_profile import lookup_profile
from profile_service.usecases.profiles.record_consent import RecordConsent, record_consent
from profile_service.usecases.profiles.release_identifier import ReleaseEvidence, release_identifier
from profile_service.usecases.profiles.replace_identifier import replace_identifier
from profile_service.usecases.profiles.resolve_profile import resolve_profile
from profile_service.usecases.profiles.update_profile import UpdateProfile, update_profile
from profile_service.v1 import (
    BatchResolveProfilesRequest,
    BatchResolveProfilesResponse,
    CheckConsentRequest,
    CheckConsentResponse,
    Consent,
    GetProfileRequest,
    LookupProfileRequest,
    LookupProfileResponse,
    Profile,
    ProfileServiceServicer,
    RecordConsentRequest,
    RecordConsentResponse,
    ReleaseIdentifierRequest,
    ReleaseIdentifierResponse,
    ReplaceIdentifierRequest,
    ReplaceIdentifierResponse,
    ResolveProfileRequest,
    ResolveProfileResponse,
    UpdateProfileRequest,
)

Context = grpc.aio.ServicerContext


@dataclass(slots=True)
class ProfileServicer(ProfileServiceServicer):
    """The methods of ProfileService."""

    runtime: Runtime

    async def ResolveProfile(self, request: ResolveProfileRequest, context: Context) -> ResolveProfileResponse:
        """See the proto."""
        caller = current_caller()
        resolve = resolve_of(self.runtime, request)
        return resolve_response(self.runtime.tenant(caller), await resolve_profile(self.runtime, caller, resolve))

    async def BatchResolveProfiles(
        self, request: BatchResolveProfilesRequest, context: Context
    ) -> BatchResolveProfilesResponse:
        """See the proto."""
        caller = current_caller()
        resolve = partial(batch_resolve_profiles, self.runtime, caller)
        answers = await answer_each(request.requests, partial(resolve_of, self.runtime), resolve)
        tenant = self.runtime.tenant(caller)
        return BatchResolveProfilesResponse(items=[_batch_item(tenant, answer) for answer in answers])

    async def LookupProfile(self, request: LookupProfileRequest, context: Context) -> LookupProfileResponse:
        """See the proto."""
        caller = current_caller()
        looked = await lookup_profile(
            self.runtime,
            caller,
            all_given(self.runtime, request.identifiers),
            as_of_us=optional_us(request, "as_of_time"),
            region=request.default_region,
            automated=is_automated(caller, request.audience),
        )
        return LookupProfileResponse(
            disclosure=disclosure_value(looked.disclosure),
            candidates=candidate_messages(looked.candidates),
            ask=ask_message(looked.ask),
        )

    async def GetProfile(self, request: GetProfileRequest, context: Context) -> Profile:
        """See the proto."""
        caller = current_caller()
        if request.HasField("name"):
            profile = await get_profile(self.runtime, caller, uuid_of(request.name), reading_of(request))
        else:
            key = request.source_key
            profile = await get_profile_by_record(self.runtime, caller, key.source, key.id, reading_of(request))
        return found_profile_message(profile)

    async def UpdateProfile(self, request: UpdateProfileRequest, context: Context) -> Profile:
        """See the proto."""
        changes, replaces_pins = update_changes(request.profile, request.update_mask.paths)
        update = UpdateProfile(
            profile=uuid_of(request.profile.name),
            request_id=request.request_id,
            occur_time_us=time_us(request),
            changes=changes,
            replaces_pins=replaces_pins,
            etag=request.profile.etag,
            reading=reading_of(request),
        )
        return found_profile_message(await update_profile(self.runtime, current_caller(), update))

    async def RecordConsent(self, request: RecordConsentRequest, context: Context) -> RecordConsentResponse:
        """See the proto."""
        consent = request.consent
        named = request.HasField("profile")
        revision = await record_consent(
            self.runtime,
            current_caller(),
            RecordConsent(
                request_id=request.request_id,
                occur_time_us=optional_us(consent, "occur_time") or self.runtime.clock(),
                purpose=consent.purpose,
                granted=consent.state == Consent.STATE_GRANTED,
                channel=consent.channel,
                brand=consent.brand,
                profile=uuid_of(request.profile) if named else None,
                given=None if named else given_of(request.identifier),
                contact=optional_target(request),
            ),
        )
        return RecordConsentResponse(revision=revision)

    async def CheckConsent(self, request: CheckConsentRequest, context: Context) -> CheckConsentResponse:
        """See the proto."""
        caller, named = current_caller(), request.HasField("profile")
        check = CheckConsent(
            purpose=request.purpose,
            channel=request.channel,
            brand=request.brand,
            profile=uuid_of(request.profile) if named else None,
            given=None if named else given_of(request.identifier),
            reading=Reading(contact=optional_target(request), purpose=request.read_purpose),
        )
        checked = await check_consent(self.runtime, caller, check)
        return CheckConsentResponse(
            allowed=checked.verdict in MAY,
            reason=CheckConsentResponse.Reason.ValueType(checked.verdict),
            consent_time=timestamp(None if checked.said is None else checked.said.occur_time),
            allowed_from_time=timestamp(checked.quiet_until_us),
            policy_version=self.runtime.tenant(caller).policy.label,
        )

    async def ReleaseIdentifier(self, request: ReleaseIdentifierRequest, context: Context) -> ReleaseIdentifierResponse:
        """See the proto."""
        revision = await release_identifier(
            self.runtime,
            current_caller(),
            given=given_of(request.identifier),
            occur_time_us=time_us(request),
            request_id=request.request_id,
            evidence=ReleaseEvidence(contact=optional_target(request), undo=request.undo),
        )
        return ReleaseIdentifierResponse(revision=revision)

    async def ReplaceIdentifier(self, request: ReplaceIdentifierRequest, context: Context) -> ReplaceIdentifierResponse:
        """See the proto."""
        replaced = await replace_identifier(
            self.runtime,
            current_caller(),
            pair=(given_of(request.old_identifier), given_of(request.new_identifier)),
            occur_time_us=time_us(request),
            request_id=request.request_id,
            contact=optional_target(request),
        )
        return ReplaceIdentifierResponse(
            profile=f"profiles/{replaced.profile}" if replaced.profile else "",
            outcome=outcome_value(replaced.outcome),
            revision=replaced.revision,
        )


def _batch_item(tenant: Tenant, answer: Resolved | ServiceError) -> BatchResolveProfilesResponse.Item:
    if isinstance(answer, ServiceError):
        error = BatchResolveProfilesResponse.ItemError(code=code_of(answer), reason=answer.reason, message=str(answer))
        return BatchResolveProfilesResponse.Item(error=error)
    return BatchResolveProfilesResponse.Item(response=resolve_response(tenant, answer))
