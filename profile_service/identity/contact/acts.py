"""What is known of contacts as far as it decides which conversations they make: begins, words, and what people said of
conversations (3.2). Times are microseconds since the epoch, UTC. Nothing here holds a personal value."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from profile_service.identity.contact.model import Direction, Initiation
from profile_service.identity.contact.threads import How, Threading
from profile_service.identity.graph.model import ProfileId


class ActKind(IntEnum):
    """What people say of conversations. CLOSE: of the one of a contact; MOVE: a contact, to where another stands or on
    its own; JOIN: those of two contacts; SPLIT: contacts out of theirs."""

    CLOSE = 1
    MOVE = 2
    JOIN = 3
    SPLIT = 4


class Act(NamedTuple):
    """What was said; `customer`: of a closing, whose the conversation was then, as known now."""

    id: str
    kind: ActKind
    time_us: int
    contacts: tuple[str, ...]
    customer: ProfileId | None = None


class Name(NamedTuple):
    """A contact that another names, by its key; `one_desk`: the two sources hand over to each other."""

    how: How
    key: str
    one_desk: bool


LEGS = frozenset({Initiation.TRANSFER, Initiation.CONSULT})
"""How a contact begins that is a leg of the call before it, also where it is told to be a conversation of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A contact that began. `customer`: whose it is as known now, `ruled_out` whose it was said not to be; `references`
    by key since when it bears them; `customers_words`, `our_words`: when something was said, in order."""

    id: str
    key: str
    start_time_us: int
    source: str
    channel: str
    brand: str
    customer: ProfileId | None = None
    ruled_out: frozenset[ProfileId] = frozenset()
    initiation: Initiation = Initiation.UNSPECIFIED
    direction: Direction = Direction.UNSPECIFIED
    threading: Threading = Threading.AUTO
    names: Sequence[Name] = ()
    references: Mapping[str, int] = field(default_factory=dict[str, int])
    customers_words: Sequence[int] = ()
    our_words: Sequence[int] = ()

    @property
    def is_leg(self) -> bool:
        """Whether it is a leg of a call that goes on."""
        return self.initiation in LEGS

    @property
    def is_bulk(self) -> bool:
        """Whether it is one of many that we sent."""
        return self.initiation is Initiation.CAMPAIGN

    @property
    def inherits_closing(self) -> bool:
        """Whether it goes on in what is closed without opening it: ours, and consults (T7)."""
        return self.direction is Direction.OUTBOUND or self.initiation is Initiation.CONSULT

    def alive_at(self, time_us: int) -> int:
        """When it last showed a sign of life by a time: its begin, or a word of the customer's or ours (T2)."""
        last = (
            words[place - 1]
            for words in (self.customers_words, self.our_words)
            if (place := bisect_right(words, time_us))
        )
        return max(self.start_time_us, *last, self.start_time_us)

    def opened(self, closed_us: int, time_us: int) -> bool:
        """Whether the customer said something after a closing, by a time."""
        words = self.customers_words
        return bisect_right(words, time_us) > bisect_right(words, closed_us)
