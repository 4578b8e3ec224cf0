"""Which conversation a contact goes on in that is the latest of its customer (T1, T2, T4, T5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from profile_service.identity.graph.model import ProfileId


class Threading(IntEnum):
    """How the caller wants the conversation chosen; the numbers are those of the proto."""

    AUTO = 1
    NEW = 2
    CONTINUE = 3


Within = Callable[[str, str], int]
"""How long what is of a channel and brand is gone on with by itself, in microseconds."""


class How(IntEnum):
    """What names a conversation, the strongest first."""

    CONTINUE = 1
    CODE = 2
    PREVIOUS = 3
    REFERENCE = 4


CHAINS = frozenset({How.CODE, How.PREVIOUS})
"""What chains a contact to another; what is continued only chooses the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConversation:
    """A conversation of the customer's that could go on; `channel` is that of its latest contact, and `is_bulk` whether
    that is one of many that we sent."""

    id: str
    brand: str
    last_time_us: int
    channel: str
    is_bulk: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A conversation that something names: whose it is (None: nobody's) and was said not to be, and whether it is of
    one desk, and of one source, with the contact that names it."""

    id: str
    how: How
    channel: str
    customer: ProfileId | None
    one_desk: bool
    one_source: bool
    ruled_out: frozenset[ProfileId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The choice; `conversation` None means a new one. `apart`: it is shown with nobody else's, as a reference
    alone chose it, or contacts of two customers are named."""

    conversation: str | None
    offered: tuple[str, ...]
    channel_change: bool
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """The contact that looks for its conversation: under whom it stands, whether it is a leg of a call, or one of many
    that we sent. A conversation goes on by itself where it moved lately: `within` says how lately, by channel and
    brand, in microseconds."""

    threading: Threading
    brand: str
    channel: str
    start_time_us: int
    within: Within
    customer: ProfileId | None = None
    is_leg: bool = False
    is_bulk: bool = False


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
        apart=chosen is not None and (chosen.how is How.REFERENCE or is_between(heeded, joining.customer)),
    )


def _is_heeded(name: Named, joining: Joining) -> bool:
    """NEW beats what names a conversation, but for a carry-over code and the contact before a leg (T1)."""
    is_before = joining.is_leg and name.how is How.PREVIOUS
    return joining.threading is not Threading.NEW or is_before or name.how is How.CODE


def is_between(named: Iterable[Named], customer: ProfileId | None) -> bool:
    """Whether a contact of nobody names contacts of two customers: what is chained between them is shown to neither
    (T9)."""
    ends = {name.customer for name in named if name.how in CHAINS and name.one_desk} - {None}
    return customer is None and len(ends) > 1


def fits(name: Named, customer: ProfileId | None) -> bool:
    """Whether a contact of the customer may stand in the conversation: a conversation holds one customer, and nobody
    where one desk put them there, but none of whom it was said that it is not theirs (T4); a reference joins equal
    standing only (T5)."""
    if customer in name.ruled_out:
        return False
    if name.how is How.REFERENCE:
        return name.customer == customer and (customer is not None or name.one_source)
    if name.customer is None or customer is None:
        return name.one_desk
    return name.customer == customer


def _followed(joining: Joining, open_conversations: Iterable[OpenConversation]) -> OpenConversation | None:
    """The latest conversation of the customer and brand that moved lately (T2); what we sent to many only on its own
    channel, from others where there is nothing else."""
    if joining.threading is Threading.NEW or joining.is_bulk:
        return None
    fresh = [
        candidate
        for candidate in open_conversations
        if candidate.brand == joining.brand
        and candidate.last_time_us + joining.within(candidate.channel, candidate.brand) >= joining.start_time_us
    ]
    own = (candidate for candidate in fresh if not candidate.is_bulk or candidate.channel == joining.channel)
    return next(own, next(iter(fresh), None))


SKEW_US = 10 * 60 * 1_000_000
"""So much later a contact may begin than one that follows it: clocks differ (T0)."""
