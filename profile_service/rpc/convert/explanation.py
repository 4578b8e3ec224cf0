"""Explanations and simulations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from profile_service.engine.graph.explanation import Reference, Step
from profile_service.engine.runtime import Tenant
from profile_service.identity.graph.events import EventKind
from profile_service.identity.matching.explanation import lines, running
from profile_service.identity.matching.scoring import Score
from profile_service.rpc.convert.fields import timestamp
from profile_service.rpc.convert.names import uuid_of
from profile_service.usecases.explain.explain_profile import Event
from profile_service.usecases.explain.simulate_policy import Report
from profile_service.v1 import (
    Assurance,
    Comparison,
    Explanation,
    LinkExplanation,
    ProfileEvent,
    ProfileReference,
    SimulationReport,
)

CANDIDATES_SHOWN, SAMPLES, PROFILES_SHOWN = 20, 20, 100


def report_message(answer: Report) -> SimulationReport:
    sums, changes = answer.simulated, answer.simulated.changes
    report = SimulationReport(
        policy_version=answer.policy,
        model_version=answer.model,
        profiles=sums.profiles,
        profiles_after=sums.profiles_after,
        merges=sum(change.parts == 1 for change in changes),
        splits=sum(change.parts > 1 for change in changes),
        profiles_concerned=len({profile for change in changes for profile in change.profiles}),
        contacts_concerned=answer.contacts,
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
            for change, contacts in answer.samples
        ],
    )
    report.text.extend(_report_text(report))
    return report


def _report_text(report: SimulationReport) -> list[str]:
    lines = [
        f"{report.profiles} profiles would be {report.profiles_after}: {report.merges} merges, {report.splits} splits.",
        f"{report.profiles_concerned} profiles with {report.contacts_concerned} contacts would change.",
        f"{report.newly_shared} identifiers would turn shared, {report.no_longer_shared} would no longer be.",
        f"The largest profile has {report.largest} identifiers and records; it would have {report.largest_after}.",
    ]
    for change in report.samples:
        what = "would become one" if change.parts == 1 else f"would fall into {change.parts}"
        why = f" ({'; '.join(change.links[:3])})" if change.links else ""
        lines.append(f"{', '.join(change.profiles)} {what}{why}; {change.contacts} contacts")
    return lines


def reference_of(message: ProfileReference) -> Reference:
    if message.HasField("name"):
        return Reference(profile=uuid_of(message.name))
    return Reference(record=(message.source_key.source, message.source_key.id))


def explanation_message(score: Score, tenant: Tenant, result: str) -> Explanation:
    join, review = tenant.policy.matching.join, tenant.policy.matching.review
    return Explanation(
        prior=score.prior,
        comparisons=[
            Comparison(
                comparison=weighed.agreement.comparison,
                level=weighed.agreement.level,
                weight=weighed.weight,
                running_score=total,
            )
            for weighed, total in zip(score.weighed, running(score), strict=True)
        ],
        score=score.total,
        probability=score.probability,
        vetoes=score.vetoes,
        join_threshold=join,
        review_threshold=review,
        verdict=Explanation.Verdict.Value(f"VERDICT_{result.upper()}"),
        text=lines(score, join, review, result),
        policy_version=tenant.policy.label,
        model_version=tenant.model.label,
    )


def link_message(step: Step) -> LinkExplanation:
    return LinkExplanation(
        kind=step.link.kind.value,
        namespaces=step.namespaces,
        assurance=Assurance.ValueType(int(step.link.assurance)),
        probability=step.link.probability or 0.0,
        model_version=step.link.model or "",
        first_time=timestamp(step.link.first_time),
        joined=step.joined,
        refusal=step.refusal,
    )


def steps_text(steps: Sequence[Step]) -> list[str]:
    lines: list[str] = []
    for number, step in enumerate(steps, 1):
        proof = step.link.assurance.name.lower()
        worth = f", probability {step.link.probability:.4f}" if step.link.probability else f", {proof}"
        effect = f"may not join: {step.refusal}" if step.refusal else "joins" if step.joined else "confirms"
        lines.append(f"{number}. {step.link.kind.value}: {' and '.join(step.namespaces)}{worth}; {effect}")
    return lines


def event_message(event: Event) -> ProfileEvent:
    """Something that happened to the profile."""
    cause = f"{event.cause_kind.value}/{event.cause_id}" if event.cause_id else event.cause_kind.value
    return ProfileEvent(
        kind=ProfileEvent.Kind.Value(f"KIND_{event.kind.value.upper()}"),
        profiles_before=[f"profiles/{name}" for name in event.before],
        profiles_after=[f"profiles/{name}" for name in event.after],
        links=[
            LinkExplanation(
                kind=link.kind.value,
                namespaces=link.namespaces,
                assurance=Assurance.ValueType(int(link.assurance)),
                probability=link.probability or 0.0,
                model_version=link.model or "",
                first_time=timestamp(link.first_time_us),
                joined=event.kind is EventKind.MERGED,
            )
            for link in event.links
        ],
        policy_version=event.policy,
        model_version=event.model,
        cause=cause,
        occur_time=timestamp(event.occur_time_us),
        record_time=timestamp(event.record_time_us),
    )


def events_text(events: Sequence[Event]) -> list[str]:
    """The same for people, a line each; times are UTC."""
    return [
        f"{datetime.fromtimestamp(event.record_time_us / 1_000_000, UTC):%Y-%m-%d %H:%M:%S}: {_event_text(event)}"
        f" (by a {event.cause_kind.value}, {event.policy})"
        for event in events
    ]


def _event_text(event: Event) -> str:
    before, after = (" and ".join(f"profiles/{name}" for name in names) for names in (event.before, event.after))
    match event.kind:
        case EventKind.MERGED:
            over = "; ".join(" and ".join(link.namespaces) for link in event.links)
            return f"{before} became {after}" + (f" over {over}" if over else "")
        case EventKind.SPLIT:
            return f"{before} fell into {after}"
        case EventKind.SHARED:
            return "an identifier turned shared"
        case EventKind.UNSHARED:
            return "an identifier is no longer shared"
        case EventKind.MOVED:
            return f"a contact of {before or 'nobody'} is shown by {after or 'nobody'}"
