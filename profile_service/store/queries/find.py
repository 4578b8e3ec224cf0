"""What calls look for in the graph, in contacts and in earlier answers: one statement for many calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from profile_service.identity.graph.model import ProfileId
from profile_service.identity.limits import CONVERSATIONS
from profile_service.store.database import Connection, read
from profile_service.store.plan import hexed
from profile_service.store.queries.found import (
    CarriedOver,
    Found,
    FoundContact,
    FoundConversation,
    FoundInteraction,
    FoundLink,
    FoundNode,
    FoundRecord,
    FoundRequest,
    NamedConversation,
    PreviousContact,
)

AnyLink = tuple[int, str, str, str, str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """What one call looks for: `keys` (place, key, as of when); `record`: of the record that states them; `signs`: the
    places of those of which to say when they were proved last; `code`: a carry-over code, and as of when it has to
    hold."""

    keys: Sequence[tuple[int, bytes, int]] = ()
    record: bytes | None = None
    signs: frozenset[int] = frozenset()
    contact_key: bytes | None = None
    previous: Sequence[tuple[str | None, bytes | None]] = ()
    references: Sequence[bytes] = ()
    continued: str | None = None
    code: tuple[bytes, int] | None = None
    request: bytes | None = None
    interaction: bytes | None = None

    def encode(self, call: int, tables: dict[str, list[dict[str, object]]]) -> None:
        """Add what the call looks for to the tables that the query takes."""
        for index, key, as_of in self.keys:
            row: dict[str, object] = {"call": call, "i": index, "key": hexed(key), "as_of_us": as_of}
            if self.record is not None:
                row["record"] = hexed(self.record)
            if index in self.signs:
                row["signs"] = True
            tables["keys"].append(row)
        for place, (name, key) in enumerate(self.previous):
            named_by = None if key is None else hexed(key)
            tables["previous"].append({"call": call, "place": place, "key": named_by, "id": name})
        for place, key in enumerate(self.references):
            tables["references"].append({"call": call, "place": place, "key": hexed(key)})
        if self.continued is not None:
            tables["continued"].append({"call": call, "id": self.continued})
        if self.code is not None:
            key, as_of = self.code
            tables["codes"].append({"call": call, "key": hexed(key), "as_of_us": as_of})
        for part, key in (
            ("records", self.record),
            ("contacts", self.contact_key),
            ("requests", self.request),
            ("interactions", self.interaction),
        ):
            if key is not None:
                tables[part].append({"call": call, "key": hexed(key)})


Part = TypeVar("Part")


def _decoder(kind: type[Part]) -> msgspec.json.Decoder[list[Part]]:
    return msgspec.json.Decoder(list[kind])


_NODES, _USERS, _LINKS = _decoder(FoundNode), _decoder(tuple[int, int, tuple[ProfileId, ...]]), _decoder(AnyLink)
_CONVERSATIONS, _CONTACTS, _PREVIOUS = _decoder(FoundConversation), _decoder(FoundContact), _decoder(PreviousContact)
_CARRIED = _decoder(CarriedOver)
_AWAITING = _decoder(tuple[int, str])
_NAMED, _RECORDS, _REQUESTS, _INTERACTIONS = (
    _decoder(NamedConversation),
    _decoder(FoundRecord),
    _decoder(FoundRequest),
    _decoder(FoundInteraction),
)


async def find(connection: Connection, tenant: str, calls: Sequence[Find]) -> list[Found]:
    """What the calls' identifiers find, in order; one statement for all."""
    tables: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for number, call in enumerate(calls):
        call.encode(number, tables)
    parameters = {"tenant": tenant, "wanted": msgspec.json.encode(tables).decode(), "conversations": CONVERSATIONS}
    parts = {part.part: part.body for part in await read(connection, "find", parameters, _Part)}
    findings = _Findings([_Finding() for _ in calls], parts)
    findings.take_nodes()
    findings.take_rest()
    return [finding.done() for finding in findings.of_calls]


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one kind, as JSON."""

    part: str
    body: str


@dataclass(frozen=True, slots=True)
class _Findings:
    """What the calls found, while it is gathered from the answer to all."""

    of_calls: Sequence[_Finding]
    parts: Mapping[str, str]

    def part(self, name: str, decoder: msgspec.json.Decoder[list[Part]]) -> list[Part]:
        """The rows of a part; none where nothing of it was found."""
        body = self.parts.get(name)
        return [] if body is None else decoder.decode(body)

    def take_nodes(self) -> None:
        """Nodes, with the users of those that are shared, and the links among them."""
        users = {(call, index): names for call, index, names in self.part("users", _USERS)}
        for node in self.part("nodes", _NODES):
            names = users.get((node.call, node.index))
            known = node if names is None else msgspec.structs.replace(node, users=names)
            self.of_calls[node.call].nodes[node.index] = known
        for call, a, b, kind, channel, assurance_a, assurance_b in self.part("links", _LINKS):
            self.of_calls[call].links.add((a, b, kind, channel, assurance_a, assurance_b))

    def take_rest(self) -> None:
        """Conversations and contacts, requests and interactions."""
        for conversation in self.part("conversations", _CONVERSATIONS):
            self.of_calls[conversation.call].conversations.append(conversation)
        for contact in self.part("contacts", _CONTACTS):
            self.of_calls[contact.call].contact = contact
        for previous in self.part("previous", _PREVIOUS):
            self.of_calls[previous.call].previous.append(previous)
        for call, contact in self.part("awaiting", _AWAITING):
            self.of_calls[call].awaiting.append(contact)
        for named in self.part("named", _NAMED):
            self.of_calls[named.call].named.append(named)
        for carried in self.part("carried", _CARRIED):
            self.of_calls[carried.call].carried = carried
        for record in self.part("records", _RECORDS):
            self.of_calls[record.call].record = record
        for request in self.part("requests", _REQUESTS):
            self.of_calls[request.call].request = request
        for interaction in self.part("interactions", _INTERACTIONS):
            self.of_calls[interaction.call].interactions.append(interaction)


@dataclass(slots=True)
class _Finding:
    """What one call found so far."""

    nodes: dict[int, FoundNode] = field(default_factory=dict[int, FoundNode])
    links: set[FoundLink] = field(default_factory=set[FoundLink])
    conversations: list[FoundConversation] = field(default_factory=list[FoundConversation])
    contact: FoundContact | None = None
    previous: list[PreviousContact] = field(default_factory=list[PreviousContact])
    awaiting: list[str] = field(default_factory=list[str])
    named: list[NamedConversation] = field(default_factory=list[NamedConversation])
    carried: CarriedOver | None = None
    record: FoundRecord | None = None
    request: FoundRequest | None = None
    interactions: list[FoundInteraction] = field(default_factory=list[FoundInteraction])

    def done(self) -> Found:
        return Found(
            nodes=self.nodes,
            links=frozenset(self.links),
            contact=self.contact,
            conversations=sorted(self.conversations, key=lambda conversation: -conversation.last_time_us),
            previous=self.previous,
            awaiting=self.awaiting,
            named=self.named,
            carried=self.carried,
            record=self.record,
            request=self.request,
            interaction=self.interactions,
        )
