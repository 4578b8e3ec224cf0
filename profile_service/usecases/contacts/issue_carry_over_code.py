"""IssueCarryOverCode: a code by which the customer of a contact goes on elsewhere."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from profile_service.engine.caller import Caller
from profile_service.engine.contact.reach import is_of
from profile_service.engine.contact.target import ContactTarget, require_contact
from profile_service.engine.contact.thread import code_key
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactEnded, ContactNotFound
from profile_service.identity.contact.carry_over import new_code
from profile_service.store.rows.contact import CarryOverRow


class Issued(NamedTuple):
    """A code, and until when contacts may begin with it."""

    code: str
    expire_time_us: int


async def issue_carry_over_code(runtime: Runtime, caller: Caller, target: ContactTarget) -> Issued:
    """Issue a code for a live contact of the caller's. Each call makes another.

    Raises SourceDenied, ContactNotFound, ContactEnded.
    """
    contact = await require_contact(runtime, caller, target)
    if not is_of(runtime, caller, contact):
        raise ContactNotFound
    if contact.end_time_us is not None:
        raise ContactEnded
    issued = Issued(new_code(secrets.choice), runtime.clock() + runtime.tenant(caller).policy.carry_over_us)
    plan = runtime.plan(caller, {"contact": contact.contact_id})
    key = code_key(runtime, caller.tenant, issued.code)
    plan.add(CarryOverRow(key=key, contact_id=contact.contact_id, expire_time_us=issued.expire_time_us))
    await runtime.apply(plan)
    return issued
