"""Conversations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from profile_service.engine.contact.acting import Acted, Acting
from profile_service.engine.contact.view import ConversationSeen
from profile_service.identity.contact.acts import ActKind
from profile_service.rpc.convert.fields import level_value, time_us, timestamp
from profile_service.rpc.convert.names import target_of
from profile_service.v1 import ContactReference, Conversation


def acting_of(message: Any, kind: ActKind, contacts: Iterable[ContactReference]) -> Acting:
    """What a person says of conversations."""
    return Acting(
        kind=kind,
        targets=[target_of(contact) for contact in contacts],
        request_id=message.request_id,
        occur_time_us=time_us(message),
        undo=message.undo,
    )


def conversation_names(acted: Acted) -> list[str]:
    """The conversations in which contacts stand."""
    return [f"conversations/{name}" for name in acted.conversations]


def conversation_message(
    conversation: ConversationSeen, channels: Sequence[str] = (), intent: str = "", disclosure: int | None = None
) -> Conversation:
    """A conversation; its level where it is another one of a context."""
    return Conversation(
        name=f"conversations/{conversation.id}",
        state=Conversation.STATE_CLOSED if conversation.state == "closed" else Conversation.STATE_OPEN,
        brand=conversation.brand,
        open_time=timestamp(conversation.open_time_us),
        last_time=timestamp(conversation.last_time_us),
        close_time=timestamp(conversation.close_time_us),
        channels=channels,
        intent=intent,
        disclosure=level_value(disclosure),
    )
