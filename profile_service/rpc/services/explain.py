"""ExplainService: convert, call one use case, convert."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import grpc

from profile_service.engine.resolution.answer import ResolveProfile
from profile_service.engine.runtime import Runtime
from profile_service.identity.matching.explanation import verdict
from profile_service.rpc.boundary.interceptor import current_caller
from profile_service.rpc.convert.explanation import (
    CANDIDATES_SHOWN,
    SAMPLES,
    event_message,
    events_text,
    explanation_message,
    link_message,
    reference_of,
    report_message,
    steps_text,
)
from profile_service.rpc.convert.fields import optional_us, outcome_value
from profile_service.rpc.convert.identifier import all_given, result_messages
from profile_service.usecases.explain.explain_match import explain_match
from profile_service.usecases.explain.explain_profile import explain_profile
from profile_service.usecases.explain.explain_resolve import explain_resolve
from profile_service.usecases.explain.simulate_policy import Report, SimulatePolicy, simulate_policy
from profile_service.v1 import (
    ExplainMatchRequest,
    ExplainMatchResponse,
    ExplainProfileRequest,
    ExplainProfileResponse,
    ExplainResolveRequest,
    ExplainResolveResponse,
    ExplainServiceServicer,
    SimulatePolicyRequest,
    SimulatePolicyResponse,
)

Context = grpc.aio.ServicerContext


@dataclass(slots=True)
class ExplainServicer(ExplainServiceServicer):
    """The methods of ExplainService. One simulation at a time: it may take hours."""

    runtime: Runtime
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ExplainMatch(self, request: ExplainMatchRequest, context: Context) -> ExplainMatchResponse:
        """See the proto."""
        caller = current_caller()
        match = await explain_match(self.runtime, caller, reference_of(request.left), reference_of(request.right))
        tenant = self.runtime.tenant(caller)
        rules = tenant.policy.matching
        return ExplainMatchResponse(
            explanation=explanation_message(match.score, tenant, verdict(match.score, rules.join, rules.review)),
            same_profile=match.same,
            limits_exceeded=match.limits,
            links=[link_message(step) for step in match.steps],
        )

    async def ExplainProfile(self, request: ExplainProfileRequest, context: Context) -> ExplainProfileResponse:
        """See the proto."""
        caller = current_caller()
        explained = await explain_profile(self.runtime, caller, reference_of(request.profile))
        return ExplainProfileResponse(
            profile=f"profiles/{explained.profile}",
            links=[link_message(step) for step in explained.steps],
            events=[event_message(event) for event in explained.events],
            text=[*steps_text(explained.steps), *events_text(explained.events)],
            policy_version=self.runtime.tenant(caller).policy.label,
        )

    async def ExplainResolve(self, request: ExplainResolveRequest, context: Context) -> ExplainResolveResponse:
        """See the proto."""
        caller = current_caller()
        record = request.source_record if request.HasField("source_record") else None
        resolve = ResolveProfile(
            request_id="",
            occur_time_us=optional_us(request, "occur_time") or self.runtime.clock(),
            given=all_given(self.runtime, request.identifiers),
            record=None if record is None else (record.source_key.source, record.source_key.id),
            attributes={} if record is None else dict(record.attributes),
            default_region=request.default_region,
        )
        resolved, matched = await explain_resolve(self.runtime, caller, resolve)
        tenant = self.runtime.tenant(caller)
        return ExplainResolveResponse(
            profile=f"profiles/{resolved.profile}" if resolved.profile else "",
            outcome=outcome_value(resolved.outcome),
            identifier_results=result_messages(resolved.results, resolved.items),
            candidates=[
                ExplainResolveResponse.CandidateExplanation(
                    profile=f"profiles/{match.candidate.profile}",
                    explanation=explanation_message(match.score, tenant, matched.decision.verdict(match)),
                )
                for match in matched.decision.ranked[:CANDIDATES_SHOWN]
            ],
            profiles_compared=len(matched.decision.ranked),
            blocking_keys_capped=matched.capped,
        )

    async def SimulatePolicy(
        self, request: SimulatePolicyRequest, context: Context
    ) -> AsyncIterator[SimulatePolicyResponse]:
        """See the proto."""
        async with self.turn:
            simulation = SimulatePolicy(
                policy_text=request.policy,
                model_text=request.model,
                last_days=request.last_days,
                samples=request.sample_size or SAMPLES,
            )
            async for step in simulate_policy(self.runtime, current_caller(), simulation):
                if isinstance(step, Report):
                    yield SimulatePolicyResponse(report=report_message(step))
                else:
                    progress = SimulatePolicyResponse.Progress(stage=step.stage, done=step.done, total=step.total)
                    yield SimulatePolicyResponse(progress=progress)
