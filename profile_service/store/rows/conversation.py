"""Rows of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from profile_service.identity.graph.model import NodeId
from profile_service.store.rows.row import First, Given, Last, Row


class ConversationRow(Row, frozen=True, kw_only=True):
    """A conversation, new or gone on with by a contact, which opens it again where `reopens` is true and it was closed
    before that."""

    TABLE: ClassVar[str] = "conversation"
    KEY: ClassVar[tuple[str, ...]] = ("conversation_id",)
    conversation_id: str
    brand: str
    owner_contact: str
    owner_node: Given[NodeId | None]
    time_us: First[int]
    reopens: Last[bool] = True


class ConversationTouchRow(Row, frozen=True, kw_only=True):
    """The conversation is locked and gets a new revision."""

    TABLE: ClassVar[str] = "conversation_touch"
    KEY: ClassVar[tuple[str, ...]] = ("conversation_id",)
    conversation_id: str


class ConversationStateRow(Row, frozen=True, kw_only=True):
    """A conversation is closed, or open (None), as its contacts are."""

    TABLE: ClassVar[str] = "conversation_state"
    KEY: ClassVar[tuple[str, ...]] = ("conversation_id",)
    conversation_id: str
    close_time_us: int | None


class ConversationOwnerRow(Row, frozen=True, kw_only=True):
    """Whose a conversation is is derived anew, from the contacts that are in it; without any it is closed."""

    TABLE: ClassVar[str] = "conversation_owner"
    KEY: ClassVar[tuple[str, ...]] = ("conversation_id",)
    conversation_id: str
    time_us: int


class ConversationLeftRow(Row, frozen=True, kw_only=True):
    """No contact is left in a conversation: whose it was told to be, and the contacts by which its id is followed."""

    TABLE: ClassVar[str] = "conversation_left"
    KEY: ClassVar[tuple[str, ...]] = ("conversation_id",)
    conversation_id: str
    customer_node: NodeId | None
    departed: Sequence[str]


class ConversationClosingRow(Row, frozen=True, kw_only=True):
    """Nothing more is expected in a conversation."""

    TABLE: ClassVar[str] = "conversation_closing"
    KEY: ClassVar[tuple[str, ...]] = ("conversation_id",)
    conversation_id: str
    close_time_us: First[int]
