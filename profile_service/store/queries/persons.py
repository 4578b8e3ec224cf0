"""What is known of identifiers that may be of one person or of two."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Connection, read


class StatingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record that states an identifier (None: no record does), with its sealed features; `proved`: the identifier was
    proved in another contact."""

    node: NodeId
    namespace: str
    record: NodeId | None
    source: str | None
    features: bytes | None
    proved: bool


class _Pair(msgspec.Struct, frozen=True, kw_only=True):
    node_a: NodeId
    node_b: NodeId


async def records_stating(
    connection: Connection, tenant: str, nodes: Sequence[NodeId], but: Sequence[str]
) -> list[StatingRecord]:
    """The records that state identifiers; what the contacts `but` proved does not count."""
    parameters = {"tenant": tenant, "nodes": sorted(set(nodes)), "but": list(but)}
    return await read(connection, "records_stating", parameters, StatingRecord)


async def proved_together(connection: Connection, tenant: str, nodes: Sequence[NodeId]) -> frozenset[frozenset[NodeId]]:
    """The pairs of identifiers that were proved together in a contact, or bound."""
    rows = await read(connection, "proved_together", {"tenant": tenant, "nodes": sorted(set(nodes))}, _Pair)
    return frozenset(frozenset({row.node_a, row.node_b}) for row in rows)
