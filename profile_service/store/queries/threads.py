"""Contacts that are threaded again, with all that decides which conversations they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from profile_service.identity.contact.acts import Act, ActKind, Begun, Name
from profile_service.identity.contact.conversation_ids import Told
from profile_service.identity.contact.model import Direction, Initiation
from profile_service.identity.contact.threads import How, Threading
from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.store.database import Connection, Database, read, run

GATHERED_MAX = 1000
"""So many contacts are folded at once."""
CUSTOMERS_WORD = 1


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    body: str


class _Contact(msgspec.Struct, frozen=True, kw_only=True):
    contact_id: str


async def gather(
    connection: Connection, tenant: str, contacts: Iterable[str], profiles: Iterable[ProfileId]
) -> list[str]:
    """The contacts that decide, with some and for some customers, which conversations they make, step by step until
    there are no more, or as many as are folded at once."""
    found, fresh, customers = set(contacts), list(contacts), sorted(profiles)
    while (fresh or customers) and len(found) < GATHERED_MAX:
        parameters = {"tenant": tenant, "contacts": fresh, "profiles": customers, "most": GATHERED_MAX}
        rows = await read(connection, "threads_around", parameters, _Contact)
        fresh, customers = [row.contact_id for row in rows if row.contact_id not in found], []
        found.update(fresh)
    return sorted(found)


async def latest_of_customer(connection: Connection, tenant: str, contact: str, most: int) -> list[str]:
    """The latest contacts of the customer of a contact, itself among them, where it stands alone in its conversation
    and names nothing; else none."""
    parameters = {"tenant": tenant, "contact": contact, "most": most}
    return [row.contact_id for row in await read(connection, "latest_of_customer", parameters, _Contact)]


class Known(NamedTuple):
    """A contact as it is folded, with where it stands: its conversation, whether it changed the channel there, whether
    it is shown with nobody else's, what its caller was told, and by which node the customer was known then."""

    begun: Begun
    conversation: str
    channel_change: bool
    apart: bool
    told: Told
    told_node: NodeId | None


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    key: str
    start_time_us: int
    source: str
    channel: str
    brand: str
    customer: ProfileId | None
    initiation: Initiation
    listens: bool
    direction: Direction
    threading: Threading
    conversation: str
    channel_change: bool
    apart: bool
    told: str
    told_under: ProfileId | None
    told_node: NodeId | None
    ruled_out: tuple[ProfileId, ...]
    names: tuple[tuple[How, str, bool], ...] | None
    references: dict[str, int] | None
    words: tuple[tuple[int, int], ...] | None
    acts: tuple[tuple[str, ActKind, int, tuple[str, ...], ProfileId | None], ...] | None


_FACTS = msgspec.json.Decoder(_Facts)


async def read_facts(
    connection: Connection, tenant: str, contacts: Sequence[str]
) -> tuple[dict[str, Known], list[Act]]:
    """What is known of contacts, by id, and what people said of them."""
    rows = await read(connection, "thread_facts", {"tenant": tenant, "contacts": list(contacts)}, _Body)
    known, acts = dict[str, Known](), dict[str, Act]()
    for row in rows:
        facts = _FACTS.decode(row.body)
        known[facts.id] = _known(facts)
        acts.update((act[0], Act(*act)) for act in facts.acts or ())
    return known, list(acts.values())


def _known(facts: _Facts) -> Known:
    words = sorted((time_us, speaks) for speaks, time_us in facts.words or ())
    begun = Begun(
        id=facts.id,
        key=facts.key,
        start_time_us=facts.start_time_us,
        source=facts.source,
        channel=facts.channel,
        brand=facts.brand,
        customer=facts.customer,
        ruled_out=frozenset(facts.ruled_out),
        initiation=Initiation.CONSULT if facts.listens else facts.initiation,
        direction=facts.direction,
        threading=facts.threading,
        names=[Name(*name) for name in facts.names or ()],
        references=facts.references or {},
        customers_words=[time_us for time_us, speaks in words if speaks == CUSTOMERS_WORD],
        our_words=[time_us for time_us, speaks in words if speaks != CUSTOMERS_WORD],
    )
    last = Told(facts.told, facts.told_under)
    return Known(begun, facts.conversation, facts.channel_change, facts.apart, last, facts.told_node)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as it is kept: the contact that it was made for, whether it is closed, whose it is, and whether
    contacts stand there."""

    id: str
    founder: str
    closed: bool
    customer: ProfileId | None
    occupied: bool


async def read_conversations(
    connection: Connection, tenant: str, conversations: Iterable[str], founders: Iterable[str]
) -> dict[str, Kept]:
    """Conversations, and those that were made for some contacts, by id."""
    parameters = {"tenant": tenant, "conversations": sorted(conversations), "contacts": sorted(founders)}
    return {row.id: row for row in await read(connection, "thread_conversations", parameters, Kept)}


class _Customer(msgspec.Struct, frozen=True, kw_only=True):
    profile_id: ProfileId


async def with_contacts(source: Connection | Database, tenant: str, customers: Iterable[ProfileId]) -> set[ProfileId]:
    """The customers among some who have a contact."""
    names = sorted(customers)
    if not names:
        return set()
    name, parameters = "contacts_of_customers", {"tenant": tenant, "profiles": names}
    if isinstance(source, Database):
        return {row.profile_id for row in await source.read(tenant, name, parameters, _Customer)}
    return {row.profile_id for row in await read(source, name, parameters, _Customer)}


async def lock_customers(
    connection: Connection, tenant: str, profiles: Iterable[ProfileId], contacts: Iterable[str] = ()
) -> set[ProfileId]:
    """Serialise what concerns some customers, and those of some contacts: nothing of it is known for sure before.
    Answers them."""
    parameters = {"tenant": tenant, "profiles": sorted(profiles), "contacts": sorted(contacts)}
    return {row.profile_id for row in await read(connection, "lock_customers", parameters, _Customer)}


async def pending_threads(database: Database, tenant: str, most: int) -> list[str]:
    """Contacts around which others wait to be threaded again."""
    return [row.contact_id for row in await database.read(tenant, "pending_threads", {"most": most}, _Contact)]


async def is_pending(connection: Connection, tenant: str, contact: str) -> bool:
    """Whether others around a contact wait to be threaded again."""
    return bool(await read(connection, "is_pending", {"tenant": tenant, "contact": contact}, _Contact))


async def no_longer_pending(connection: Connection, tenant: str, contact: str) -> None:
    """The contacts around this one are threaded again."""
    await run(connection, "no_longer_pending", {"tenant": tenant, "contact": contact})


class _Stands(msgspec.Struct, frozen=True, kw_only=True):
    conversation_id: str


async def stands_in(connection: Connection, tenant: str, contact: str) -> str | None:
    """The conversation in which a contact stands; None where there is no such contact."""
    rows = await read(connection, "stands_in", {"tenant": tenant, "contact": contact}, _Stands)
    return rows[0].conversation_id if rows else None


async def began_later(connection: Connection, tenant: str, contact: str, time_us: int) -> bool:
    """Whether something is known that came, by its own time, after a time in a contact and may follow it."""
    parameters = {"tenant": tenant, "contact": contact, "time_us": time_us}
    return bool(await read(connection, "began_later", parameters, _Contact))
