"""Conversations."""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.engine.contact.view import ConversationSeen
from profile_service.rpc.convert.fields import level_value, timestamp
from profile_service.v1 import (
    Conversation,
)


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
