"""Thread contacts again whose customer changed: by evidence, an answer, a correction, an identifier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.contact.transfer import LEGS, is_one_desk
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.threads import Changed, How, Joining, Named, Rethreaded, follow_late, rethread
from profile_service.identity.graph.model import ProfileId
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries.graph import apply_plans
from profile_service.store.queries.threads import Rethreading, first_contacts, read_rethreading
from profile_service.store.rows.contact import (
    Answer,
    ContactAnswerRow,
    ContactMoveRow,
    ConversationOwnerRow,
    ConversationRow,
)

RETHREADED_MAX = 200
"""So many contacts are threaded again with a change (T8)."""


async def rethread_contacts(
    connection: Connection, runtime: Runtime, caller: Caller, contacts: Sequence[str], time_us: int
) -> bool:
    """Move contacts to where they belong under their customers of now, in the transaction of the change; False where
    something moved meanwhile."""
    customers: dict[ProfileId, None] = {}
    for name in contacts[:RETHREADED_MAX]:
        standing = await read_rethreading(connection, caller.tenant, name)
        if standing is None:
            continue
        if standing.customer is not None:
            customers[standing.customer] = None
        if not await _move(connection, runtime, caller, standing, time_us):
            return False
    return await rethread_customers(connection, runtime, caller, customers, time_us)


async def rethread_customers(
    connection: Connection, runtime: Runtime, caller: Caller, customers: Iterable[ProfileId], time_us: int
) -> bool:
    """The open conversations of customers who are one now, or have one more, go on with each other, each with the
    latest that began before it and was alive; False where something moved meanwhile."""
    for customer in customers:
        for name in (await first_contacts(connection, caller.tenant, customer))[1:]:
            standing = await read_rethreading(connection, caller.tenant, name)
            if standing is not None and not await _move(connection, runtime, caller, standing, time_us):
                return False
    return True


async def _move(connection: Connection, runtime: Runtime, caller: Caller, standing: Rethreading, time_us: int) -> bool:
    """Move a contact to where it belongs; False where something moved meanwhile."""
    plan = _plan(runtime, caller, runtime.tenant(caller).policy, standing, time_us)
    return plan is None or await _apply(connection, runtime, plan)


async def _apply(connection: Connection, runtime: Runtime, plan: Plan) -> bool:
    applied = (await apply_plans(connection, plan.tenant, runtime.clock(), [plan]))[0]
    return applied.status is PlanStatus.APPLIED


async def tell_where_it_stands(
    connection: Connection, runtime: Runtime, caller: Caller, contact: str, answer: Answer
) -> Answer | None:
    """What a start answers once customers were merged with it, and a replay of it answers: the conversation that the
    contact came to be in. None where something moved meanwhile."""
    standing = await read_rethreading(connection, caller.tenant, contact)
    if standing is None or standing.conversation == answer.conversation:
        return answer
    stored = msgspec.structs.replace(answer, conversation=standing.conversation)
    plan = runtime.plan(caller, {"contact": contact})
    plan.add(ContactAnswerRow(contact_id=contact, answer=stored))
    return stored if await _apply(connection, runtime, plan) else None


async def follow_awaited(
    connection: Connection, runtime: Runtime, caller: Caller, contact: str, waiting: Sequence[str]
) -> bool | None:
    """Contacts that named this one before it came follow it now; None where something moved meanwhile."""
    policy = runtime.tenant(caller).policy
    for name in waiting:
        came = await read_rethreading(connection, caller.tenant, contact)
        standing = await read_rethreading(connection, caller.tenant, name)
        if came is None or standing is None:
            continue
        named = Named(
            id=came.conversation,
            how=How.PREVIOUS,
            channel=came.channel,
            customer=came.customer,
            one_desk=is_one_desk(caller, policy, standing.source, came.source),
            one_source=standing.source == came.source,
        )
        going = follow_late(_changed(standing, policy), named, came.start_time_us)
        if going is None:
            continue
        if not await _apply(connection, runtime, _rows(runtime, caller, standing, going, came.start_time_us)):
            return None
    return True


def _plan(runtime: Runtime, caller: Caller, policy: Policy, standing: Rethreading, time_us: int) -> Plan | None:
    """The rows of a move; of a contact that stays where nobody was known, that the conversation is its customer's; None
    where nothing changes."""
    going = rethread(_changed(standing, policy), standing.open or ())
    if going is not None:
        return _rows(runtime, caller, standing, going, time_us)
    if standing.customer is None or standing.owned:
        return None
    plan = runtime.plan(caller, {"contact": standing.id})
    plan.add(ConversationOwnerRow(conversation_id=standing.conversation, time_us=time_us))
    plan.touch_conversation(standing.conversation)
    return plan


def _rows(runtime: Runtime, caller: Caller, standing: Rethreading, going: Rethreaded, time_us: int) -> Plan:
    conversation = going.conversation or runtime.new_id()
    plan = runtime.plan(caller, {"contact": standing.id, "rethreaded": len(going.contacts)})
    plan.add(
        ConversationRow(
            conversation_id=conversation,
            brand=standing.brand,
            owner_contact=standing.id,
            owner_node=standing.anchor,
            time_us=standing.start_time_us,
        )
    )
    for contact in going.contacts:
        is_own = contact == standing.id
        plan.add(
            ContactMoveRow(
                contact_id=contact, conversation_id=conversation, channel_change=is_own and going.channel_change
            )
        )
    plan.add(ConversationOwnerRow(conversation_id=standing.conversation, time_us=time_us))
    plan.touch_conversation(conversation)
    plan.touch_conversation(standing.conversation)
    return plan


def _changed(standing: Rethreading, policy: Policy) -> Changed:
    return Changed(
        id=standing.id,
        conversation=standing.conversation,
        start_time_us=standing.start_time_us,
        joining=Joining(
            threading=standing.threading,
            brand=standing.brand,
            channel=standing.channel,
            since_us=standing.start_time_us - policy.continue_within(standing.channel, standing.brand),
            customer=standing.customer,
            is_leg=standing.initiation in LEGS,
        ),
        ruled_out=standing.corrected,
        beside=standing.beside or (),
    )
