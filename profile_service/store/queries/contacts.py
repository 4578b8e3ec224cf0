"""Contacts by what names them, and what they brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from profile_service.identity.graph.model import Assurance, NodeId, Role
from profile_service.store.database import Connection, Database, read
from profile_service.store.plan import hexed
from profile_service.store.queries.parts import SealedContact
from profile_service.store.rows.contact import Answer


class KnownContact(SealedContact, frozen=True, kw_only=True):
    """A contact as the calls need it that concern it. `is_started` is false where only an event of it came; `persons`:
    when others than the first began to speak (D5); `updates`: how many there were."""

    profile_id: str
    brand: str
    anchor_node: NodeId | None
    persons: tuple[int, ...]
    is_started: bool
    updates: int
    end_digest: bytes | None
    answer: Answer | None


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that a contact brought, with its proof; `key` is the node's."""

    node_id: NodeId
    namespace: str
    role: Role
    assurance: Assurance
    method: str
    person: int
    key: bytes


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The customer's own identifier, shown in a contact or in a leg of its call before it. `stands`: in the contact
    itself, and was not taken back."""

    node: NodeId
    namespace: str
    assurance: Assurance
    method: str
    stands: bool


class _Target(KnownContact, frozen=True, kw_only=True):
    """A contact with the place of what named it."""

    place: int


async def read_contacts(
    reader: Database | Connection, tenant: str, named: Sequence[tuple[str | None, bytes | None]]
) -> list[KnownContact | None]:
    """The contacts of ids, or of keys, in order; None where there is none."""
    rows = [
        {"place": place, "contact_id": name, "key": None if key is None else hexed(key)}
        for place, (name, key) in enumerate(named)
    ]
    parameters = {"tenant": tenant, "wanted": msgspec.json.encode(rows).decode()}
    if isinstance(reader, Database):
        targets = await reader.read(tenant, "contact_targets", parameters, _Target)
    else:
        targets = await read(reader, "contact_targets", parameters, _Target)
    contacts: list[KnownContact | None] = [None] * len(named)
    for target in targets:
        contacts[target.place] = target
    return contacts


async def live_contacts(
    database: Database, tenant: str, source: str, *, after: tuple[int, str], most: int
) -> list[SealedContact]:
    """The contacts of a source that have not ended, after a place (start_time_us, id), at most so many."""
    parameters = {"source": source, "after_us": after[0], "after_id": after[1], "most": most}
    return await database.read(tenant, "live_contacts", parameters, SealedContact)


async def time_out_contacts(database: Database, tenant: str, *, now: int, live: Mapping[str, int], most: int) -> int:
    """End contacts in which nothing was said for as long as one of their channel lives (microseconds; of the empty name
    those of others), at most so many; answers how many."""
    parameters = {
        "now": now,
        "before": now - min(live.values()),
        "live": msgspec.json.encode(live).decode(),
        "most": most,
    }
    return await database.run(tenant, "time_out_contacts", parameters)


async def forget_codes(database: Database, tenant: str, before_us: int) -> None:
    """Forget carry-over codes that expired before a time."""
    await database.run(tenant, "forget_codes", {"before_us": before_us})


async def read_brought(connection: Connection, tenant: str, contact: str) -> list[Brought]:
    """What a contact brought, but for what was taken back."""
    return await read(connection, "contact_evidence", {"tenant": tenant, "subject": contact}, Brought)


async def read_shown(connection: Connection, tenant: str, contact: str) -> list[Shown]:
    """What who speaks in a contact showed there, or in the legs of its call before it."""
    return await read(connection, "shown_in_call", {"tenant": tenant, "contact": contact}, Shown)
