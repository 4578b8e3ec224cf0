"""Which conversation a contact goes on in (T1, T2, T4, T5), and where one goes whose customer changes (T3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from profile_service.identity.graph.model import ProfileId


class Threading(IntEnum):
    """How the caller wants the conversation chosen; the numbers are those of the proto."""

    AUTO = 1
    NEW = 2
    CONTINUE = 3


class How(IntEnum):
    """What names a conversation, the strongest first."""

    CONTINUE = 1
    PREVIOUS = 2
    REFERENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConversation:
    """A conversation of the customer's that could go on; `channel` is that of its latest contact. `start_time_us`: when
    its first contact began."""

    id: str
    brand: str
    last_time_us: int
    channel: str
    start_time_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A conversation that something names: whose it is (None: nobody's), and whether it is of one desk, and of one
    source, with the contact that names it."""

    id: str
    how: How
    channel: str
    customer: ProfileId | None
    one_desk: bool
    one_source: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The choice; `conversation` None means a new one. `by_reference`: a reference alone chose it."""

    conversation: str | None
    offered: tuple[str, ...]
    channel_change: bool
    by_reference: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """The contact that looks for its conversation: under whom it stands, and whether it is a leg of a call. A
    conversation goes on by itself where it moved since `since_us`."""

    threading: Threading
    brand: str
    channel: str
    since_us: int
    customer: ProfileId | None = None
    is_leg: bool = False


def choose_thread(joining: Joining, named: Iterable[Named], open_conversations: Sequence[OpenConversation]) -> Thread:
    """Choose the conversation: the first that is named and fits, the strongest name first, else by itself the
    customer's; `open_conversations` are hers, latest first."""
    heeded = sorted((name for name in named if _is_heeded(name, joining)), key=lambda name: name.how)
    chosen = next((name for name in heeded if fits(name, joining.customer)), None)
    going_on = _followed(joining, open_conversations) if chosen is None else chosen
    offered = tuple(other.id for other in open_conversations if going_on is None or other.id != going_on.id)
    return Thread(
        conversation=None if going_on is None else going_on.id,
        offered=offered[:10],
        channel_change=going_on is not None and going_on.channel != joining.channel,
        by_reference=chosen is not None and chosen.how is How.REFERENCE,
    )


def _is_heeded(name: Named, joining: Joining) -> bool:
    """NEW beats what names a conversation, but for the contact before a leg (T1)."""
    return joining.threading is not Threading.NEW or (joining.is_leg and name.how is How.PREVIOUS)


def fits(name: Named, customer: ProfileId | None) -> bool:
    """Whether a contact of the customer may stand in the conversation: a conversation holds one customer, and nobody
    where one desk put them there (T4); a reference joins equal standing only (T5)."""
    if name.how is How.REFERENCE:
        return name.customer == customer and (customer is not None or name.one_source)
    if name.customer is None or customer is None:
        return name.one_desk
    return name.customer == customer


def _followed(joining: Joining, open_conversations: Iterable[OpenConversation]) -> OpenConversation | None:
    """The latest conversation of the customer and brand that moved lately (T2)."""
    if joining.threading is Threading.NEW:
        return None
    fresh = (
        candidate
        for candidate in open_conversations
        if candidate.brand == joining.brand and candidate.last_time_us >= joining.since_us
    )
    return next(fresh, None)


class Beside(NamedTuple):
    """Another contact of a conversation: whose it is, and since when."""

    id: str
    customer: ProfileId | None
    start_time_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rethreaded:
    """Where contacts go: into another conversation (None: a new one)."""

    contacts: tuple[str, ...]
    conversation: str | None
    channel_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A contact whose customer changed, and those that stand in its conversation. `ruled_out`: it was said whose it is
    not."""

    id: str
    conversation: str
    start_time_us: int
    joining: Joining
    ruled_out: bool
    beside: Sequence[Beside] = ()


def rethread(changed: Changed, open_conversations: Sequence[OpenConversation]) -> Rethreaded | None:
    """Where a contact goes whose customer changed: out of a conversation of somebody else; with those of nobody that
    followed it, into her conversation, where it was the first of its own. None where it stays (T3)."""
    customer, beside = changed.joining.customer, changed.beside
    others = [
        candidate
        for candidate in open_conversations
        if candidate.id != changed.conversation and candidate.start_time_us <= changed.start_time_us
    ]
    target = None if customer is None else _followed(changed.joining, others)
    if any(other.customer not in (None, customer) for other in beside) and (customer is not None or changed.ruled_out):
        return _into(target, (changed.id,), changed.joining)
    if target is None or not _is_first(changed):
        return None
    return _into(target, (changed.id, *(other.id for other in beside)), changed.joining)


SKEW_US = 10 * 60 * 1_000_000
"""So much later a contact may begin than one that follows it: clocks differ (T0)."""


def follow_late(waiting: Changed, name: Named, begin_us: int) -> Rethreaded | None:
    """Where a contact goes that named another one before that came: to it, with those that followed, unless it does not
    fit, or stands under a stronger name. None where it stays."""
    if name.id == waiting.conversation or begin_us - waiting.start_time_us > SKEW_US:
        return None
    if not _is_heeded(name, waiting.joining) or not fits(name, waiting.joining.customer):
        return None
    movers = tuple(other.id for other in waiting.beside) if _is_first(waiting) else ()
    return Rethreaded(
        contacts=(waiting.id, *movers), conversation=name.id, channel_change=name.channel != waiting.joining.channel
    )


def _is_first(changed: Changed) -> bool:
    return all((other.start_time_us, other.id) > (changed.start_time_us, changed.id) for other in changed.beside)


def _into(target: OpenConversation | None, contacts: tuple[str, ...], joining: Joining) -> Rethreaded:
    return Rethreaded(
        contacts=contacts,
        conversation=None if target is None else target.id,
        channel_change=target is not None and target.channel != joining.channel,
    )
