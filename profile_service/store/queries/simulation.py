"""Read the whole identity graph of a tenant, page by page, and its components one batch at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from profile_service.identity.graph.model import Link, NodeId
from profile_service.identity.graph.simulation import Component, Pair
from profile_service.identity.ids import NIL
from profile_service.store.database import Database
from profile_service.store.keyring import Keyring
from profile_service.store.queries.graph import StoredLink, StoredNode
from profile_service.store.queries.matching import StoredRecord
from profile_service.store.rows.record import Unsealed

PAGE = 2000


@dataclass(slots=True)
class Components:
    """Which nodes are connected by any link at all. Holds ids alone: about 200 bytes a node."""

    _place: dict[str, int] = field(default_factory=dict[str, int])
    _parent: list[int] = field(default_factory=list[int])
    _recent: set[int] = field(default_factory=set[int])

    def add(self, node: str, *, recent: bool) -> None:
        """Take a node in; `recent`: something happened to it lately."""
        place = self._at(node)
        if recent:
            self._recent.add(place)

    def join(self, node: str, other: str) -> None:
        """Connect two nodes."""
        a, b = self._root(self._at(node)), self._root(self._at(other))
        self._parent[max(a, b)] = min(a, b)

    def recent(self) -> list[list[NodeId]]:
        """The components of several nodes in which something happened lately, in order of their first node."""
        members: defaultdict[int, list[NodeId]] = defaultdict(list)
        for node, place in self._place.items():
            members[self._root(place)].append(NodeId(node))
        live = {self._root(place) for place in self._recent}
        return [nodes for root, nodes in members.items() if root in live and len(nodes) > 1]

    def _at(self, node: str) -> int:
        place = self._place.setdefault(node, len(self._parent))
        if place == len(self._parent):
            self._parent.append(place)
        return place

    def _root(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place


class NodePlace(msgspec.Struct, frozen=True, kw_only=True):
    """A node with what it is linked to on one side, and when something last happened to it."""

    node_id: NodeId
    last_time_us: int
    linked: tuple[NodeId, ...] | None


class _SealedNode(StoredNode, frozen=True, kw_only=True):
    value: bytes


class _Score(msgspec.Struct, frozen=True, kw_only=True):
    node_a: NodeId
    node_b: NodeId
    probability: float


class _Count(msgspec.Struct, frozen=True, kw_only=True):
    number: int


async def graph_size(database: Database, tenant: str) -> int:
    """How many nodes there are."""
    return (await database.read(tenant, "graph_size", {}, _Count))[0].number


async def graph_pages(database: Database, tenant: str) -> AsyncIterator[Sequence[NodePlace]]:
    """All nodes, by id, page by page."""
    after = NIL
    while nodes := await database.read(tenant, "graph_page", {"after": after, "most": PAGE}, NodePlace):
        yield nodes
        after = nodes[-1].node_id


async def read_components(
    database: Database, keyring: Keyring, tenant: str, components: Sequence[Sequence[NodeId]]
) -> tuple[list[Component], Mapping[NodeId, bytes]]:
    """Components with their nodes, links and records, and the sealed value of every node."""
    ids = [node for nodes in components for node in nodes]
    records = {record.node: record.features for record in await read_records(database, tenant, ids)}
    rows = await database.read(tenant, "graph_nodes", {"nodes": ids}, _SealedNode)
    nodes = {row.id: row.graph_node() for row in rows}
    links: defaultdict[NodeId, list[Link]] = defaultdict(list)
    for stored in await database.read(tenant, "graph_links", {"nodes": ids}, StoredLink):
        links[stored.node_a].append(stored.link())
    read = [
        Component(
            nodes={node: nodes[node] for node in members if node in nodes},
            links=[link for node in members for link in links[node] if link.a in nodes and link.b in nodes],
            records=Unsealed(keyring, tenant, {node: records[node] for node in members if node in records}),
        )
        for members in components
    ]
    return read, {row.id: row.value for row in rows}


async def read_records(database: Database, tenant: str, nodes: Iterable[NodeId]) -> list[StoredRecord]:
    """The sealed features of source records."""
    return await database.read(tenant, "graph_records", {"nodes": sorted(nodes)}, StoredRecord)


async def score_reviews(database: Database, tenant: str) -> dict[Pair, float]:
    """The pairs that a human is asked about because of their score, with their probability."""
    rows = await database.read(tenant, "score_reviews", {}, _Score)
    return {(row.node_a, row.node_b): row.probability for row in rows}


async def count_contacts(database: Database, tenant: str, nodes: Iterable[NodeId]) -> int:
    """How many contacts stand under nodes."""
    return (await database.read(tenant, "contacts_of", {"nodes": sorted(nodes)}, _Count))[0].number
