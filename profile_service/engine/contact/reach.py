"""Which contacts are a caller's (I22): of a source that the credential covers; for an agent live or ended lately, and
where the credential names a person, with that person among its attendants."""

from __future__ import annotations

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.runtime import Runtime
from profile_service.identity.policy import Policy
from profile_service.store.queries.contacts import KnownContact
from profile_service.store.queries.opened import Opener


def is_of(runtime: Runtime, caller: Caller, contact: KnownContact) -> bool:
    """Whether a contact is the caller's."""
    if not caller.covers(contact.source):
        return False
    policy, end_time_us = runtime.tenant(caller).policy, contact.end_time_us
    if is_over(caller, policy, end_time_us, runtime.clock()):
        return False
    return not caller.person or attends(runtime, caller, contact)


def is_over(caller: Caller, policy: Policy, end_time_us: int | None, now_us: int) -> bool:
    """Whether a contact ended too long ago for an agent to read it."""
    is_agent = caller.role is CallerRole.AGENT
    return is_agent and end_time_us is not None and end_time_us + policy.agent_reads_within_us < now_us


def attends(runtime: Runtime, caller: Caller, contact: KnownContact) -> bool:
    """Whether the person whom the credential names is among the attendants."""
    opened = Opener(runtime.keyring, caller.tenant).contact(contact)
    return any(attendant.id == caller.person for attendant in opened.payload.attendants)
