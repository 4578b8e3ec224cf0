"""What calls found of the graph, of contacts and of earlier answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from msgspec import field as named

from profile_service.identity.graph.model import Assurance, NodeId, ProfileId, Role
from profile_service.store.rows.contact import Answer

FoundLink = tuple[str, str, str, str, int, int]


class FoundNode(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that is known, with the revision of its profile. `anew_us`: it begins anew with what comes after
    that, since its last record took it back."""

    call: int = 0
    index: int = named(name="i")
    id: NodeId
    namespace: str
    profile: ProfileId | None
    revision: int | None = None
    shared: int
    fan_out: int
    established: bool
    epoch: int = 0
    anew_us: int | None = named(name="anew", default=None)
    signed_us: int | None = named(name="signed", default=None)
    users: tuple[ProfileId, ...] = ()


class FoundConversation(msgspec.Struct, frozen=True, kw_only=True):
    """An open conversation of a profile that was found; channel, `start_time_us` and `is_bulk` (one of
    many that we sent) are those of its latest contact."""

    call: int = 0
    id: str
    profile: ProfileId
    brand: str
    last_time_us: int = named(name="last")
    start_time_us: int | None = named(name="start", default=None)
    is_bulk: bool | None = named(name="bulk", default=False)
    channel: str | None


class EarlyProof(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that a contact showed before its start came."""

    node: NodeId
    namespace: str
    method: str


class FoundContact(msgspec.Struct, frozen=True, kw_only=True):
    """The contact of the platform's key; no digest where only an event of it came, with what it showed."""

    call: int = 0
    id: str
    conversation: str
    digest: bytes | None
    answer: Answer | None
    early: tuple[EarlyProof, ...] | None = None


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier of a previous contact, or of the legs of its call before it. `stands`: it is the contact's own, and
    was not taken back."""

    node: NodeId
    assurance: Assurance
    namespace: str
    method: str
    stands: bool


class PreviousContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that the platform says came before: where it stands, and what an agent's correction took back. `owner`:
    whose its conversation is, `ruled_out` whose it was said not to be; `inherited`: another leg inherits from it
    already."""

    call: int = 0
    id: str
    key: bytes
    conversation: str
    end_time_us: int | None = named(name="end")
    source: str
    channel: str
    evidence: tuple[Proved, ...] | None
    corrected: bool
    anchor: NodeId | None
    profile: ProfileId | None
    owner: ProfileId | None
    legs: tuple[str, ...]
    inherited: bool
    taken_back: tuple[NodeId, ...]
    ruled_out: tuple[ProfileId, ...] = ()


class CarriedOver(msgspec.Struct, frozen=True, kw_only=True):
    """The contact in which a carry-over code was given, with the channel; `owner`: whose its conversation is, and
    whose it was said not to be."""

    call: int = 0
    key: bytes
    conversation: str
    channel: str
    owner: ProfileId | None
    ruled_out: tuple[ProfileId, ...] = ()


class NamedConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that the caller names, or (`by_reference`) a reference; `owner`: whose it is. `sources` are those
    of its contacts; `key`, `source` and `channel` of the latest; `ruled_out`: whose it was said not to be."""

    call: int = 0
    id: str
    brand: str
    channel: str | None
    owner: ProfileId | None
    by_reference: bool
    key: bytes | None = None
    source: str | None = None
    sources: tuple[str, ...] = ()
    ruled_out: tuple[ProfileId, ...] = ()


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that a record states, and what that is worth; until when an observation alone."""

    node: NodeId
    namespace: str
    key: bytes
    role: Role
    assurance: Assurance
    settle_time_us: int | None = named(name="settle", default=None)


class FoundRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a record that is delivered again said before; attributes and features are sealed."""

    call: int = 0
    node: NodeId
    profile: ProfileId | None
    digest: bytes
    revision: int
    occur_time_us: int = named(name="occur")
    attributes: bytes
    features: bytes
    statements: tuple[Statement, ...] | None


class FoundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was used before, with what was answered."""

    call: int = 0
    digest: bytes
    answer: msgspec.Raw


class FoundInteraction(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of an interaction."""

    call: int = 0
    revision: int
    digest: bytes
    interaction: str
    conversation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one call found; `reassigned` are identifiers that begin anew from now on, of which `renewed` may have the
    same owner; `awaiting`: contacts that named the call's contact before it came."""

    nodes: Mapping[int, FoundNode]
    reassigned: Mapping[int, FoundNode] = field(default_factory=dict[int, FoundNode])
    renewed: frozenset[NodeId] = frozenset()
    links: frozenset[FoundLink] = frozenset()
    contact: FoundContact | None = None
    conversations: Sequence[FoundConversation] = ()
    previous: Sequence[PreviousContact] = ()
    awaiting: Sequence[str] = ()
    named: Sequence[NamedConversation] = ()
    carried: CarriedOver | None = None
    record: FoundRecord | None = None
    request: FoundRequest | None = None
    interaction: Sequence[FoundInteraction] = ()

    def without(self, reassigned: Mapping[int, FoundNode], renewed: frozenset[NodeId] = frozenset()) -> Found:
        """The same but for identifiers that begin anew; of those `renewed` may have the same owner."""
        gone = {node.id for node in reassigned.values()}
        kept = {index: node for index, node in self.nodes.items() if node.id not in gone}
        return replace(self, nodes=kept, reassigned=reassigned, renewed=renewed)

    def anew(self, places: frozenset[int]) -> Found:
        """The same but for what begins anew for somebody else."""
        begins = {index: self.nodes[index] for index in places if index in self.nodes}
        return self.without({**self.reassigned, **begins}, self.renewed) if begins else self

    def visible(self, covers: Callable[[str], bool]) -> Found:
        """The same but for contacts and conversations of sources that the caller may not see."""
        previous = [contact for contact in self.previous if covers(contact.source)]
        named = [known for known in self.named if any(map(covers, known.sources))]
        return replace(self, previous=previous, named=named)
