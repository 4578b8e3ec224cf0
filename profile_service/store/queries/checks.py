"""What answers of a contact are compared with, and how many failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from profile_service.identity.contact.ties import Concerned, Shown, Via
from profile_service.identity.graph.model import Assurance, NodeId, ProfileId
from profile_service.store.database import Connection, read
from profile_service.store.queries.opened import Opener
from profile_service.store.rows.record import FEATURES


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    node: NodeId
    namespace: str
    core: NodeId
    shared: int
    assurance: Assurance
    time: int
    method: str
    signed: int | None


@dataclass(frozen=True, slots=True)
class ShownInContact:
    """What a contact brought, and the methods of its proofs by identifier."""

    identifiers: Sequence[Shown]
    methods: Mapping[NodeId, str]


async def shown_in_contact(connection: Connection, tenant: str, contact: str) -> ShownInContact:
    """The identifiers that a contact brought as the customer's, or the legs of its call before it."""
    rows = await read(connection, "shown_in_contact", {"tenant": tenant, "contact": contact}, _Shown)
    shown = [
        Shown(
            node=row.node,
            namespace=row.namespace,
            core=row.core,
            shared=row.shared,
            assurance=row.assurance,
            time_us=row.time,
            signed_us=row.signed,
        )
        for row in rows
    ]
    return ShownInContact(shown, {row.node: row.method for row in rows})


class _Concerned(msgspec.Struct, frozen=True, kw_only=True):
    node: NodeId
    core: NodeId
    profile: ProfileId | None
    source: str
    attributes: bytes
    features: bytes
    via: tuple[Via, ...]
    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernedRecord(Concerned):
    """A record that a contact may be about, with its profile, what it says, and the keys (in hex) of the identifiers of
    its core that may be asked for."""

    profile: ProfileId | None
    attributes: Mapping[str, str]
    keys: Mapping[str, str]


async def concerned_records(
    connection: Connection, opener: Opener, shown: Sequence[Shown], named: NodeId | None, asked: Sequence[str]
) -> list[ConcernedRecord]:
    """The records that a contact may be about; `named`: of the customer whom an agent named; `asked`: the namespaces
    that may be asked for."""
    parameters = {
        "tenant": opener.tenant,
        "nodes": [identifier.node for identifier in shown],
        "assurances": [int(identifier.assurance) for identifier in shown],
        "named": named,
        "asked": list(asked),
    }
    return [
        ConcernedRecord(
            node=row.node,
            core=row.core,
            source=row.source,
            via=row.via,
            said=opener.open(FEATURES, row.features, row.node),
            profile=row.profile,
            attributes=opener.attributes(row.node, row.attributes),
            keys=dict(row.keys),
        )
        for row in await read(connection, "concerned_records", parameters, _Concerned)
    ]


class _Failed(msgspec.Struct, frozen=True, kw_only=True):
    node: NodeId
    worth: Assurance
    times: int
    first: int


async def failed_checks(
    connection: Connection, tenant: str, records: Sequence[NodeId], since_us: int
) -> dict[tuple[NodeId, Assurance], tuple[int, int]]:
    """How many answers failed about records since a time, by what tied the contacts to them, and when the first did."""
    parameters = {"tenant": tenant, "records": list(records), "since": since_us}
    rows = await read(connection, "failed_checks", parameters, _Failed)
    return {(row.node, row.worth): (row.times, row.first) for row in rows}


class _FailedAt(msgspec.Struct, frozen=True, kw_only=True):
    worth: Assurance
    times: int


async def failed_at_address(
    connection: Connection, tenant: str, address: NodeId, since_us: int
) -> dict[Assurance, int]:
    """How many answers failed since a time in contacts that came over an address."""
    parameters = {"tenant": tenant, "address": address, "since": since_us}
    return {row.worth: row.times for row in await read(connection, "failed_at_address", parameters, _FailedAt)}
