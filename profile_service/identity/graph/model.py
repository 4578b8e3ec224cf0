"""The words of the identity graph as values: nodes, links, decisions of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NewType

NodeId = NewType("NodeId", str)
ProfileId = NewType("ProfileId", str)


class Assurance(IntEnum):
    """How well an identifier was shown to be the customer's; the numbers are those of the proto."""

    CLAIMED = 1
    OBSERVED = 2
    ON_FILE = 3
    VERIFIED = 4


class Role(IntEnum):
    """Whose identifier it is; only SUBJECT makes links. The numbers are those of the proto."""

    SUBJECT = 1
    PARTICIPANT = 2
    ON_BEHALF_OF = 3
    BUSINESS = 4


class Outcome(IntEnum):
    """What resolution did; the numbers are those of the proto."""

    MATCHED = 1
    CREATED = 2
    LINKED = 3
    MERGED = 4
    AMBIGUOUS = 5


class Disclosure(IntEnum):
    """What may be said to the person in this contact; the numbers are those of the proto."""

    WITHHOLD = 1
    VERIFY_FIRST = 2
    SAFE = 3


class Result(IntEnum):
    """What became of one identifier; the numbers are those of the proto."""

    JOINED = 1
    KNOWN = 2
    NEW = 3
    SHARED = 4
    BLOCKED = 5
    TOO_WEAK = 6
    INVALID = 7


class LinkKind(StrEnum):
    """Where a link comes from."""

    PRESENTED = "presented"
    REPLACED = "replaced"
    SCORED = "scored"
    BOUND = "bound"
    SETTLED = "settled"
    RENEWED = "renewed"
    DUPLICATE = "duplicate"
    MUST = "must"


class LinkState(StrEnum):
    """ACTIVE joins and is evidence of sharing. ENDED and CONTESTED are evidence of sharing only: the one joined once,
    the other never did, because what the record says of the customer does not fit the identifier's owner. WITHDRAWN is
    neither."""

    ACTIVE = "active"
    CONTESTED = "contested"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class Refusal(StrEnum):
    """Why a link may not join two parts; the reason of the merge review that follows. HELD: the merge breaker is
    tripped. QUARANTINE is of a node: so many use it that none of its links joins. DUPLICATE joins: it tells the source
    of two records that they are of one customer. TAKE_BACK: its source took back too much at once, which is held.
    ANOTHER_PERSON: one contact showed both, and it was somebody else who began (D5)."""

    CONFLICT = "conflict"
    CHANGED_VALUE = "changed_value"
    LIMIT = "limit"
    SIZE_CAP = "size_cap"
    SCORE = "score"
    HELD = "held"
    QUARANTINE = "quarantine"
    CANNOT_LINK = "cannot_link"
    CONTRADICTION = "contradiction"
    OTHER_NAME = "other_name"
    DUPLICATE = "duplicate"
    TAKE_BACK = "take_back"
    ANOTHER_PERSON = "another_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An identifier or source record. `key` orders ties and is independent of arrival. `ruled_shared` is a steward's
    word on whether several customers use it; None where none was given."""

    id: NodeId
    key: bytes
    namespace: str
    scope: str = ""
    current: bool = True
    blocked: bool = False
    ruled_shared: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """A node with what is derived of it. `core` is the smallest node of its core (None: not derived yet).
    `established`: some contact or record may stand under it."""

    node: Node
    profile: ProfileId | None = None
    core: NodeId | None = None
    shared: int = 0
    fan_out: int = 0
    established: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Evidence that two nodes are the same customer. Assurance belongs to the link's ends, never to the nodes.

    Times are microseconds since the epoch; `first_time` is the first at this assurance. `probability` and `model` are
    those of a SCORED link when it was made, or how likely a record that states an identifier is its owner's by what
    else it says (None: it says nothing); `depends_on` are the identifiers without which it would not have reached the
    threshold, so that it does not count once one of them is quarantined.
    """

    a: NodeId
    b: NodeId
    assurance_a: Assurance
    assurance_b: Assurance
    first_time: int
    kind: LinkKind = LinkKind.PRESENTED
    channel: str = ""
    state: LinkState = LinkState.ACTIVE
    probability: float | None = None
    model: str | None = None
    depends_on: frozenset[NodeId] = frozenset()

    @property
    def assurance(self) -> Assurance:
        """The assurance of the weaker end."""
        return min(self.assurance_a, self.assurance_b)

    @property
    def pair(self) -> tuple[NodeId, NodeId]:
        """The two ends in id order."""
        return (self.a, self.b) if self.a <= self.b else (self.b, self.a)

    def other(self, node: NodeId) -> NodeId:
        """The end that is not `node`."""
        return self.b if node == self.a else self.a


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotLink:
    """A steward's word that no part may hold nodes of both sides; holds between all parts that contain any of them."""

    id: str
    left: frozenset[NodeId]
    right: frozenset[NodeId]


@dataclass(frozen=True, slots=True, kw_only=True)
class MustLink:
    """A steward's word that two nodes are one customer; `lifts` names the cannot-links that it ends."""

    id: str
    a: NodeId
    b: NodeId
    first_time: int
    lifts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What people decided. `apart`: nodes of different profiles stay apart, since the merge breaker is tripped."""

    must: tuple[MustLink, ...] = ()
    cannot: tuple[CannotLink, ...] = ()
    apart: Mapping[NodeId, ProfileId] = field(default_factory=dict[NodeId, ProfileId])

    @property
    def standing(self) -> tuple[CannotLink, ...]:
        """The cannot-links that no must-link lifts."""
        lifted = {name for must in self.must for name in must.lifts}
        return tuple(cannot for cannot in self.cannot if cannot.id not in lifted)
