"""Contacts by what names them, and what they brought."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from profile_service.identity.contact.model import Direction, Initiation
from profile_service.identity.graph.model import Assurance, NodeId, Role
from profile_service.store.database import Connection, Database, read
from profile_service.store.plan import hexed
from profile_service.store.queries.opened import NO_ENDING, Contact, Opener
from profile_service.store.rows.contact import CONTACT_ENDING, CONTACT_PAYLOAD, Answer


class KnownContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as the calls need it that concern it, sealed. `is_started` is false where only an event of it came."""

    contact_id: str
    conversation_id: str
    profile_id: str
    channel: str
    source: str
    brand: str
    anchor_node: NodeId | None
    is_started: bool
    end_digest: bytes | None
    corrected: bool
    start_time_us: int
    end_time_us: int | None
    payload: bytes
    ending: bytes | None
    direction: Direction
    initiation: Initiation
    channel_change: bool
    answer: Answer | None

    def opened(self, opener: Opener) -> Contact:
        """The contact as it is shown."""
        ending = NO_ENDING if self.ending is None else opener.open(CONTACT_ENDING, self.ending, self.contact_id)
        return Contact(
            id=self.contact_id,
            conversation=self.conversation_id,
            source=self.source,
            channel=self.channel,
            direction=self.direction,
            initiation=self.initiation,
            start_time_us=self.start_time_us,
            end_time_us=self.end_time_us,
            channel_change=self.channel_change,
            corrected=self.corrected,
            payload=opener.open(CONTACT_PAYLOAD, self.payload, self.contact_id),
            ending=ending,
        )


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that a contact brought, with its proof; `key` is the node's."""

    node_id: NodeId
    namespace: str
    role: Role
    assurance: Assurance
    key: bytes


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


async def read_brought(connection: Connection, tenant: str, contact: str) -> list[Brought]:
    """What a contact brought, but for what was taken back."""
    return await read(connection, "contact_evidence", {"tenant": tenant, "subject": contact}, Brought)
