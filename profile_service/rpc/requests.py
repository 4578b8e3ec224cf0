"""Messages -> what use cases take. Unknown enum values become the safest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from profile_service.errors import FieldInvalid
from profile_service.identity.cards import mask_cards
from profile_service.identity.model import Role
from profile_service.identity.threads import Threading
from profile_service.store.contexts import Wanted
from profile_service.usecases.identify import Given
from profile_service.usecases.interaction_rows import InteractionContent
from profile_service.usecases.record_interactions import RecordInteraction
from profile_service.usecases.resolving import ResolveProfile
from profile_service.usecases.runtime import Caller, CallerRole, Runtime
from profile_service.usecases.start_contact import ContactTarget, StartContact, contact_key
from profile_service.v1 import (
    Attendant,
    Audience,
    ContactReference,
    Direction,
    Fact,
    Identifier,
    Initiation,
    Interaction,
    Promise,
    ProofMethod,
    RecordInteractionRequest,
    ResolveProfileRequest,
    StartContactRequest,
)

CONTEXT_BYTES = 262_144
PAGE_SIZE, PAGE_SIZE_MAX = 50, 500
FACT_STATED = 1
PROMISE_OPEN = 1
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the range of google.protobuf.Timestamp."""


def time_us(message: Any, field: str = "occur_time") -> int:
    """The time in a field, in microseconds since the epoch. Raises FieldInvalid where it is none (the years 1 to 9999,
    less than 10^9 nanoseconds)."""
    time: Timestamp = getattr(message, field)
    if not (FIRST_SECOND <= time.seconds <= LAST_SECOND and 0 <= time.nanos < 1_000_000_000):
        raise FieldInvalid([(field, "is not a time between the years 1 and 9999", "TIMESTAMP_RANGE")])
    return time.seconds * 1_000_000 + time.nanos // 1000


def optional_us(message: Any, field: str) -> int | None:
    """As `time_us`, where it is set."""
    return time_us(message, field) if message.HasField(field) else None


def known_value(number: int, enum: Any, unknown: int) -> int:
    """An enum's number; what a later release may have added reads as `unknown`."""
    return number if number in enum.values() else unknown


def uuid_of(name: str) -> str:
    """The last part of a resource name."""
    return name.rpartition("/")[2]


def is_automated(caller: Caller, audience: int) -> bool:
    """Whether the answer may be read out: anything but a stated AGENT, and always for an automated caller."""
    return audience != Audience.AUDIENCE_AGENT or caller.role is CallerRole.AUTOMATED


def _method(value: int) -> str:
    known = ProofMethod.Name(ProofMethod.ValueType(value)) if value in ProofMethod.values() else "PROOF_METHOD_STATED"
    name = known.removeprefix("PROOF_METHOD_")
    return "STATED" if name in ("UNSPECIFIED", "TRANSFERRED") else name


def given_of(message: Identifier) -> Given:
    """An identifier; an unknown role counts as PARTICIPANT, an unknown proof as stated."""
    role = Role(message.role) if message.role in Role._value2member_map_ else Role.PARTICIPANT
    return Given(
        namespace=message.namespace,
        value=message.value,
        scope=message.scope,
        role=role,
        method=_method(message.proof.method),
        proof_time_us=optional_us(message.proof, "proof_time"),
    )


def all_given(runtime: Runtime, messages: Iterable[Identifier]) -> list[Given]:
    """Identifiers, with the times of their proofs checked. Raises TimeInFuture."""
    given = [given_of(message) for message in messages]
    for index, one in enumerate(given):
        if one.proof_time_us is not None:
            runtime.check_time(f"identifiers[{index}].proof.proof_time", one.proof_time_us)
    return given


def target_of(message: ContactReference) -> ContactTarget:
    """A contact by name or by the platform's key."""
    if message.HasField("name"):
        return ContactTarget(contact_id=uuid_of(message.name))
    return ContactTarget(source=message.source_key.source, source_contact_id=message.source_key.id)


def wanted_of(runtime: Runtime, caller: Caller, target: ContactTarget) -> Wanted:
    """What the context query looks for."""
    if target.contact_id is not None:
        return Wanted(contact_id=target.contact_id)
    return Wanted(key=contact_key(runtime, caller.tenant, target))


def _facts(messages: Iterable[Fact]) -> list[dict[str, Any]]:
    return [
        {
            "key": fact.key,
            "value": fact.value,
            "how_known": known_value(fact.how_known, Fact.HowKnown, FACT_STATED) or FACT_STATED,
            "withdrawn": fact.withdrawn,
            "expire_time_us": optional_us(fact, "expire_time"),
        }
        for fact in messages
    ]


def promises_of(messages: Iterable[Promise]) -> list[dict[str, Any]]:
    """Promises; an unknown state counts as OPEN."""
    return [
        {
            "key": promise.key,
            "what": promise.what,
            "due_time_us": optional_us(promise, "due_time"),
            "state": known_value(promise.state, Promise.State, PROMISE_OPEN) or PROMISE_OPEN,
        }
        for promise in messages
    ]


def content_of(message: Interaction) -> InteractionContent:
    """An interaction."""
    return InteractionContent(
        source=message.source_key.source,
        source_event_id=message.source_key.id,
        source_revision=message.source_revision,
        kind=known_value(message.kind, Interaction.Kind, Interaction.KIND_EVENT),
        occur_time_us=time_us(message),
        speaker=known_value(message.speaker, Interaction.Speaker, Interaction.SPEAKER_UNSPECIFIED),
        direction=known_value(message.direction, Direction, Direction.DIRECTION_UNSPECIFIED),
        text=message.text,
        summary=message.summary,
        intent=message.intent,
        sentiment=message.sentiment if message.HasField("sentiment") else None,
        facts=_facts(message.facts),
        promises=promises_of(message.promises),
        attachments=[
            {
                "uri": attachment.uri,
                "media_type": attachment.media_type,
                "display_name": attachment.display_name,
                "size_bytes": attachment.size_bytes,
            }
            for attachment in message.attachments
        ],
        attributes=dict(message.attributes),
    )


def record_of(message: RecordInteractionRequest) -> RecordInteraction:
    """One interaction in one contact."""
    return RecordInteraction(
        target=target_of(message.contact), content=content_of(message.interaction), channel=message.channel
    )


def _attendants(messages: Iterable[Attendant]) -> Sequence[dict[str, Any]]:
    known = Attendant.Kind.values()
    return [
        {
            "kind": Attendant.Kind.Name(one.kind).removeprefix("KIND_") if one.kind in known else "SUPERVISOR",
            "id": one.id,
            "display_name": one.display_name,
        }
        for one in messages
    ]


def start_of(runtime: Runtime, message: StartContactRequest) -> StartContact:
    """A StartContact. Raises TimeInFuture."""
    threading = message.threading if message.threading in Threading._value2member_map_ else Threading.AUTO
    return StartContact(
        source=message.source_key.source,
        source_contact_id=message.source_key.id,
        channel=message.channel,
        occur_time_us=time_us(message),
        given=all_given(runtime, message.identifiers),
        previous=[target_of(one) for one in message.previous_contacts],
        references=[(one.kind, one.value) for one in message.external_references if mask_cards(one.value) == one.value],
        direction=known_value(message.direction, Direction, Direction.DIRECTION_UNSPECIFIED),
        initiation=known_value(message.initiation, Initiation, Initiation.INITIATION_UNSPECIFIED),
        business_endpoint=message.business_endpoint,
        brand=message.brand,
        attendants=_attendants(message.attendants),
        threading=Threading(threading),
        continue_conversation=uuid_of(message.continue_conversation) or None,
        first_interaction=content_of(message.first_interaction) if message.HasField("first_interaction") else None,
        default_region=message.default_region,
    )


def page_size(asked: int) -> int:
    """AIP-158: 0 is the default, more than the limit is the limit."""
    return min(asked or PAGE_SIZE, PAGE_SIZE_MAX)


def update_changes(profile: Any, paths: Sequence[str]) -> tuple[dict[str, str | None], bool]:
    """What an UpdateProfile sets, and whether pins that it does not name go. Raises FieldInvalid."""
    settable = {"preferences.language", "preferences.channel", "pins"}
    asked: set[str] = set()
    for path in paths or ("*",):
        if path in ("*", "preferences"):
            asked |= settable if path == "*" else settable - {"pins"}
        elif path in settable:
            asked.add(path)
        else:
            raise FieldInvalid([("update_mask", "a path is none that can be set", "UPDATE_MASK_PATH")])
    changes: dict[str, str | None] = {}
    if "preferences.language" in asked:
        changes["language"] = profile.preferences.language or None
    if "preferences.channel" in asked:
        changes["channel"] = profile.preferences.channel or None
    if "pins" in asked:
        changes.update({f"pin:{name}": value for name, value in profile.pins.items()})
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
    )
