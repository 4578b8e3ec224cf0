"""Interactions, with the facts and promises in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from profile_service.engine.contact.interaction import InteractionContent
from profile_service.rpc.convert.fields import Row, known_value, optional_us, time_us, timestamp
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

FACT_STATED = 1


PROMISE_OPEN = 1


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
