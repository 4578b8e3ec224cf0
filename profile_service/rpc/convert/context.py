"""The handoff context, kept within its size budget; it says what was left out."""

from __future__ import annotations

from profile_service.engine.contact.view import ContactTimeline, ContextView, Party
from profile_service.engine.contact.view import Fact as KnownFact
from profile_service.engine.contact.view import Promise as OpenPromise
from profile_service.rpc.convert.contact import contact_message
from profile_service.rpc.convert.conversation import conversation_message
from profile_service.rpc.convert.fields import disclosure_value, level_value, outcome_value, timestamp
from profile_service.rpc.convert.interaction import interaction_message
from profile_service.rpc.convert.profile import ask_message, candidate_messages, profile_message
from profile_service.v1 import (
    Fact,
    HandoffContext,
    Promise,
)

CONTEXT_BYTES = 262_144


def _party(party: Party | None) -> HandoffContext.Party | None:
    if party is None:
        return None
    return HandoffContext.Party(
        id=party.id, display_name=party.display_name, last_time=timestamp(party.time_us), channel=party.channel
    )


def _timeline(timeline: ContactTimeline) -> HandoffContext.ContactTimeline:
    return HandoffContext.ContactTimeline(
        contact=contact_message(timeline.contact),
        interactions=[interaction_message(interaction) for interaction in timeline.interactions],
        has_older=timeline.has_older,
    )


def context_message(view: ContextView, max_bytes: int) -> HandoffContext:
    """The context within `max_bytes`."""
    message = HandoffContext(
        profile=None if view.profile_view is None else profile_message(view.profile_view),
        outcome=outcome_value(view.outcome),
        disclosure=disclosure_value(view.disclosure),
        disclosure_reason=HandoffContext.DisclosureReason.ValueType(view.reason),
        disclosure_words=view.reason.words,
        conversation=conversation_message(view.conversation, view.channels, view.intent),
        contact=contact_message(view.contact) if view.contact else None,
        open_contacts=[_timeline(contact) for contact in view.open_contacts],
        ended_contacts=[_timeline(contact) for contact in view.ended_contacts],
        other_conversations=[conversation_message(row, row.channels, disclosure=level) for row, level in view.others],
        facts=[_fact_message(fact) for fact in view.facts],
        attributes_checked=view.attributes_checked,
        open_promises=[_promise_message(promise) for promise in view.promises],
        last_agent=_party(view.last_agent),
        last_queue=_party(view.last_queue),
        warnings=[HandoffContext.Warning.Value(f"WARNING_{name}") for name in view.warnings],
        ask=ask_message(view.ask),
        candidates=candidate_messages(view.candidates),
        as_of_time=timestamp(view.as_of_us),
        checks_failed_until_time=timestamp(view.checks_failed_until_us),
    )
    return _within(message, dict(view.omissions), max_bytes)


def _fact_message(fact: KnownFact) -> Fact:
    return Fact(
        key=fact.key,
        value=fact.value,
        how_known=Fact.HowKnown.ValueType(fact.how_known),
        expire_time=timestamp(fact.expire_time_us),
        occur_time=timestamp(fact.occur_time_us),
        channel=fact.channel,
        disclosure=level_value(fact.disclosure),
    )


def _promise_message(promise: OpenPromise) -> Promise:
    return Promise(
        key=promise.key,
        what=promise.what,
        due_time=timestamp(promise.due_time_us),
        state=Promise.State.ValueType(promise.state),
        occur_time=timestamp(promise.occur_time_us),
        disclosure=level_value(promise.disclosure),
    )


def _within(message: HandoffContext, omitted: dict[str, int], max_bytes: int) -> HandoffContext:
    """Leave out the least urgent parts, the oldest items first, until the context fits."""
    while message.ByteSize() + 32 * (len(omitted) + 1) > max_bytes and _leave_one_out(message, omitted):
        pass
    for part, count in omitted.items():
        message.omissions.add(part=part, count=count)
    return message


def _leave_one_out(message: HandoffContext, omitted: dict[str, int]) -> bool:
    longest = max(message.open_contacts, key=lambda timeline: timeline.ByteSize(), default=None)
    ended = next((timeline for timeline in reversed(message.ended_contacts) if timeline.interactions), None)
    if ended is not None:
        del ended.interactions[0]
        ended.has_older = True
        part = "interactions"
    elif longest is not None and len(longest.interactions) > 1:
        del longest.interactions[0]
        longest.has_older = True
        part = "interactions"
    elif message.other_conversations:
        del message.other_conversations[-1]
        part = "other_conversations"
    elif message.ended_contacts:
        del message.ended_contacts[-1]
        part = "ended_contacts"
    elif message.facts:
        del message.facts[-1]
        part = "facts"
    elif message.profile.contact_points:
        del message.profile.contact_points[-1]
        message.profile.contact_points_omitted += 1
        part = "contact_points"
    elif longest is not None and longest.interactions:
        del longest.interactions[0]
        part = "interactions"
    else:
        return False
    omitted[part] = omitted.get(part, 0) + 1
    return True
