"""Contacts that are threaded again, with what stands beside them."""

from __future__ import annotations

import msgspec

from profile_service.identity.contact.model import Initiation
from profile_service.identity.contact.threads import Beside, OpenConversation, Threading
from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.limits import CONVERSATIONS
from profile_service.store.database import Connection, read


class Rethreading(msgspec.Struct, frozen=True, kw_only=True):
    """A contact with its customer of now, the other contacts of its conversation, and the customer's open ones.
    `owned`: its conversation is somebody's."""

    id: str
    conversation: str
    start_time_us: int
    brand: str
    channel: str
    source: str
    initiation: Initiation
    threading: Threading
    corrected: bool
    anchor: NodeId | None
    customer: ProfileId | None
    owned: bool
    beside: tuple[Beside, ...] | None
    open: tuple[OpenConversation, ...] | None


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    body: str


_RETHREADING = msgspec.json.Decoder(Rethreading)


async def read_rethreading(connection: Connection, tenant: str, contact: str) -> Rethreading | None:
    """A contact as it is threaded again; None where there is none, or none that has started."""
    parameters = {"tenant": tenant, "contact": contact, "most": CONVERSATIONS}
    rows = await read(connection, "rethreading", parameters, _Row)
    return _RETHREADING.decode(rows[0].body) if rows else None


class _First(msgspec.Struct, frozen=True, kw_only=True):
    contact_id: str


async def first_contacts(connection: Connection, tenant: str, profile: ProfileId) -> list[str]:
    """The first contacts of the open conversations of a customer, in the order of their begin."""
    parameters = {"tenant": tenant, "profile": profile, "most": CONVERSATIONS}
    return [row.contact_id for row in await read(connection, "first_contacts", parameters, _First)]
