"""Fold what is known around some contacts again, and move those that stand elsewhere now (T3, T6, T8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.acts import Act
from profile_service.identity.contact.conversation_ids import homes, id_of, lets_go
from profile_service.identity.contact.fold import Threads, fold
from profile_service.identity.contact.threads import SKEW_US
from profile_service.identity.graph.model import ProfileId
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries.graph import apply_plans
from profile_service.store.queries.threads import (
    Kept,
    Known,
    began_later,
    gather,
    latest_of_customer,
    lock_customers,
    read_conversations,
    read_facts,
)
from profile_service.store.rows.contact import ContactMoveRow, ContactToldRow, ThreadPendingRow
from profile_service.store.rows.conversation import (
    ConversationLeftRow,
    ConversationOwnerRow,
    ConversationRow,
    ConversationStateRow,
)

LATEST = 20
"""So many of a customer's latest contacts are looked at where one goes on with the latest that is alive."""
REFOLDED_MAX = 200
"""So many contacts are placed again in a call; the rest waits for upkeep (T8)."""


@dataclass(frozen=True)
class Around:
    """What is known around some contacts; `kept`: the conversations that they stand in, or were told."""

    contacts: Mapping[str, Known]
    acts: list[Act]
    kept: Mapping[str, Kept]

    @property
    def customers(self) -> Mapping[str, ProfileId | None]:
        """Whose each contact is."""
        return {name: known.begun.customer for name, known in self.contacts.items()}

    @cached_property
    def free(self) -> frozenset[str]:
        """The conversations in which nobody else stands."""
        own = {known.conversation for known in self.contacts.values()}
        return frozenset(name for name, kept in self.kept.items() if name in own or not kept.occupied)


async def refold(
    connection: Connection,
    runtime: Runtime,
    caller: Caller,
    contacts: Iterable[str],
    customers: Iterable[ProfileId] = (),
    own: str | None = None,
) -> bool:
    """Thread the contacts around these anew, in the transaction of what changed; False where something moved meanwhile.
    `own`: the contact whose caller hears of it."""
    if own is not None and await _goes_on(connection, runtime, caller, own):
        return True
    around = await _around(connection, caller.tenant, sorted(contacts), sorted(customers))
    if not around.contacts:
        return True
    policy = runtime.tenant(caller).policy
    threads = fold((known.begun for known in around.contacts.values()), around.acts, policy.continue_within)
    plan = _Refolding(runtime, caller, around, threads, own).plan()
    if plan is None:
        return True
    applied = (await apply_plans(connection, caller.tenant, runtime.clock(), [plan]))[0]
    return applied.status is PlanStatus.APPLIED


async def _goes_on(connection: Connection, runtime: Runtime, caller: Caller, own: str) -> bool:
    """Place the plain case without folding all that is known: the latest contact of its customer, which stands alone
    and names nothing, goes on with what she has alive. False where it is none, or something moved meanwhile."""
    tenant, policy = caller.tenant, runtime.tenant(caller).policy
    await lock_customers(connection, tenant, (), [own])
    names = await latest_of_customer(connection, tenant, own, LATEST)
    known, acts = await read_facts(connection, tenant, names)
    if acts or own not in known or _is_told_of_another(known[own]):
        return False
    started_us = known[own].begun.start_time_us
    if _stands_after_what_it_names(known, own) or await began_later(connection, tenant, own, started_us):
        return False
    threads = fold((contact.begun for contact in known.values()), (), policy.continue_within)
    parent = threads.followed[own].parent
    stood = known[own].conversation
    goes_to = stood if parent is None else known[parent].conversation
    plan = runtime.plan(caller, {"contact": own})
    plan.add(ContactToldRow(contact_id=own, conversation_id=goes_to))
    if parent is not None:
        change = known[parent].begun.channel != known[own].begun.channel
        plan.add(ContactMoveRow(contact_id=own, conversation_id=goes_to, channel_change=change))
    for name in sorted({stood, goes_to}):
        plan.add(ConversationOwnerRow(conversation_id=name, time_us=runtime.clock()))
        plan.touch_conversation(name)
    plan.touch_profile(known[own].begun.customer or own)
    applied = (await apply_plans(connection, tenant, runtime.clock(), [plan]))[0]
    return applied.status is PlanStatus.APPLIED


async def _around(connection: Connection, tenant: str, contacts: list[str], customers: list[ProfileId]) -> Around:
    """What is known around contacts and customers, whom nobody else changes from now on."""
    locked = await lock_customers(connection, tenant, customers, contacts)
    names = await gather(connection, tenant, contacts, customers)
    if not names:
        return Around({}, [], {})
    known, acts = await read_facts(connection, tenant, names)
    others = {owner for contact in known.values() if (owner := contact.begun.customer) is not None} - locked
    if others:
        await lock_customers(connection, tenant, others)
        known, acts = await read_facts(connection, tenant, await gather(connection, tenant, names, customers))
    stood = {contact.conversation for contact in known.values()}
    heard = {contact.told.conversation for contact in known.values() if contact.told.conversation}
    return Around(known, acts, await read_conversations(connection, tenant, stood | heard, known))


@dataclass
class _Refolding:
    """One change: how the contacts stand, and how they should."""

    runtime: Runtime
    caller: Caller
    around: Around
    threads: Threads
    own: str | None

    @cached_property
    def ids(self) -> dict[frozenset[str], str]:
        """The id of each conversation as it should be."""
        contacts, around = self.around.contacts, self.around
        heard = {name: known.told for name, known in contacts.items() if known.told.conversation in around.free}
        current = {name: known.conversation for name, known in contacts.items()}
        if self.own is not None and lets_go(self.own, self.threads, heard, current):
            heard.pop(self.own)
        founders = {name: around.kept[name].founder for name in around.free}
        home_of = homes(self.threads, heard, around.customers, founders)
        return {group: id_of(group, home_of) or self.runtime.new_id() for group in self.threads.conversations}

    @cached_property
    def id_of(self) -> dict[str, str]:
        """The conversation of each contact as it should be."""
        return {name: conversation for group, conversation in self.ids.items() for name in group}

    def plan(self) -> Plan | None:
        """The rows of the change; None where all stand where they should."""
        contacts = self.around.contacts
        plan = self.runtime.plan(self.caller, {"refolded": len(contacts)})
        moved = self.moved()
        made = set(self.around.kept)
        for row in moved[:REFOLDED_MAX]:
            plan.add(row)
            if row.conversation_id not in made:
                plan.add(self.conversation(contacts[row.contact_id], row.conversation_id))
                made.add(row.conversation_id)
        left = {contacts[row.contact_id].conversation for row in moved[:REFOLDED_MAX]}
        touched = left | {row.conversation_id for row in moved[:REFOLDED_MAX]}
        if len(moved) > REFOLDED_MAX:
            plan.add(ThreadPendingRow(contact_id=self.own or moved[REFOLDED_MAX].contact_id))
        owned = touched | set(self.owned_by_others())
        states = [] if len(moved) > REFOLDED_MAX else list(self.states(touched))
        for name in sorted(owned | {row.conversation_id for row in states}):
            plan.touch_conversation(name)
        for name in sorted(owned):
            plan.add(ConversationOwnerRow(conversation_id=name, time_us=self.runtime.clock()))
        for row in (*states, *self.departed(moved)):
            plan.add(row)
        if self.own is not None and self.own in self.around.contacts:
            plan.add(ContactToldRow(contact_id=self.own, conversation_id=self.id_of[self.own]))
        elif not (owned or states):
            return None
        for customer in sorted({owner for owner in self.around.customers.values() if owner is not None}):
            plan.touch_profile(customer)
        return plan

    def moved(self) -> list[ContactMoveRow]:
        """The contacts that stand elsewhere now, or otherwise than they did, in order."""
        contacts = self.around.contacts
        rows = [self.move(contacts[name], conversation) for name, conversation in self.id_of.items()]
        moved = [
            row
            for row in rows
            if _stands(contacts[row.contact_id]) != (row.conversation_id, row.channel_change, row.apart)
        ]
        return sorted(moved, key=lambda row: self.threads.places[row.contact_id])

    def move(self, known: Known, conversation: str) -> ContactMoveRow:
        begun = known.begun
        followed = self.threads.followed[begun.id]
        parent = self.around.contacts[followed.parent] if followed.parent is not None else None
        return ContactMoveRow(
            contact_id=begun.id,
            conversation_id=conversation,
            channel_change=parent is not None and parent.begun.channel != begun.channel,
            apart=followed.apart,
        )

    def conversation(self, known: Known, conversation: str) -> ConversationRow:
        begun = known.begun
        return ConversationRow(
            conversation_id=conversation,
            brand=begun.brand,
            owner_contact=begun.id,
            owner_node=None,
            time_us=begun.start_time_us,
            reopens=False,
        )

    def departed(self, moved: Sequence[ContactMoveRow]) -> Iterable[ConversationLeftRow]:
        """The conversations in which nobody is left, for whoever still knows one by its id (T6)."""
        contacts = self.around.contacts
        stood = {contacts[row.contact_id].conversation for row in moved[:REFOLDED_MAX]}
        waiting = {contacts[row.contact_id].conversation for row in moved[REFOLDED_MAX:]}
        for name in sorted((stood & self.around.free) - waiting - set(self.ids.values())):
            nodes = [known.told_node for known in contacts.values() if known.told.conversation == name]
            yield ConversationLeftRow(
                conversation_id=name,
                customer_node=next((node for node in nodes if node is not None), None),
                departed=tuple(known.begun.id for known in contacts.values() if known.conversation == name),
            )

    def owned_by_others(self) -> Iterable[str]:
        """The conversations that are kept as somebody's, or nobody's, and are not."""
        customers = self.around.customers
        for group, conversation in self.ids.items():
            owners, kept = {customers[name] for name in group} - {None}, self.around.kept.get(conversation)
            if kept is not None and kept.customer not in (owners or {None}):
                yield conversation

    def states(self, touched: set[str]) -> Iterable[ConversationStateRow]:
        """The conversations that are closed, or open, and should not be; those that contacts came to or left, anew."""
        for group, conversation in self.ids.items():
            close_us, kept = self.threads.close_time(group), self.around.kept.get(conversation)
            stands = kept is not None and kept.closed == (close_us is not None)
            if conversation in touched or not stands:
                yield ConversationStateRow(conversation_id=conversation, close_time_us=close_us)


def _is_told_of_another(known: Known) -> bool:
    """Whether the caller was told of a contact under another customer: its conversation's id may not be its any more
    (T6)."""
    return known.told.customer not in (None, known.begun.customer)


def _stands_after_what_it_names(known: Mapping[str, Known], own: str) -> bool:
    """Whether a contact about as old as one names something that may be later than that, and so stands behind it
    (T0)."""
    since_us = known[own].begun.start_time_us - SKEW_US
    others = (contact.begun for name, contact in known.items() if name != own)
    return any(other.names and other.start_time_us >= since_us for other in others)


def _stands(known: Known) -> tuple[str, bool, bool]:
    """Where a contact stands, whether it changed the channel there, and whether it is shown with nobody else's."""
    return known.conversation, known.channel_change, known.apart
