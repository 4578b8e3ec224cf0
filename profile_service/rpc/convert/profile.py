"""Profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profile_service.engine.profile import PIN, ProfileView, etag_of
from profile_service.engine.profile import ContactPoint as OpenedPoint
from profile_service.engine.resolution.answer import Resolved, ResolveProfile
from profile_service.engine.runtime import Runtime, Tenant
from profile_service.errors import FieldInvalid
from profile_service.identity.contact.disclosure import GUARDED
from profile_service.identity.contact.resolution import CANDIDATES_MAX
from profile_service.identity.profile.consent import ConsentFact
from profile_service.identity.profile.golden import Chosen, Survivor
from profile_service.rpc.convert.fields import level_value, outcome_value, time_us, timestamp
from profile_service.rpc.convert.identifier import all_given, result_messages
from profile_service.usecases.profiles.get_profile import FoundProfile
from profile_service.v1 import (
    Ask,
    Assurance,
    AttributeValue,
    Candidate,
    Consent,
    ContactPoint,
    Preferences,
    Profile,
    ResolveProfileRequest,
    ResolveProfileResponse,
)

_SETTABLE = frozenset({"preferences.language", "preferences.channel", "pins"})
_PATHS = {
    "*": _SETTABLE,
    "preferences": _SETTABLE - {"pins"},
    GUARDED: frozenset({GUARDED}),
    **{path: frozenset({path}) for path in _SETTABLE},
}


def update_changes(profile: Profile, paths: Sequence[str]) -> tuple[dict[str, str | None], bool]:
    """What an UpdateProfile sets, and whether pins that it does not name go. Raises FieldInvalid."""
    if not _PATHS.keys() >= set(paths):
        raise FieldInvalid([("update_mask", "a path is none that can be set", "UPDATE_MASK_PATH")])
    asked = frozenset[str]().union(*(_PATHS[path] for path in paths or ("*",)))
    values: dict[str, Mapping[str, str | None]] = {
        "preferences.language": {"language": profile.preferences.language or None},
        "preferences.channel": {"channel": profile.preferences.channel or None},
        "pins": {f"{PIN}{name}": value for name, value in profile.pins.items()},
        GUARDED: {GUARDED: "true" if profile.guarded else None},
    }
    changes = {key: value for path in sorted(asked) for key, value in values[path].items()}
    return changes, "pins" in asked


def resolve_of(runtime: Runtime, request: ResolveProfileRequest) -> ResolveProfile:
    """The resolution that is asked for."""
    record = request.source_record if request.HasField("source_record") else None
    return ResolveProfile(
        request_id=request.request_id,
        occur_time_us=time_us(request),
        given=all_given(runtime, request.identifiers),
        record=None if record is None else (record.source_key.source, record.source_key.id),
        attributes={} if record is None else dict(record.attributes),
        default_region=request.default_region,
        partial=record is not None and record.partial,
        source_revision=0 if record is None else record.source_revision,
    )


CONTACT_POINTS_MAX = 100
UNSET = Chosen("")


def profile_message(view: ProfileView, requested: str = "") -> Profile:
    """A live profile; `requested` is the id that was asked for, where it redirects."""
    points = view.contact_points
    return Profile(
        name=f"profiles/{view.id}",
        requested_name=f"profiles/{requested}" if requested else "",
        state=Profile.STATE_REDIRECTED if requested else Profile.STATE_LIVE,
        etag=etag_of(view.id, view.revision),
        golden_record=[_value_message(survivor) for survivor in view.golden],
        contact_points=[_point_message(point) for point in points[:CONTACT_POINTS_MAX]],
        contact_points_omitted=max(0, len(points) - CONTACT_POINTS_MAX),
        preferences=Preferences(
            language=view.preferences.get("language", UNSET).value,
            channel=view.preferences.get("channel", UNSET).value,
        ),
        pins={name: pin.value for name, pin in view.pins.items()},
        consents=[_consent_message(consent) for consent in view.consents],
        create_time=timestamp(view.create_time_us),
        revision=view.revision,
        guarded=GUARDED in view.preferences,
    )


def _value_message(survivor: Survivor) -> AttributeValue:
    return AttributeValue(
        attribute=survivor.attribute,
        value=survivor.value,
        source=survivor.source,
        pinned=survivor.pinned,
        disclosure=level_value(survivor.disclosure),
        masked=survivor.masked,
        occur_time=None if survivor.pinned else timestamp(survivor.occur_time),
    )


def _point_message(point: OpenedPoint) -> ContactPoint:
    return ContactPoint(
        namespace=point.namespace,
        value=point.value,
        scope=point.scope,
        assurance=Assurance.ValueType(point.assurance or 0),
        shared=point.is_shared,
        last_time=timestamp(point.last_time_us),
        disclosure=level_value(point.disclosure),
        masked=point.masked,
    )


def _consent_message(consent: ConsentFact) -> Consent:
    return Consent(
        purpose=consent.purpose,
        channel=consent.channel,
        brand=consent.brand,
        state=Consent.STATE_GRANTED if consent.granted else Consent.STATE_WITHDRAWN,
        occur_time=timestamp(consent.occur_time),
    )


def found_profile_message(found: FoundProfile) -> Profile:
    """A profile as asked for: live, redirected, or split with nothing disclosed."""
    if found.view is None:
        return Profile(
            name=f"profiles/{found.resolved.asked}",
            state=Profile.STATE_SPLIT,
            successors=[f"profiles/{name}" for name in found.resolved.successors],
        )
    redirected = found.view.id != found.resolved.asked
    return profile_message(found.view, found.resolved.asked if redirected else "")


def candidate_messages(candidates: Sequence[tuple[str, Sequence[str], float]]) -> list[Candidate]:
    """Candidates in rank order."""
    return [
        Candidate(
            profile=f"profiles/{profile}",
            rank=rank,
            found_by=names,
            reason=f"found by {', '.join(names)}" if names else "",
            probability=probability,
        )
        for rank, (profile, names, probability) in enumerate(candidates, 1)
    ]


def resolve_response(tenant: Tenant, resolved: Resolved) -> ResolveProfileResponse:
    """Who it is."""
    return ResolveProfileResponse(
        profile=f"profiles/{resolved.profile}" if resolved.profile else "",
        outcome=outcome_value(resolved.outcome),
        identifier_results=result_messages(resolved.results, resolved.items),
        candidates=resolved_candidates(resolved),
        revision=resolved.revision,
        policy_version=tenant.policy.label,
        model_version=tenant.model.label,
        blocking_keys_capped=resolved.blocking_keys_capped,
        profiles_compared=resolved.profiles_compared,
        ask=ask_message(resolved.ask),
    )


def resolved_candidates(resolved: Resolved) -> list[Candidate]:
    """What a source record was matched with, and what its identifiers found; the likeliest first."""
    found_by = {name: names for name, names, _ in resolved.candidates[:CANDIDATES_MAX]}
    matches = dict(resolved.matches)
    likely = {name: probability for name, _, probability in resolved.candidates}
    names = [*matches, *(name for name in found_by if name not in matches)]
    return candidate_messages(
        [(name, found_by.get(name, ()), matches.get(name, likely.get(name, 0.0))) for name in names]
    )


def ask_message(ask: Any) -> Ask | None:
    """The question, where there is one."""
    return None if ask is None else Ask(kind=ask.kind, key=ask.key, separates=ask.separates)
