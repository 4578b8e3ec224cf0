"""Contacts."""

from __future__ import annotations

from collections.abc import Iterable

from profile_service.engine.contact.start import StartContact
from profile_service.engine.contact.target import AttendantNamed, OpenedContact
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact import model
from profile_service.identity.contact.threads import Threading
from profile_service.identity.text.cards import mask_cards
from profile_service.rpc.convert.fields import level_value, time_us, timestamp, word_of
from profile_service.rpc.convert.identifier import all_given
from profile_service.rpc.convert.interaction import content_of
from profile_service.rpc.convert.names import contact_name, target_of, uuid_of
from profile_service.v1 import (
    Attendant,
    Contact,
    Direction,
    Initiation,
    StartContactRequest,
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


def start_of(runtime: Runtime, message: StartContactRequest) -> StartContact:
    """A StartContact. Raises TimeInFuture."""
    return StartContact(
        source=message.source_key.source,
        source_contact_id=message.source_key.id,
        channel=message.channel,
        occur_time_us=time_us(message),
        given=all_given(runtime, message.identifiers),
        previous=[target_of(contact) for contact in message.previous_contacts],
        references=[(ref.kind, ref.value) for ref in message.external_references if mask_cards(ref.value) == ref.value],
        direction=word_of(message.direction, model.Direction.UNSPECIFIED),
        initiation=word_of(message.initiation, model.Initiation.UNSPECIFIED),
        business_endpoint=message.business_endpoint,
        brand=message.brand,
        attendants=_attendants(message.attendants),
        threading=word_of(message.threading, Threading.AUTO),
        continue_conversation=uuid_of(message.continue_conversation) or None,
        first_interaction=content_of(message.first_interaction) if message.HasField("first_interaction") else None,
        default_region=message.default_region,
    )


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
