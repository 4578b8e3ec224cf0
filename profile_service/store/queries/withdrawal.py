"""Take back what a contact or a record said, and find what rested on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Connection, read, run


async def withdraw(connection: Connection, tenant: str, subject: str) -> None:
    """Take back what a contact said, with the links that nothing else made."""
    await run(connection, "withdraw_evidence", {"tenant": tenant, "subject": subject})
    await run(connection, "withdraw_links", {"tenant": tenant, "subject": subject})


async def take_back(connection: Connection, tenant: str, record: NodeId, nodes: Sequence[NodeId], time_us: int) -> None:
    """Take back identifiers that a record no longer states from a time on, with the links that nothing else made."""
    taken = {"subject": record, "nodes": list(nodes), "time_us": time_us}
    await run(connection, "take_back_evidence", {"tenant": tenant, **taken})
    await run(connection, "withdraw_links", {"tenant": tenant, "subject": record})


class _Ends(msgspec.Struct, frozen=True, kw_only=True):
    node_a: NodeId
    node_b: NodeId


async def take_back_scores(connection: Connection, tenant: str, record: NodeId) -> set[NodeId]:
    """Take back the links by score of a record; answers their far ends."""
    links = await read(connection, "take_back_scores", {"tenant": tenant, "subject": record}, _Ends)
    return {end for link in links for end in (link.node_a, link.node_b)} - {record}


async def depending_on(connection: Connection, tenant: str, nodes: Iterable[NodeId]) -> set[NodeId]:
    """The ends of the links by score that depend on identifiers."""
    links = await read(connection, "depending", {"tenant": tenant, "nodes": sorted(nodes)}, _Ends)
    return {end for link in links for end in (link.node_a, link.node_b)}
