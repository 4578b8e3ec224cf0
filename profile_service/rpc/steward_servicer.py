"""StewardService: convert, call one use case, convert."""

from __future__ import annotations

import time
from dataclasses import dataclass

import grpc

from profile_service.rpc import requests as read
from profile_service.rpc import responses as write
from profile_service.rpc.interceptor import current_caller
from profile_service.usecases.merge_breaker import BreakerState, get_breaker, lift_breaker, trip_breaker
from profile_service.usecases.ruling import rule_identifier
from profile_service.usecases.runtime import Runtime
from profile_service.v1 import (
    GetMergeBreakerRequest,
    LiftMergeBreakerRequest,
    MergeBreaker,
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
        return _breaker(await get_breaker(self.runtime, current_caller()))

    async def TripMergeBreaker(self, request: TripMergeBreakerRequest, context: Context) -> MergeBreaker:
        """See the proto."""
        return _breaker(await trip_breaker(self.runtime, current_caller()))

    async def LiftMergeBreaker(self, request: LiftMergeBreakerRequest, context: Context) -> MergeBreaker:
        """See the proto."""
        left = context.time_remaining()
        end = time.monotonic() + (LIFT_S if left is None else left) - ANSWER_S

        def is_over() -> bool:
            return time.monotonic() >= end

        return _breaker(await lift_breaker(self.runtime, current_caller(), is_over))

    async def RuleIdentifier(self, request: RuleIdentifierRequest, context: Context) -> RuleIdentifierResponse:
        """See the proto."""
        given = read.given_of(request.identifier)
        ruled = await rule_identifier(self.runtime, current_caller(), given, shared=request.shared)
        return RuleIdentifierResponse(
            profiles=[f"profiles/{profile}" for profile in ruled.profiles], merged=ruled.merged, created=ruled.created
        )


def _breaker(state: BreakerState) -> MergeBreaker:
    if state.breaker is None:
        return MergeBreaker(held=state.held)
    return MergeBreaker(
        tripped=state.tripped,
        trip_time=write.timestamp(state.breaker.trip_time_us),
        lift_time=write.timestamp(state.breaker.lift_time_us),
        merges=state.breaker.rate.merges,
        changes=state.breaker.rate.changes,
        usual_share=state.breaker.usual_share,
        held=state.held,
        released=state.released,
    )
