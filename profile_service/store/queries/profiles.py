"""Read profiles: by id, over redirects, what they are shown and known by. End those whose time is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.graph.naming import NameState
from profile_service.identity.policy import RECORD_PREFIX
from profile_service.identity.profile.consent import ConsentFact
from profile_service.store.database import Connection, Database, read
from profile_service.store.queries.opened import Opener
from profile_service.store.queries.parts import ProfileParts


class NamedProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What a profile id resolves to over its founder; `target` is None, and `successors` count, where it was split."""

    state: NameState
    target: ProfileId | None
    successors: tuple[ProfileId, ...]


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    founder: NodeId | None
    parts: str


_PARTS = msgspec.json.Decoder(ProfileParts)


async def read_named_profile(database: Database, tenant: str, profile: str) -> NamedProfile | None:
    """What an id resolves to; None where it never was one."""
    return next(iter(await database.read(tenant, "profile_by_id", {"profile": profile}, NamedProfile)), None)


async def read_profile(
    reader: Database | Connection, tenant: str, profile: str
) -> tuple[ProfileParts, NodeId | None] | None:
    """What a profile is shown by, and its founding node (None: a contact founded it). None where there is none."""
    parameters = {"tenant": tenant, "profile": profile}
    if isinstance(reader, Database):
        rows = await reader.read(tenant, "profile_parts", parameters, _Shown)
    else:
        rows = await read(reader, "profile_parts", parameters, _Shown)
    return (_PARTS.decode(rows[0].parts), rows[0].founder) if rows else None


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    said: ConsentFact


async def consents_about(
    database: Database, tenant: str, *, key: bytes | None = None, profile: str | None = None
) -> list[ConsentFact]:
    """What was said of contacts over an identifier, by its key, or of a customer."""
    rows = await database.read(tenant, "consents_about", {"key": key, "profile": profile}, _Said)
    return [row.said for row in rows]


class _Node(msgspec.Struct, frozen=True, kw_only=True):
    node: NodeId


async def nodes_of(database: Database, tenant: str, profiles: Sequence[str], most: int) -> list[NodeId]:
    """The nodes of profiles, at most so many."""
    parameters = {"profiles": list(profiles), "most": most}
    return [row.node for row in await database.read(tenant, "profile_nodes", parameters, _Node)]


class _KnownNode(msgspec.Struct, frozen=True, kw_only=True):
    profile: ProfileId
    namespace: str
    key: str
    node: NodeId
    core: NodeId
    attributes: bytes | None


@dataclass(frozen=True, slots=True)
class Known:
    """One node of a profile: its core, its namespace, its key in hex, and what it says where it is a source record."""

    node: NodeId
    core: NodeId
    namespace: str
    key: str
    attributes: Mapping[str, str]


async def known_by(reader: Database | Connection, opener: Opener, profiles: Sequence[str]) -> dict[str, list[Known]]:
    """What profiles are known by: per profile its nodes, with the attributes of source records. Read on a connection
    of one's own where it is given."""
    parameters = {"tenant": opener.tenant, "profiles": list(profiles)}
    if not profiles:
        return {}
    if isinstance(reader, Database):
        rows = await reader.read(opener.tenant, "known_by", parameters, _KnownNode)
    else:
        rows = await read(reader, "known_by", parameters, _KnownNode)
    known: dict[str, list[Known]] = {profile: [] for profile in profiles}
    for row in rows:
        attributes: Mapping[str, str] = {} if row.attributes is None else opener.attributes(row.node, row.attributes)
        known[row.profile].append(Known(row.node, row.core, row.namespace, row.key, attributes))
    return known


class _IsSo(msgspec.Struct, frozen=True, kw_only=True):
    is_so: bool


class _Guarded(msgspec.Struct, frozen=True, kw_only=True):
    profile: ProfileId


async def guarded_among(database: Database, tenant: str, profiles: Sequence[str]) -> frozenset[ProfileId]:
    """Which of some customers staff guard."""
    rows = await database.read(tenant, "guarded_among", {"profiles": list(profiles)}, _Guarded)
    return frozenset(row.profile for row in rows)


async def reaches_sources(database: Database, tenant: str, profile: ProfileId, sources: Sequence[str]) -> bool:
    """Whether a customer has a record or a contact of one of the sources."""
    namespaces = [f"{RECORD_PREFIX}{source}" for source in sources]
    parameters = {"profile": profile, "sources": list(sources), "namespaces": namespaces}
    return (await database.read(tenant, "reaches_sources", parameters, _IsSo))[0].is_so


async def expire(database: Database, tenant: str, now: int, most: int) -> int:
    """End the identifiers of expired profiles, of at most so many; answers how many identifiers ended."""
    return await database.run(tenant, "expire_profiles", {"now": now, "most": most})
