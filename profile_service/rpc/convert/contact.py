"""Contacts."""

from __future__ import annotations

from collections.abc import Iterable

from profile_service.engine.contact.start import StartContact
from profile_service.engine.contact.target import AttendantNamed, OpenedContact
from profile_service.engine.runtime import Runtime
from profile_service.errors import FieldInvalid
from profile_service.identity.contact import carry_over, model
from profile_service.identity.contact.threads import Threading
from profile_service.identity.text.cards import mask_cards
from profile_service.rpc.convert.fields import level_value, time_us, timestamp, word_of
from profile_service.rpc.convert.identifier import all_given
from profile_service.rpc.convert.interaction import content_of, facts_of, promises_of
from profile_service.rpc.convert.names import contact_name, target_of, uuid_of
from profile_service.usecases.contacts.update_contact import UpdateContact
from profile_service.v1 import (
    Attendant,
    Contact,
    Direction,
    ExternalReference,
    Initiation,
    SourceKey,
    StartContactRequest,
    UpdateContactRequest,
)


def _attendants(messages: Iterable[Attendant]) -> tuple[AttendantNamed, ...]:
    known = Attendant.Kind.values()
    return tuple(
        AttendantNamed(
            kind=Attendant.Kind.Name(message.kind).removeprefix("KIND_") if message.kind in known else "SUPERVISOR",
            id=message.id,
            display_name=message.display_name,
        )
        for message in messages
    )


def _references(messages: Iterable[ExternalReference]) -> tuple[tuple[str, str], ...]:
    """References, but for what looks like a payment card."""
    return tuple((ref.kind, ref.value) for ref in messages if mask_cards(ref.value) == ref.value)


def start_of(runtime: Runtime, message: StartContactRequest) -> StartContact:
    """A StartContact. Raises TimeInFuture."""
    return StartContact(
        source=message.source_key.source,
        source_contact_id=message.source_key.id,
        channel=message.channel,
        occur_time_us=time_us(message),
        given=all_given(runtime, message.identifiers),
        previous=[target_of(contact) for contact in message.previous_contacts],
        references=_references(message.external_references),
        direction=word_of(message.direction, model.Direction.UNSPECIFIED),
        initiation=word_of(message.initiation, model.Initiation.UNSPECIFIED),
        business_endpoint=message.business_endpoint,
        brand=message.brand,
        attendants=_attendants(message.attendants),
        threading=word_of(message.threading, Threading.AUTO),
        continue_conversation=uuid_of(message.continue_conversation) or None,
        first_interaction=content_of(message.first_interaction) if message.HasField("first_interaction") else None,
        default_region=message.default_region,
        carry_over_code=carry_over.read(message.carry_over_code),
    )


_UPDATED = {
    "attendants": "attendants",
    "external_references": "references",
    "business_endpoint": "endpoint",
    "brand": "brand",
    "visibility": "visibility",
    "disposition": "disposition",
    "summary": "summary",
    "facts": "facts",
    "promises": "promises",
}
"""The fields of an UpdateContactRequest that an update may say something of, and what they are called here."""


def update_of(message: UpdateContactRequest) -> UpdateContact:
    """An UpdateContact. Raises FieldInvalid."""
    given = [name for name in _UPDATED if getattr(message, name)]
    paths = list(message.update_mask.paths) or given
    if not _UPDATED.keys() >= set(paths):
        raise FieldInvalid([("update_mask", "a path is none that can be updated", "UPDATE_MASK_PATH")])
    if not paths:
        raise FieldInvalid([("update_mask", "nothing is given: give a field, or name one to clear it", "UPDATE_EMPTY")])
    return UpdateContact(
        target=target_of(message.contact),
        occur_time_us=time_us(message),
        source_revision=message.source_revision,
        fields=frozenset(_UPDATED[path] for path in paths),
        attendants=_attendants(message.attendants),
        references=_references(message.external_references),
        endpoint=message.business_endpoint,
        brand=message.brand,
        visibility=word_of(message.visibility, model.Visibility.AS_CHANNEL),
        disposition=message.disposition,
        summary=message.summary,
        facts=facts_of(message.facts),
        promises=promises_of(message.promises),
    )


def listed_message(contact: OpenedContact, *, automated: bool) -> Contact:
    """A contact as its platform lists it; a bot gets nothing that agents noted."""
    message = contact_message(contact)
    message.source_key.CopyFrom(SourceKey(source=contact.source, id=contact.payload.id))
    if automated:
        message.ClearField("disposition")
        message.ClearField("summary")
    return message


def contact_message(contact: OpenedContact) -> Contact:
    """A contact."""
    namespace, address = contact.payload.reply or ("", "")
    return Contact(
        name=contact_name(contact.conversation, contact.id),
        channel=contact.channel,
        source=contact.source,
        direction=Direction.ValueType(contact.direction),
        initiation=Initiation.ValueType(contact.initiation),
        start_time=timestamp(contact.start_time_us),
        end_time=timestamp(contact.end_time_us),
        attendants=[
            Attendant(
                kind=Attendant.Kind.Value(f"KIND_{attendant.kind}"),
                id=attendant.id,
                display_name=attendant.display_name,
            )
            for attendant in contact.payload.attendants
        ],
        disposition=contact.ending.disposition,
        summary=contact.ending.summary,
        channel_change=contact.channel_change,
        reply_address=address,
        reply_namespace=namespace,
        corrected=contact.corrected,
        disclosure=level_value(contact.disclosure),
    )
