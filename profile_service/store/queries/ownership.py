"""Who states an identifier, and what was released."""

from __future__ import annotations

import msgspec

from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.store.database import Database


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    source: str


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that was released, and whose it was; `former`: the node that it was parted from by that."""

    node: NodeId
    former: NodeId | None
    profile: ProfileId | None


async def sources_stating(database: Database, tenant: str, node: NodeId) -> list[str]:
    """The sources whose records state an identifier."""
    return [row.source for row in await database.read(tenant, "sources_stating", {"node": node}, _Source)]


async def last_released(database: Database, tenant: str, key: bytes) -> Released | None:
    """The identifier of a key, where it was released and nobody has used it since."""
    return next(iter(await database.read(tenant, "last_released", {"key": key}, Released)), None)
