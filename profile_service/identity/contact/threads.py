"""Which conversation a contact goes on in: by previous contact, by reference, by the customer's open conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Threading(IntEnum):
    """How the caller wants the conversation chosen; the numbers are those of the proto."""

    AUTO = 1
    NEW = 2
    CONTINUE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConversation:
    """A conversation that could go on; `channel` is that of its latest contact."""

    id: str
    brand: str
    last_time_us: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The choice; `conversation` None means a new one."""

    conversation: str | None
    offered: tuple[str, ...]
    channel_change: bool


def choose_thread(
    threading: Threading,
    *,
    named: OpenConversation | None,
    open_conversations: Sequence[OpenConversation],
    brand: str,
    channel: str,
    since_us: int,
) -> Thread:
    """Choose the conversation.

    `named` is the one that the caller, a previous contact or a reference names; `open_conversations` are the
    customer's, latest first, and hold none where it is not known who it is.
    """
    chosen: OpenConversation | None = None
    if threading is Threading.CONTINUE or (threading is Threading.AUTO and named is not None):
        chosen = named
    elif threading is Threading.AUTO:
        fresh = (held for held in open_conversations if held.brand == brand and held.last_time_us >= since_us)
        chosen = next(fresh, None)
    offered = tuple(held.id for held in open_conversations if chosen is None or held.id != chosen.id)
    return Thread(
        conversation=chosen.id if chosen else None,
        offered=offered[:10],
        channel_change=chosen is not None and chosen.channel != channel,
    )
