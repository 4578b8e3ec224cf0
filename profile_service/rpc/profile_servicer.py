"""ProfileService: convert, call one use case, convert."""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from profile_service.errors import ServiceError
from profile_service.identity.ids import NIL
from profile_service.rpc import requests as read
from profile_service.rpc import responses as write
from profile_service.rpc.interceptor import current_caller
from profile_service.rpc.page_token import decode_page_token, encode_page_token
from profile_service.rpc.status import code_of
from profile_service.usecases.choices import (
    RecordConsent,
    UpdateProfile,
    record_consent,
    release_identifier,
    update_profile,
)
from profile_service.usecases.get_profile import get_profile, get_profile_by_record
from profile_service.usecases.lookup_profile import lookup_profile
from profile_service.usecases.resolve_profile import batch_resolve_profiles, replace_identifier, resolve_profile
from profile_service.usecases.resolving import Resolved
from profile_service.usecases.runtime import Runtime, Tenant
from profile_service.usecases.timelines import list_reviews
from profile_service.v1 import (
    BatchResolveProfilesRequest,
    BatchResolveProfilesResponse,
    Consent,
    GetProfileRequest,
    ListReviewsRequest,
    ListReviewsResponse,
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
    Review,
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
        wanted = read.resolve_of(self.runtime, request)
        return write.resolve_response(self.runtime.tenant(caller), await resolve_profile(self.runtime, caller, wanted))

    async def BatchResolveProfiles(
        self, request: BatchResolveProfilesRequest, context: Context
    ) -> BatchResolveProfilesResponse:
        """See the proto."""
        caller = current_caller()
        wanted = [read.resolve_of(self.runtime, one) for one in request.requests]
        answers = await batch_resolve_profiles(self.runtime, caller, wanted)
        tenant = self.runtime.tenant(caller)
        return BatchResolveProfilesResponse(items=[_batch_item(tenant, answer) for answer in answers])

    async def LookupProfile(self, request: LookupProfileRequest, context: Context) -> LookupProfileResponse:
        """See the proto."""
        caller = current_caller()
        looked = await lookup_profile(
            self.runtime,
            caller,
            read.all_given(self.runtime, request.identifiers),
            as_of_us=read.optional_us(request, "as_of_time"),
            region=request.default_region,
            automated=read.is_automated(caller, request.audience),
        )
        return LookupProfileResponse(
            disclosure=write.disclosure_value(looked.disclosure),
            candidates=write.candidate_messages(looked.candidates),
            ask=write.ask_message(looked.ask),
        )

    async def GetProfile(self, request: GetProfileRequest, context: Context) -> Profile:
        """See the proto."""
        caller = current_caller()
        if request.HasField("name"):
            found = await get_profile(self.runtime, caller, read.uuid_of(request.name))
        else:
            key = request.source_key
            found = await get_profile_by_record(self.runtime, caller, key.source, key.id)
        return write.found_profile_message(found)

    async def UpdateProfile(self, request: UpdateProfileRequest, context: Context) -> Profile:
        """See the proto."""
        changes, replaces_pins = read.update_changes(request.profile, request.update_mask.paths)
        update = UpdateProfile(
            profile=read.uuid_of(request.profile.name),
            request_id=request.request_id,
            occur_time_us=read.time_us(request),
            changes=changes,
            replaces_pins=replaces_pins,
            etag=request.profile.etag,
        )
        return write.found_profile_message(await update_profile(self.runtime, current_caller(), update))

    async def RecordConsent(self, request: RecordConsentRequest, context: Context) -> RecordConsentResponse:
        """See the proto."""
        consent = request.consent
        named = request.HasField("profile")
        revision = await record_consent(
            self.runtime,
            current_caller(),
            RecordConsent(
                request_id=request.request_id,
                occur_time_us=read.optional_us(consent, "occur_time") or self.runtime.clock(),
                purpose=consent.purpose,
                granted=consent.state == Consent.STATE_GRANTED,
                channel=consent.channel,
                brand=consent.brand,
                profile=read.uuid_of(request.profile) if named else None,
                given=None if named else read.given_of(request.identifier),
            ),
        )
        return RecordConsentResponse(revision=revision)

    async def ReleaseIdentifier(self, request: ReleaseIdentifierRequest, context: Context) -> ReleaseIdentifierResponse:
        """See the proto."""
        revision = await release_identifier(
            self.runtime,
            current_caller(),
            given=read.given_of(request.identifier),
            occur_time_us=read.time_us(request),
            request_id=request.request_id,
        )
        return ReleaseIdentifierResponse(revision=revision)

    async def ReplaceIdentifier(self, request: ReplaceIdentifierRequest, context: Context) -> ReplaceIdentifierResponse:
        """See the proto."""
        replaced = await replace_identifier(
            self.runtime,
            current_caller(),
            old=read.given_of(request.old_identifier),
            new=read.given_of(request.new_identifier),
            occur_time_us=read.time_us(request),
            request_id=request.request_id,
        )
        return ReplaceIdentifierResponse(
            profile=f"profiles/{replaced.profile}" if replaced.profile else "",
            outcome=write.outcome_value(replaced.outcome),
            revision=replaced.revision,
        )

    async def ListReviews(self, request: ListReviewsRequest, context: Context) -> ListReviewsResponse:
        """See the proto."""
        caller = current_caller()
        reasons = [Review.Reason.Name(reason).removeprefix("REASON_").lower() for reason in request.reasons]
        binding = ["ListReviews", reasons]
        keyring = self.runtime.keyring
        after = decode_page_token(keyring, caller.tenant, binding, request.page_token) or (-(2**62), NIL)
        size = read.page_size(request.page_size)
        rows, total = await list_reviews(self.runtime, caller, after=after, most=size, reasons=reasons)
        last = (rows[size - 1]["open"], rows[size - 1]["id"]) if len(rows) > size else None
        return ListReviewsResponse(
            reviews=[
                Review(
                    name=f"reviews/{row['id']}",
                    reason=Review.Reason.Value(f"REASON_{row['reason'].upper()}"),
                    profiles=[f"profiles/{row[side]}" for side in ("profile_a", "profile_b") if row[side]],
                    namespaces=[row["namespace_a"], row["namespace_b"]],
                    open_time=write.timestamp(row["open"]),
                    probability=row["probability"] or 0.0,
                )
                for row in rows[:size]
            ],
            next_page_token="" if last is None else encode_page_token(keyring, caller.tenant, binding, last),
            total_size=total,
        )


def _batch_item(tenant: Tenant, answer: Resolved | ServiceError) -> BatchResolveProfilesResponse.Item:
    if isinstance(answer, ServiceError):
        error = BatchResolveProfilesResponse.ItemError(code=code_of(answer), reason=answer.reason, message=str(answer))
        return BatchResolveProfilesResponse.Item(error=error)
    return BatchResolveProfilesResponse.Item(response=write.resolve_response(tenant, answer))
