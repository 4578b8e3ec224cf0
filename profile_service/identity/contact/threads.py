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
    """A conversation that could go on; `channel` is that of its latest contact, `by_reference` where nothing but a
    reference names it."""

    id: str
    brand: str
    last_time_us: int
    channel: str
    by_reference: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The choice; `conversation` None means a new one. `by_reference`: a reference alone chose it."""

    conversation: str | None
    offered: tuple[str, ...]
    channel_change: bool
    by_reference: bool = False


@dataclass(frozen=True, slots=True)
class Joining:
    """The contact that looks for its conversation; one goes on by itself where it moved since `since_us`."""

    threading: Threading
    brand: str
    channel: str
    since_us: int


def choose_thread(
    joining: Joining, *, named: OpenConversation | None, open_conversations: Sequence[OpenConversation]
) -> Thread:
    """Choose the conversation.

    `named` is the one that the caller, a previous contact or a reference names; `open_conversations` are the
    customer's, latest first, and hold none where it is not known who it is.
    """
    chosen: OpenConversation | None = None
    is_auto = joining.threading is Threading.AUTO
    if joining.threading is Threading.CONTINUE or (is_auto and named is not None):
        chosen = named
    elif is_auto:
        fresh = (
            candidate
            for candidate in open_conversations
            if candidate.brand == joining.brand and candidate.last_time_us >= joining.since_us
        )
        chosen = next(fresh, None)
    offered = tuple(other.id for other in open_conversations if chosen is None or other.id != chosen.id)
    return Thread(
        conversation=chosen.id if chosen else None,
        offered=offered[:10],
        channel_change=chosen is not None and chosen.channel != joining.channel,
        by_reference=is_auto and chosen is not None and chosen.by_reference,
    )
