"""Thread contacts again, after the call that changed something, where that came late (T3)."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.contact.refolding import refold
from profile_service.engine.runtime import Runtime
from profile_service.store.database import Connection
from profile_service.store.plan import PlanStatus
from profile_service.store.queries.found import Found
from profile_service.store.queries.graph import apply_plans
from profile_service.store.queries.threads import began_later, is_pending, no_longer_pending, stands_in
from profile_service.store.rows.contact import Answer, ContactAnswerRow, ContactToldRow

LATE_US = 60_000_000
"""What is older than this when it comes may have been overtaken."""


def may_be_late(runtime: Runtime, found: Found, start_us: int) -> bool:
    """Whether something that began later than a contact may have come before it."""
    is_old = start_us < runtime.clock() - LATE_US
    return is_old or bool(found.awaiting) or any(known.last_time_us > start_us for known in found.conversations)


async def rethread_late(runtime: Runtime, caller: Caller, contact: str, time_us: int) -> None:
    """Thread again what follows something that came late, at a time in a contact. Raises Contention."""

    async def attempt(connection: Connection) -> bool | None:
        if not await began_later(connection, caller.tenant, contact, time_us):
            return True
        return await refold(connection, runtime, caller, [contact]) or None

    await runtime.persist(partial(runtime.transact, caller.tenant, attempt))


class LateStart(NamedTuple):
    """What is told of a start that came late; `is_pending`: others around it wait to be threaded again."""

    answer: Answer
    is_pending: bool


async def rethread_start(runtime: Runtime, caller: Caller, contact: str, start_us: int, answer: Answer) -> LateStart:
    """Thread again what follows a contact whose start came late, and waits since. Raises Contention."""

    async def attempt(connection: Connection) -> LateStart | None:
        await no_longer_pending(connection, caller.tenant, contact)
        later = await began_later(connection, caller.tenant, contact, start_us)
        if later and not await refold(connection, runtime, caller, [contact], own=contact):
            return None
        stored = await tell_where_it_stands(connection, runtime, caller, contact, answer)
        waits = later and await is_pending(connection, caller.tenant, contact)
        return None if stored is None else LateStart(stored, waits)

    return await runtime.persist(partial(runtime.transact, caller.tenant, attempt))


async def tell_where_it_stands(
    connection: Connection, runtime: Runtime, caller: Caller, contact: str, answer: Answer
) -> Answer | None:
    """What a start answers once it was threaded again, and a replay of it answers: the conversation that the contact
    came to be in. None where something moved meanwhile."""
    conversation = await stands_in(connection, caller.tenant, contact)
    if conversation is None or conversation == answer.conversation:
        return answer
    stored = msgspec.structs.replace(answer, conversation=conversation)
    plan = runtime.plan(caller, {"contact": contact})
    plan.add(ContactAnswerRow(contact_id=contact, answer=stored))
    plan.add(ContactToldRow(contact_id=contact, conversation_id=conversation))
    applied = (await apply_plans(connection, plan.tenant, runtime.clock(), [plan]))[0]
    return stored if applied.status is PlanStatus.APPLIED else None
