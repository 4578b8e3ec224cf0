"""Interactions, with the facts and promises in them."""

from __future__ import annotations

from collections.abc import Iterable

from profile_service.engine.contact.interaction import (
    AttachmentNamed,
    FactSaid,
    InteractionContent,
    OpenedInteraction,
    PromiseMade,
)
from profile_service.identity.contact import model
from profile_service.rpc.convert.fields import level_value, optional_us, time_us, timestamp, word_of
from profile_service.rpc.convert.names import contact_name, target_of
from profile_service.usecases.conversations.record_interaction import RecordInteraction
from profile_service.v1 import (
    Attachment,
    Direction,
    Fact,
    Interaction,
    Promise,
    RecordInteractionRequest,
    SourceKey,
)


def facts_of(messages: Iterable[Fact]) -> tuple[FactSaid, ...]:
    """Facts; one that is not said how it is known was stated."""
    return tuple(
        FactSaid(
            key=fact.key,
            value=fact.value,
            how_known=word_of(fact.how_known, model.HowKnown.STATED),
            withdrawn=fact.withdrawn,
            expire_time_us=optional_us(fact, "expire_time"),
        )
        for fact in messages
    )


def promises_of(messages: Iterable[Promise]) -> tuple[PromiseMade, ...]:
    """Promises; an unknown state counts as OPEN."""
    return tuple(
        PromiseMade(
            key=promise.key,
            what=promise.what,
            due_time_us=optional_us(promise, "due_time"),
            state=word_of(promise.state, model.PromiseState.OPEN),
        )
        for promise in messages
    )


def content_of(message: Interaction) -> InteractionContent:
    """An interaction."""
    return InteractionContent(
        source=message.source_key.source,
        source_event_id=message.source_key.id,
        source_revision=message.source_revision,
        kind=word_of(message.kind, model.InteractionKind.EVENT),
        occur_time_us=time_us(message),
        sequence=message.sequence,
        speaker=word_of(message.speaker, model.Speaker.UNSPECIFIED),
        direction=word_of(message.direction, model.Direction.UNSPECIFIED),
        text=message.text,
        summary=message.summary,
        intent=message.intent,
        sentiment=message.sentiment if message.HasField("sentiment") else None,
        facts=facts_of(message.facts),
        promises=promises_of(message.promises),
        attachments=tuple(
            AttachmentNamed(
                uri=attachment.uri,
                media_type=attachment.media_type,
                display_name=attachment.display_name,
                size_bytes=attachment.size_bytes,
            )
            for attachment in message.attachments
        ),
        attributes=dict(message.attributes),
    )


def record_of(message: RecordInteractionRequest) -> RecordInteraction:
    """One interaction in one contact."""
    return RecordInteraction(
        target=target_of(message.contact), content=content_of(message.interaction), channel=message.channel
    )


def interaction_message(interaction: OpenedInteraction) -> Interaction:
    """An interaction."""
    payload = interaction.payload
    message = Interaction(
        name=f"conversations/{interaction.conversation}/interactions/{interaction.id}",
        source_key=SourceKey(source=payload.source, id=payload.event),
        source_revision=interaction.revision,
        kind=Interaction.Kind.ValueType(interaction.kind),
        speaker=Interaction.Speaker.ValueType(payload.speaker),
        direction=Direction.ValueType(payload.direction),
        occur_time=timestamp(interaction.occur_time_us),
        sequence=interaction.sequence,
        record_time=timestamp(interaction.record_time_us),
        text=payload.text,
        summary=payload.summary,
        intent=payload.intent,
        facts=[_fact(fact) for fact in payload.facts],
        promises=[_promise(promise) for promise in payload.promises],
        attachments=[
            Attachment(
                uri=file.uri, media_type=file.media_type, display_name=file.display_name, size_bytes=file.size_bytes
            )
            for file in payload.attachments
        ],
        attributes=payload.attributes,
        channel=interaction.channel,
        contact=contact_name(interaction.conversation, interaction.contact),
        disclosure=level_value(interaction.disclosure),
    )
    if payload.sentiment is not None:
        message.sentiment = payload.sentiment
    return message


def _fact(fact: FactSaid) -> Fact:
    return Fact(
        key=fact.key,
        value=fact.value,
        how_known=Fact.HowKnown.ValueType(fact.how_known),
        withdrawn=fact.withdrawn,
        expire_time=timestamp(fact.expire_time_us),
    )


def _promise(promise: PromiseMade) -> Promise:
    return Promise(
        key=promise.key,
        what=promise.what,
        state=Promise.State.ValueType(promise.state),
        due_time=timestamp(promise.due_time_us),
    )
