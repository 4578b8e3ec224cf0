"""Identifiers that began anew in the past, and what contacts showed of them since."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict

import msgspec
from msgspec import field as named

from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Connection, read, run


class LastKnown(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier as it stands, the value sealed; when it was last proved beside one that was known before, and the
    contacts that showed it after that."""

    node: NodeId
    namespace: str
    scope: str
    key: bytes
    value: bytes
    established: bool
    shared: int
    fan_out: int
    time_us: int = named(name="time")
    contacts: tuple[str, ...]


class _Moved(TypedDict):
    tenant: str
    node: NodeId
    later: NodeId
    contacts: list[str]


async def last_known(
    connection: Connection, tenant: str, nodes: Collection[NodeId], sources: Collection[str], time_us: int
) -> list[LastKnown]:
    """Of some identifiers those that contacts showed before a time, but after the last proof of it beside one that was
    known before: one that records of `sources` stated, or that had been proved."""
    parameters = {"nodes": sorted(nodes), "sources": sorted(sources), "time_us": time_us}
    return await read(connection, "last_known", {"tenant": tenant, **parameters}, LastKnown)


async def move_contacts(connection: Connection, tenant: str, known: LastKnown, later: NodeId) -> None:
    """Have the contacts show the later node in an identifier's place, with the links that this makes."""
    moved = _Moved(tenant=tenant, node=known.node, later=later, contacts=list(known.contacts))
    await run(connection, "move_links", moved)
    await run(connection, "withdraw_one", moved)
    for contact in known.contacts:
        await run(connection, "withdraw_links", {"tenant": tenant, "subject": contact})
    await run(connection, "move_evidence", moved)
