"""How much a source takes back at once, and what of it is to be restored."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import field as named

from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Connection, Database, read, run

AROUND_US = 3_600_000_000
"""Take-backs within an hour of each other count together."""
COUNTED = 100
"""Records of a source are counted up to so many for each that took something back."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """Of how many records a source took identifiers back within an hour, of how many in all; `kept`: the hour is held
    already. `total` is 0 where there are few, and at most COUNTED times as many and some more."""

    records: int
    kept: bool
    total: int


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """What a record took back, at a time in microseconds since the epoch."""

    record: NodeId
    time_us: int = named(name="time")
    nodes: tuple[NodeId, ...]


async def take_back_rate(connection: Connection, tenant: str, source: str, time_us: int, least: int) -> Rate:
    """The rate around a time; the records of the source are counted where at least so many took something back."""
    around = {"after_us": time_us - AROUND_US, "before_us": time_us + AROUND_US}
    parameters = {"tenant": tenant, "source": source, "least": least, "most": COUNTED, **around}
    return (await read(connection, "take_back_rate", parameters, Rate))[0]


async def note_take_back(
    connection: Connection, tenant: str, source: str, taken: TakenBack, state: Literal["taken", "kept"]
) -> None:
    """Note what a record took back, or what was kept although it did."""
    parameters = {"record": taken.record, "time_us": taken.time_us, "nodes": list(taken.nodes)}
    await run(connection, "note_take_back", {"tenant": tenant, "source": source, "state": state, **parameters})


async def undo_take_backs(connection: Connection, tenant: str, source: str, time_us: int) -> None:
    """Have all restored that a source took back around a time."""
    around = {"after_us": time_us - AROUND_US, "before_us": time_us + AROUND_US}
    await run(connection, "undo_take_backs", {"tenant": tenant, "source": source, **around})


async def to_restore(database: Database, tenant: str, after_us: int, most: int) -> list[TakenBack]:
    """What is to be restored behind a time, the oldest first."""
    return await database.read(tenant, "to_restore", {"after_us": after_us, "most": most}, TakenBack)


async def restore(connection: Connection, tenant: str, taken: TakenBack) -> None:
    """Have a record state again what it took back."""
    parameters = {"tenant": tenant, "record": taken.record}
    await run(connection, "restore_evidence", {**parameters, "nodes": list(taken.nodes)})
    await run(connection, "restored", {**parameters, "time_us": taken.time_us})
    await run(connection, "say_again", parameters)


async def forget_take_backs(database: Database, tenant: str, before_us: int) -> None:
    """Forget what was taken back before a time."""
    async with database.acquire(tenant) as connection:
        await run(connection, "forget_take_backs", {"tenant": tenant, "before_us": before_us})
