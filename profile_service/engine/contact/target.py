"""Find the contact that an event names; make it where the platform delivered out of order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.reach import is_of
from profile_service.engine.contact.verdict import write_own_profile
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactNotFound
from profile_service.store.database import Connection
from profile_service.store.queries.contacts import KnownContact, read_contacts
from profile_service.store.queries.opened import Contact as OpenedContact
from profile_service.store.rows.contact import Attendant as AttendantNamed
from profile_service.store.rows.contact import ContactPayload, ContactRow
from profile_service.store.rows.conversation import ConversationRow

__all__ = [
    "AttendantNamed",
    "ContactTarget",
    "OpenedContact",
    "Place",
    "contact_key",
    "contact_place",
    "find_contacts",
    "named_by",
    "require_contact",
]
UNKNOWN_CHANNEL = "unknown"
PLACES_MAX = 50_000


async def find_contacts(
    runtime: Runtime, caller: Caller, targets: Sequence[ContactTarget], connection: Connection | None = None
) -> list[KnownContact | None]:
    """The contacts that are known, in order; read on the connection, where the call is in a transaction."""
    named = [named_by(runtime, caller.tenant, target) for target in targets]
    return await read_contacts(connection or runtime.database, caller.tenant, named)


def named_by(runtime: Runtime, tenant: str, target: ContactTarget) -> tuple[str | None, bytes | None]:
    """The id of a contact, or the key of what the platform calls it."""
    return target.contact_id, None if target.contact_id else contact_key(runtime, tenant, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What of a started contact never changes: enough to record an interaction."""

    key: tuple[str, str | None, str, str]
    source: str
    contact_id: str
    channel: str


async def contact_place(
    runtime: Runtime, caller: Caller, target: ContactTarget, *, channel: str, occur_time_us: int
) -> Place:
    """Where an interaction belongs; remembered for contacts that have started. Raises as require_contact."""
    key = (caller.tenant, target.contact_id, target.source, target.source_contact_id)
    remembered = runtime.places.get(key)
    if isinstance(remembered, Place) and remembered.key == key and caller.role is not CallerRole.AGENT:
        if target.contact_id is None:
            caller.require_source(target.source)
        elif not caller.covers(remembered.source):
            raise ContactNotFound
        return remembered
    contact = await require_contact(runtime, caller, target, channel=channel, occur_time_us=occur_time_us)
    place = Place(
        key=key,
        source=contact.source,
        contact_id=contact.contact_id,
        channel=contact.channel,
    )
    if contact.is_started:
        runtime.places[key] = place
        if len(runtime.places) > PLACES_MAX:
            runtime.places.pop(next(iter(runtime.places)))
    return place


async def require_contact(
    runtime: Runtime, caller: Caller, target: ContactTarget, *, channel: str = "", occur_time_us: int | None = None
) -> KnownContact:
    """The contact; an unknown one is created where its key and the time of the event are given.

    Raises ContactNotFound for an unknown name, and for a contact that is not the caller's, alike; SourceDenied.
    """
    if target.contact_id is None:
        caller.require_source(target.source)

    async def attempt() -> KnownContact | None:
        contact = (await find_contacts(runtime, caller, [target]))[0]
        if contact is not None and is_of(runtime, caller, contact):
            return contact
        if contact is not None:
            raise ContactNotFound
        if target.contact_id is not None or occur_time_us is None:
            raise ContactNotFound
        await _create(runtime, caller, target, channel or UNKNOWN_CHANNEL, occur_time_us)
        return None

    return await runtime.persist(attempt)


async def _create(runtime: Runtime, caller: Caller, target: ContactTarget, channel: str, occur_time_us: int) -> None:
    """A contact of which only an event is known; its StartContact fills it in when it comes."""
    runtime.tenant(caller).require_channel(channel)
    contact, conversation = runtime.new_id(), runtime.new_id()
    key = contact_key(runtime, caller.tenant, target)
    plan = runtime.plan(caller, {"contact": contact})
    plan.lock(key)
    plan.add(
        ConversationRow(
            conversation_id=conversation, brand="", owner_contact=contact, owner_node=None, time_us=occur_time_us
        )
    )
    plan.add(
        ContactRow(
            contact_id=contact,
            conversation_id=conversation,
            is_new=True,
            key=key,
            source=target.source,
            channel=channel,
            start_time_us=occur_time_us,
            payload=ContactPayload(id=target.source_contact_id),
        )
    )
    write_own_profile(plan, contact, occur_time_us, live=True)
    await runtime.apply(plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTarget:
    """A contact by its id, or by the platform's own."""

    contact_id: str | None = None
    source: str = ""
    source_contact_id: str = ""


def contact_key(runtime: Runtime, tenant: str, target: ContactTarget) -> bytes:
    """The keyed hash of the platform's contact id."""
    return runtime.keyring.digest(tenant, "contact", target.source, target.source_contact_id)
