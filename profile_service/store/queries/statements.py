"""What records state, and what of it has yet to settle."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import field as named

from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.store.database import Connection, Database, read, run


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that a record states; its key."""

    node: NodeId
    assurance: Assurance
    key: bytes


class Settling(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that settles at a time; `source`: the namespace of the record that states it."""

    record: NodeId
    node: NodeId
    time_us: int = named(name="time")
    namespace: str
    key: bytes
    source: str
    record_key: bytes


async def stated_by(connection: Connection, tenant: str, record: NodeId) -> Sequence[Stated]:
    """All that a record states."""
    return await read(connection, "stated_by", {"tenant": tenant, "record": record}, Stated)


async def to_settle(database: Database, tenant: str, now: int, most: int) -> Sequence[Settling]:
    """What has settled by now and does not count yet."""
    return await database.read(tenant, "to_settle", {"now": now, "most": most}, Settling)


async def settle(connection: Connection, tenant: str, settling: Settling, assurance: Assurance) -> bool:
    """Have a statement count as much from its time on; False where it changed meanwhile."""
    parameters = {"record": settling.record, "node": settling.node, "time_us": settling.time_us}
    return bool(await run(connection, "settle", {"tenant": tenant, "assurance": int(assurance), **parameters}))
