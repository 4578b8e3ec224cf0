"""Conversations by id."""

from __future__ import annotations

import msgspec

from profile_service.store.database import Database
from profile_service.store.queries.context import StoredConversation


class ConversationRead(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation with the channels of its contacts, and the profile that it belongs to."""

    conversation: StoredConversation
    channels: tuple[str, ...]
    profile: str


async def read_conversation(database: Database, tenant: str, conversation: str) -> ConversationRead | None:
    """A conversation; None where there is none."""
    rows = await database.rows(tenant, "conversation_by_id", {"conversation": conversation})
    if not rows:
        return None
    return ConversationRead(
        conversation=msgspec.convert(rows[0], StoredConversation),
        channels=tuple(rows[0]["channels"]),
        profile=rows[0]["profile"],
    )
