"""Conversations."""

from __future__ import annotations

from profile_service.rpc.convert.fields import Row, timestamp
from profile_service.v1 import (
    Conversation,
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
