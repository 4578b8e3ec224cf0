"""ExplainService: convert, call one use case, convert."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import grpc

from profile_service.identity.matching.explanation import lines, running, verdict
from profile_service.identity.matching.scoring import Score
from profile_service.rpc import requests as read
from profile_service.rpc import responses as write
from profile_service.rpc.interceptor import current_caller
from profile_service.usecases.explain import Reference, Step, explain_match, explain_profile
from profile_service.usecases.resolve_profile import explain_resolve
from profile_service.usecases.resolving import ResolveProfile
from profile_service.usecases.runtime import Runtime, Tenant
from profile_service.usecases.simulate import Report, Simulation
from profile_service.v1 import (
    Assurance,
    Comparison,
    ExplainMatchRequest,
    ExplainMatchResponse,
    ExplainProfileRequest,
    ExplainProfileResponse,
    ExplainResolveRequest,
    ExplainResolveResponse,
    ExplainServiceServicer,
    Explanation,
    LinkExplanation,
    ProfileReference,
    SimulatePolicyRequest,
    SimulatePolicyResponse,
    SimulationReport,
)

Context = grpc.aio.ServicerContext
CANDIDATES_SHOWN, SAMPLES, PROFILES_SHOWN = 20, 20, 100


@dataclass(slots=True)
class ExplainServicer(ExplainServiceServicer):
    """The methods of ExplainService. One simulation at a time: it may take hours."""

    runtime: Runtime
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ExplainMatch(self, request: ExplainMatchRequest, context: Context) -> ExplainMatchResponse:
        """See the proto."""
        caller = current_caller()
        found = await explain_match(self.runtime, caller, _reference(request.left), _reference(request.right))
        tenant = self.runtime.tenant(caller)
        rules = tenant.policy.matching
        return ExplainMatchResponse(
            explanation=_explanation(found.score, tenant, verdict(found.score, rules.join, rules.review)),
            same_profile=found.same,
            limits_exceeded=found.limits,
            links=[_link(step) for step in found.steps],
        )

    async def ExplainProfile(self, request: ExplainProfileRequest, context: Context) -> ExplainProfileResponse:
        """See the proto."""
        caller = current_caller()
        profile, steps = await explain_profile(self.runtime, caller, _reference(request.profile))
        return ExplainProfileResponse(
            profile=f"profiles/{profile}",
            links=[_link(step) for step in steps],
            text=_steps_text(steps),
            policy_version=self.runtime.tenant(caller).policy.label,
        )

    async def ExplainResolve(self, request: ExplainResolveRequest, context: Context) -> ExplainResolveResponse:
        """See the proto."""
        caller = current_caller()
        record = request.source_record if request.HasField("source_record") else None
        wanted = ResolveProfile(
            request_id="",
            occur_time_us=read.optional_us(request, "occur_time") or self.runtime.clock(),
            given=read.all_given(self.runtime, request.identifiers),
            record=None if record is None else (record.source_key.source, record.source_key.id),
            attributes={} if record is None else dict(record.attributes),
            default_region=request.default_region,
        )
        resolved, matched = await explain_resolve(self.runtime, caller, wanted)
        tenant = self.runtime.tenant(caller)
        return ExplainResolveResponse(
            profile=f"profiles/{resolved.profile}" if resolved.profile else "",
            outcome=write.outcome_value(resolved.outcome),
            identifier_results=write.result_messages(resolved.results, resolved.items),
            candidates=[
                ExplainResolveResponse.CandidateExplanation(
                    profile=f"profiles/{match.candidate.profile}",
                    explanation=_explanation(match.score, tenant, matched.decision.verdict(match)),
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
            simulation = await asyncio.to_thread(
                Simulation,
                runtime=self.runtime,
                caller=current_caller(),
                policy_text=request.policy,
                model_text=request.model,
                last_days=request.last_days,
                samples=request.sample_size or SAMPLES,
            )
            async for told in simulation.run():
                if isinstance(told, Report):
                    yield SimulatePolicyResponse(report=_report(told))
                else:
                    progress = SimulatePolicyResponse.Progress(stage=told.stage, done=told.done, total=told.total)
                    yield SimulatePolicyResponse(progress=progress)


def _report(held: Report) -> SimulationReport:
    sums, changes = held.simulated, held.simulated.changes
    report = SimulationReport(
        policy_version=held.policy,
        model_version=held.model,
        profiles=sums.profiles,
        profiles_after=sums.profiles_after,
        merges=sum(change.parts == 1 for change in changes),
        splits=sum(change.parts > 1 for change in changes),
        profiles_concerned=len({profile for change in changes for profile in change.profiles}),
        contacts_concerned=held.contacts,
        newly_shared=sums.newly_shared,
        no_longer_shared=sums.no_longer_shared,
        largest=sums.largest,
        largest_after=sums.largest_after,
        samples=[
            SimulationReport.Change(
                profiles=[f"profiles/{profile}" for profile in change.profiles[:PROFILES_SHOWN]],
                parts=change.parts,
                contacts=contacts,
                links=change.links,
            )
            for change, contacts in held.samples
        ],
    )
    report.text.extend(_report_text(report))
    return report


def _report_text(report: SimulationReport) -> list[str]:
    found = [
        f"{report.profiles} profiles would be {report.profiles_after}: {report.merges} merges, {report.splits} splits.",
        f"{report.profiles_concerned} profiles with {report.contacts_concerned} contacts would change.",
        f"{report.newly_shared} identifiers would turn shared, {report.no_longer_shared} would no longer be.",
        f"The largest profile has {report.largest} identifiers and records; it would have {report.largest_after}.",
    ]
    for change in report.samples:
        what = "would become one" if change.parts == 1 else f"would fall into {change.parts}"
        why = f" ({'; '.join(change.links[:3])})" if change.links else ""
        found.append(f"{', '.join(change.profiles)} {what}{why}; {change.contacts} contacts")
    return found


def _reference(message: ProfileReference) -> Reference:
    if message.HasField("name"):
        return Reference(profile=read.uuid_of(message.name))
    return Reference(record=(message.source_key.source, message.source_key.id))


def _explanation(held: Score, tenant: Tenant, result: str) -> Explanation:
    join, review = tenant.policy.matching.join, tenant.policy.matching.review
    return Explanation(
        prior=held.prior,
        comparisons=[
            Comparison(
                comparison=one.agreement.comparison, level=one.agreement.level, weight=one.weight, running_score=total
            )
            for one, total in zip(held.weighed, running(held), strict=True)
        ],
        score=held.total,
        probability=held.probability,
        vetoes=held.vetoes,
        join_threshold=join,
        review_threshold=review,
        verdict=Explanation.Verdict.Value(f"VERDICT_{result.upper()}"),
        text=lines(held, join, review, result),
        policy_version=tenant.policy.label,
        model_version=tenant.model.label,
    )


def _link(step: Step) -> LinkExplanation:
    return LinkExplanation(
        kind=step.link.kind.value,
        namespaces=step.namespaces,
        assurance=Assurance.ValueType(int(step.link.assurance)),
        probability=step.link.probability or 0.0,
        model_version=step.link.model or "",
        first_time=write.timestamp(step.link.first_time),
        joined=step.joined,
        refusal=step.refusal,
    )


def _steps_text(steps: Sequence[Step]) -> list[str]:
    found: list[str] = []
    for number, step in enumerate(steps, 1):
        proof = step.link.assurance.name.lower()
        worth = f", probability {step.link.probability:.4f}" if step.link.probability else f", {proof}"
        effect = f"may not join: {step.refusal}" if step.refusal else "joins" if step.joined else "confirms"
        found.append(f"{number}. {step.link.kind.value}: {' and '.join(step.namespaces)}{worth}; {effect}")
    return found
