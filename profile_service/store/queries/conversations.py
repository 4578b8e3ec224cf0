"""Conversations by id."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Database
from profile_service.store.queries.parts import StoredConversation


class _Row(StoredConversation, frozen=True, kw_only=True):
    sources: tuple[str, ...]
    profile: str
    node: NodeId | None
    first: str
    successors: tuple[str, ...]


class _Name(msgspec.Struct, frozen=True, kw_only=True):
    id: str


class ConversationRead(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation, the profile and node that it belongs to, and the first contact of the customer's in it;
    `successors`: where the contacts went of an id that leads to another customer than it was told for."""

    conversation: StoredConversation
    profile: str
    node: NodeId | None
    first: str
    successors: tuple[str, ...] = ()


async def read_conversation(
    database: Database, tenant: str, conversation: str, covers: Callable[[str], bool], asking: str | None = None
) -> ConversationRead | None:
    """A conversation, as its id leads there for the contact that asks; None where there is none, or none of its
    contacts is of a source that the caller may see."""
    if asking is not None:
        parameters = {"conversation": conversation, "asking": asking}
        own = await database.read(tenant, "conversation_of_asking", parameters, _Name)
        conversation = own[0].id if own else conversation
    rows = await database.read(tenant, "conversation_by_id", {"conversation": conversation}, _Row)
    if not rows or not any(map(covers, rows[0].sources)):
        return None
    row = rows[0]
    return ConversationRead(
        conversation=row, profile=row.profile, node=row.node, first=row.first, successors=row.successors
    )


async def close_idle(database: Database, tenant: str, *, now: int, before: int, most: int) -> int:
    """Close conversations in which nothing happened since a time, at most so many; answers how many."""
    return await database.run(tenant, "idle_conversations", {"now": now, "before": before, "most": most})
