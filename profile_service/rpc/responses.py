"""What use cases answer -> messages. The context is kept within its size budget, and says what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from profile_service.identity.resolution import CANDIDATES_MAX
from profile_service.usecases.get_profile import FoundProfile, etag_of
from profile_service.usecases.identify import Item
from profile_service.usecases.read_context import ContextView, ProfileView
from profile_service.usecases.resolving import Resolved
from profile_service.usecases.runtime import Tenant
from profile_service.v1 import (
    Ask,
    Assurance,
    Attachment,
    Attendant,
    AttributeValue,
    Candidate,
    Consent,
    Contact,
    ContactPoint,
    Conversation,
    Disclosure,
    Fact,
    HandoffContext,
    IdentifierResult,
    Interaction,
    Outcome,
    Preferences,
    Profile,
    Promise,
    ResolveProfileResponse,
    Role,
    SourceKey,
)

CONTACT_POINTS_MAX = 100
Row = Mapping[str, Any]


def outcome_value(outcome: int) -> Outcome.ValueType:
    """An outcome of the core as the proto's; the numbers are the same."""
    return Outcome.ValueType(outcome)


def disclosure_value(disclosure: int) -> Disclosure.ValueType:
    """A disclosure of the core as the proto's; the numbers are the same."""
    return Disclosure.ValueType(disclosure)


def timestamp(time_us: int | None) -> Timestamp | None:
    """A Timestamp of microseconds since the epoch; None stays None."""
    return None if time_us is None else Timestamp(seconds=time_us // 1_000_000, nanos=time_us % 1_000_000 * 1000)


def contact_name(conversation: str, contact: str) -> str:
    """The resource name of a contact."""
    return f"conversations/{conversation}/contacts/{contact}"


def contact_message(row: Row) -> Contact:
    """A contact from its opened row."""
    payload, ending = row["payload"], row["ending"]
    reply = payload.get("reply") or ("", "")
    return Contact(
        name=contact_name(row["conversation"], row["id"]),
        channel=row["channel"],
        source=row["source"],
        direction=row["direction"],
        initiation=row["initiation"],
        start_time=timestamp(row["start"]),
        end_time=timestamp(row["end"]),
        attendants=[
            Attendant(kind=Attendant.Kind.Value(f"KIND_{one['kind']}"), id=one["id"], display_name=one["display_name"])
            for one in payload.get("attendants", ())
        ],
        disposition=ending.get("disposition", ""),
        summary=ending.get("summary", ""),
        channel_change=row["change"],
        reply_address=reply[1],
        reply_namespace=reply[0],
        corrected=row["corrected"],
    )


def interaction_message(row: Row, conversation: str, contact: str) -> Interaction:
    """An interaction from its opened row."""
    payload = row["payload"]
    message = Interaction(
        name=f"conversations/{conversation}/interactions/{row['id']}",
        source_key=SourceKey(source=payload["source"], id=payload["event"]),
        source_revision=row["revision"],
        kind=row["kind"],
        speaker=payload["speaker"],
        direction=payload["direction"],
        occur_time=timestamp(row["occur"]),
        record_time=timestamp(row["record"]),
        text=payload["text"],
        summary=payload["summary"],
        intent=payload["intent"],
        facts=[_payload_fact(fact) for fact in payload["facts"]],
        promises=[_payload_promise(promise) for promise in payload["promises"]],
        attachments=[Attachment(**attachment) for attachment in payload["attachments"]],
        attributes=payload["attributes"],
        channel=row["channel"],
        contact=contact_name(conversation, contact),
    )
    if payload["sentiment"] is not None:
        message.sentiment = payload["sentiment"]
    return message


def _payload_fact(fact: Row) -> Fact:
    return Fact(
        key=fact["key"],
        value=fact["value"],
        how_known=fact["how_known"],
        withdrawn=fact["withdrawn"],
        expire_time=timestamp(fact["expire_time_us"]),
    )


def _payload_promise(promise: Row) -> Promise:
    return Promise(
        key=promise["key"],
        what=promise["what"],
        state=promise["state"],
        due_time=timestamp(promise["due_time_us"]),
    )


def conversation_message(row: Row) -> Conversation:
    """A conversation from its row."""
    return Conversation(
        name=f"conversations/{row['id']}",
        state=Conversation.STATE_CLOSED if row.get("state") == "closed" else Conversation.STATE_OPEN,
        brand=row["brand"],
        open_time=timestamp(row["open"]),
        last_time=timestamp(row["last"]),
        close_time=timestamp(row.get("close")),
        channels=row.get("channels", ()),
        intent=row.get("intent", ""),
    )


def profile_message(view: ProfileView, requested: str = "") -> Profile:
    """A live profile; `requested` is the id that was asked for, where it redirects."""
    points = view.contact_points
    return Profile(
        name=f"profiles/{view.id}",
        requested_name=f"profiles/{requested}" if requested else "",
        state=Profile.STATE_REDIRECTED if requested else Profile.STATE_LIVE,
        etag=etag_of(view.id, view.revision),
        golden_record=[
            AttributeValue(
                attribute=one.attribute,
                value=one.value,
                source=one.source,
                pinned=one.pinned,
                occur_time=None if one.pinned else timestamp(one.occur_time),
            )
            for one in view.golden
        ],
        contact_points=[
            ContactPoint(
                namespace=point["namespace"],
                value=point["value"],
                scope=point["scope"],
                shared=not point["own"] or point["shared"] > 0,
                last_time=timestamp(point["last"]),
            )
            for point in points[:CONTACT_POINTS_MAX]
        ],
        contact_points_omitted=max(0, len(points) - CONTACT_POINTS_MAX),
        preferences=Preferences(
            language=view.preferences.get("language", ""), channel=view.preferences.get("channel", "")
        ),
        pins=view.pins,
        consents=[
            Consent(
                purpose=one.purpose,
                channel=one.channel,
                brand=one.brand,
                state=Consent.STATE_GRANTED if one.granted else Consent.STATE_WITHDRAWN,
                occur_time=timestamp(one.occur_time),
            )
            for one in view.consents
        ],
        create_time=timestamp(view.create_time_us),
        revision=view.revision,
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


def result_messages(results: Sequence[tuple[int, int, str]], items: Sequence[Item]) -> list[IdentifierResult]:
    """One result per identifier, in the order of the request."""
    by_index = {item.index: item for item in items}
    return [
        IdentifierResult(
            index=index,
            namespace=by_index[index].namespace,
            result=IdentifierResult.Result.ValueType(result),
            assurance=Assurance.ValueType(by_index[index].assurance),
            role=Role.ValueType(by_index[index].given.role),
            reason=reason,
        )
        for index, result, reason in results
        if index in by_index
    ]


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


def _party(row: Row | None) -> HandoffContext.Party | None:
    if row is None:
        return None
    return HandoffContext.Party(
        id=row["id"], display_name=row["display_name"], last_time=timestamp(row["time"]), channel=row["channel"]
    )


def _timeline(contact: Row, interactions: Sequence[Row], older: bool) -> HandoffContext.ContactTimeline:
    return HandoffContext.ContactTimeline(
        contact=contact_message(contact),
        interactions=[interaction_message(row, contact["conversation"], contact["id"]) for row in interactions],
        has_older=older,
    )


def context_message(view: ContextView, max_bytes: int) -> HandoffContext:
    """The context within `max_bytes`."""
    message = HandoffContext(
        profile=None if view.profile_view is None else profile_message(view.profile_view),
        outcome=outcome_value(view.outcome),
        disclosure=disclosure_value(view.disclosure),
        disclosure_reason=view.reason,
        conversation=conversation_message(view.conversation),
        contact=contact_message(view.contact) if view.contact else None,
        open_contacts=[_timeline(*row) for row in view.open_contacts],
        ended_contacts=[_timeline(row, (), False) for row in view.ended_contacts],
        other_conversations=[conversation_message(row) for row in view.others],
        facts=[
            Fact(
                key=row["key"],
                value=row["value"],
                how_known=row["how"],
                expire_time=timestamp(row["expire"]),
                occur_time=timestamp(row["occur"]),
                channel=row["channel"],
            )
            for row in view.facts
        ],
        attributes_checked=view.attributes_checked,
        open_promises=[
            Promise(
                key=row["key"],
                what=row["what"],
                due_time=timestamp(row["due"]),
                state=row["state"],
                occur_time=timestamp(row["occur"]),
            )
            for row in view.promises
        ],
        last_agent=_party(view.last_agent),
        last_queue=_party(view.last_queue),
        warnings=[HandoffContext.Warning.Value(f"WARNING_{name}") for name in view.warnings],
        ask=ask_message(view.ask),
        candidates=candidate_messages(view.candidates),
        as_of_time=timestamp(view.as_of_us),
    )
    return _within(message, dict(view.omissions), max_bytes)


def _within(message: HandoffContext, omitted: dict[str, int], max_bytes: int) -> HandoffContext:
    """Leave out the least urgent parts, the oldest items first, until the context fits."""
    while message.ByteSize() + 32 * (len(omitted) + 1) > max_bytes and _leave_one_out(message, omitted):
        pass
    for part, count in omitted.items():
        message.omissions.add(part=part, count=count)
    return message


def _leave_one_out(message: HandoffContext, omitted: dict[str, int]) -> bool:
    longest = max(message.open_contacts, key=lambda timeline: timeline.ByteSize(), default=None)
    if longest is not None and len(longest.interactions) > 1:
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
