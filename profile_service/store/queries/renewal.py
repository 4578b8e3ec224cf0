"""Identifiers that begin anew because a record took them back, and those that go on because one states them again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.graph.taking_back import Stating
from profile_service.store.database import Connection, read, run
from profile_service.store.keyring import Keyring
from profile_service.store.rows.record import FEATURES


class _Stating(msgspec.Struct, frozen=True, kw_only=True):
    node: NodeId
    namespace: str
    core: NodeId
    profile: ProfileId | None
    record: NodeId
    source: str
    record_core: NodeId
    record_profile: ProfileId | None
    features: bytes


class TakenBackLately(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that a record took back; `successor`: the node that has begun since. Features are sealed."""

    node: NodeId
    successor: NodeId | None
    record: NodeId
    features: bytes


async def stating_records(
    connection: Connection, keyring: Keyring, tenant: str, nodes: Collection[NodeId]
) -> list[Stating]:
    """The records that state identifiers, as they stand."""
    rows = await read(connection, "stating_records", {"tenant": tenant, "nodes": sorted(nodes)}, _Stating)
    return [
        Stating(
            node=row.node,
            namespace=row.namespace,
            parts=(row.core, row.profile),
            record=row.record,
            source=row.source,
            record_parts=(row.record_core, row.record_profile),
            said=FEATURES.open(keyring, tenant, row.features, row.record),
        )
        for row in rows
    ]


async def begin_anew(
    connection: Connection, tenant: str, record: NodeId | None, nodes: Collection[NodeId], time_us: int
) -> None:
    """Have identifiers begin anew with what comes after a time, since a record took them back (None: a release)."""
    parameters = {"record": record, "nodes": sorted(nodes), "time_us": time_us}
    await run(connection, "begin_anew", {"tenant": tenant, **parameters})


async def unbind(connection: Connection, tenant: str, record: NodeId, nodes: Collection[NodeId]) -> None:
    """Undo what answers bound to a record, of what it no longer states."""
    await run(connection, "unbind", {"tenant": tenant, "record": record, "nodes": sorted(nodes)})


async def taken_back_lately(
    connection: Connection, tenant: str, keys: Collection[bytes], source: str, between: tuple[int, int]
) -> list[TakenBackLately]:
    """The identifiers that records of a source took back in a time."""
    after_us, before_us = between
    parameters = {"keys": sorted(keys), "source": source, "after_us": after_us, "before_us": before_us}
    return await read(connection, "taken_back_lately", {"tenant": tenant, **parameters}, TakenBackLately)


async def left_by(
    connection: Connection, tenant: str, record: NodeId, nodes: Collection[NodeId]
) -> list[TakenBackLately]:
    """Of some identifiers those that began anew because a record took them back."""
    parameters = {"record": record, "nodes": sorted(nodes)}
    return await read(connection, "left_by", {"tenant": tenant, **parameters}, TakenBackLately)


async def go_on(connection: Connection, tenant: str, taken: Sequence[TakenBackLately]) -> None:
    """Have identifiers go on as if nobody had taken them back, with what answers bound."""
    nodes, records = [each.node for each in taken], [each.record for each in taken]
    await run(connection, "goes_on", {"tenant": tenant, "nodes": nodes})
    await run(connection, "bind_again", {"tenant": tenant, "nodes": nodes, "records": records})
