"""What of a context its readers get (D3). An agent: everything but the answers to what may be asked. A bot, which says
what it reads: what is SAFE, and what the contact itself brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as dataclass_replace

from msgspec.structs import replace

from profile_service.engine.contact.view import ContactTimeline, ContextView
from profile_service.engine.profile import ProfileView
from profile_service.identity.contact.disclosure import Reason, as_a_bot_is_told
from profile_service.identity.contact.model import InteractionKind, Speaker
from profile_service.identity.graph.model import Disclosure
from profile_service.identity.policy import Policy
from profile_service.store.queries.opened import Contact, Interaction

CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
"""The warning of a contact of ours that the customer forbade: bots have to know it too."""


def for_agents(view: ContextView, policy: Policy) -> ContextView:
    """The context without the values of what may be asked, below SAFE: an agent checks without seeing the answer."""
    profile = view.profile_view
    if profile is None:
        return view

    def is_hidden(name: str, level: Disclosure | None) -> bool:
        return name in policy.points and level is not Disclosure.SAFE

    golden = tuple(
        dataclass_replace(value, value="", masked=True) if is_hidden(value.attribute, value.disclosure) else value
        for value in profile.golden
    )
    points = [
        replace(point, value="", masked=True) if is_hidden(point.namespace, point.disclosure) else point
        for point in profile.contact_points
    ]
    pins = {name: pin for name, pin in profile.pins.items() if not is_hidden(name, pin.disclosure)}
    return replace(view, profile_view=dataclass_replace(profile, golden=golden, contact_points=points, pins=pins))


def for_bots(view: ContextView, policy: Policy) -> ContextView:
    """The context without what may not be said; never notes, dispositions, warnings (but of a STOP) or what a
    participant said."""
    is_safe = view.disclosure is Disclosure.SAFE
    disclosure, reason = as_a_bot_is_told(view.disclosure, view.reason)
    timelines, ended = _timelines(view.open_contacts), _timelines(view.ended_contacts)
    return replace(
        view,
        disclosure=disclosure,
        reason=reason,
        ask=None if reason is Reason.NOBODY_KNOWN else view.ask,
        profile_view=_profile(view.profile_view, policy) if is_safe and view.profile_view is not None else None,
        channels=_channels(view, timelines),
        contact=None if view.contact is None else _contact(view.contact),
        open_contacts=timelines,
        ended_contacts=ended,
        others=[(row, level) for row, level in view.others if level is Disclosure.SAFE],
        facts=[fact for fact in view.facts if fact.disclosure is Disclosure.SAFE and not fact.aside],
        promises=[promise for promise in view.promises if promise.disclosure is Disclosure.SAFE],
        last_agent=view.last_agent if is_safe else None,
        last_queue=view.last_queue if is_safe else None,
        attributes_checked=() if reason is Reason.NOBODY_KNOWN else view.attributes_checked,
        warnings=tuple(warning for warning in view.warnings if warning == CONSENT_WITHDRAWN),
        checks_failed_until_us=None,
        candidates=(),
        omissions=view.omissions if is_safe else {},
    )


def _channels(view: ContextView, timelines: Sequence[ContactTimeline]) -> list[str]:
    contacts = (view.contact, *(timeline.contact for timeline in timelines))
    return list(dict.fromkeys(contact.channel for contact in contacts if contact is not None))


def _timelines(timelines: Sequence[ContactTimeline]) -> list[ContactTimeline]:
    return [_timeline(timeline) for timeline in timelines if _is_safe(timeline.contact)]


def _is_safe(contact: Contact) -> bool:
    return contact.disclosure is Disclosure.SAFE


def _contact(contact: Contact) -> Contact:
    return replace(contact, ending=replace(contact.ending, disposition=""))


def _timeline(timeline: ContactTimeline) -> ContactTimeline:
    return ContactTimeline(
        contact=_contact(timeline.contact),
        interactions=[interaction for interaction in timeline.interactions if _is_the_customers(interaction)],
        has_older=timeline.has_older,
    )


def _is_the_customers(interaction: Interaction) -> bool:
    """Between the customer and us: no note of ours, nothing of somebody else on the line."""
    return interaction.kind is not InteractionKind.NOTE and interaction.payload.speaker is not Speaker.PARTICIPANT


def _profile(profile: ProfileView, policy: Policy) -> ProfileView:
    return ProfileView(
        id=profile.id,
        revision=profile.revision,
        create_time_us=profile.create_time_us,
        golden=tuple(survivor for survivor in profile.golden if survivor.disclosure is Disclosure.SAFE),
        contact_points=[point for point in profile.contact_points if point.disclosure is Disclosure.SAFE],
        preferences={
            key: chosen
            for key, chosen in profile.preferences.items()
            if key in policy.tell_bots or chosen.disclosure is Disclosure.SAFE
        },
        pins={name: pin for name, pin in profile.pins.items() if pin.disclosure is Disclosure.SAFE},
        consents=profile.consents,
    )
