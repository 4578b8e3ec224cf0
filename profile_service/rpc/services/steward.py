"""StewardService: convert, call one use case, convert."""

from __future__ import annotations

import time
from dataclasses import dataclass

import grpc

from profile_service.engine.runtime import Runtime
from profile_service.identity.ids import NIL
from profile_service.rpc.boundary.interceptor import current_caller
from profile_service.rpc.boundary.page_token import decode_page_token, encode_page_token
from profile_service.rpc.convert.fields import page_size
from profile_service.rpc.convert.identifier import given_of
from profile_service.rpc.convert.review import breaker_message, review_message
from profile_service.usecases.reviews.get_merge_breaker import get_merge_breaker
from profile_service.usecases.reviews.lift_merge_breaker import lift_merge_breaker
from profile_service.usecases.reviews.list_reviews import list_reviews
from profile_service.usecases.reviews.rule_identifier import rule_identifier
from profile_service.usecases.reviews.trip_merge_breaker import trip_merge_breaker
from profile_service.v1 import (
    GetMergeBreakerRequest,
    LiftMergeBreakerRequest,
    ListReviewsRequest,
    ListReviewsResponse,
    MergeBreaker,
    Review,
    RuleIdentifierRequest,
    RuleIdentifierResponse,
    StewardServiceServicer,
    TripMergeBreakerRequest,
)

Context = grpc.aio.ServicerContext
ANSWER_S, LIFT_S = 0.5, 5.0
"""What LiftMergeBreaker keeps of its deadline for the answer, and how long it takes where the caller sets none."""


@dataclass(slots=True)
class StewardServicer(StewardServiceServicer):
    """The methods of StewardService."""

    runtime: Runtime

    async def GetMergeBreaker(self, request: GetMergeBreakerRequest, context: Context) -> MergeBreaker:
        """See the proto."""
        return breaker_message(await get_merge_breaker(self.runtime, current_caller()))

    async def TripMergeBreaker(self, request: TripMergeBreakerRequest, context: Context) -> MergeBreaker:
        """See the proto."""
        return breaker_message(await trip_merge_breaker(self.runtime, current_caller()))

    async def LiftMergeBreaker(self, request: LiftMergeBreakerRequest, context: Context) -> MergeBreaker:
        """See the proto."""
        left = context.time_remaining()
        end = time.monotonic() + (LIFT_S if left is None else left) - ANSWER_S

        def is_over() -> bool:
            return time.monotonic() >= end

        return breaker_message(await lift_merge_breaker(self.runtime, current_caller(), is_over))

    async def RuleIdentifier(self, request: RuleIdentifierRequest, context: Context) -> RuleIdentifierResponse:
        """See the proto."""
        given = given_of(request.identifier)
        ruled = await rule_identifier(self.runtime, current_caller(), given, shared=request.shared)
        return RuleIdentifierResponse(
            profiles=[f"profiles/{profile}" for profile in ruled.profiles], merged=ruled.merged, created=ruled.created
        )

    async def ListReviews(self, request: ListReviewsRequest, context: Context) -> ListReviewsResponse:
        """See the proto."""
        caller = current_caller()
        reasons = [Review.Reason.Name(reason).removeprefix("REASON_").lower() for reason in request.reasons]
        binding = ["ListReviews", reasons]
        keyring = self.runtime.keyring
        after = decode_page_token(keyring, caller.tenant, binding, request.page_token, tuple[int, str]) or (
            -(2**62),
            NIL,
        )
        size = page_size(request.page_size)
        rows, counts = await list_reviews(self.runtime, caller, after=after, most=size, reasons=reasons)
        last = (rows[size - 1].open_time_us, rows[size - 1].id) if len(rows) > size else None
        return ListReviewsResponse(
            reviews=[review_message(row) for row in rows[:size]],
            next_page_token="" if last is None else encode_page_token(keyring, caller.tenant, binding, last),
            total_size=counts.total,
            waiting=counts.waiting,
        )
