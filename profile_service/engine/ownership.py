"""Whose word counts on who has an identifier (D4): of who proved it in a contact, or of a source whose record states
it."""

from __future__ import annotations

from profile_service.engine.access import reading_contact
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.target import ContactTarget
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import Assurance, NodeId, Role
from profile_service.store.queries.contacts import read_brought
from profile_service.store.queries.ownership import sources_stating

STEWARDS = frozenset({CallerRole.STEWARD, CallerRole.ADMIN})


async def may_speak_for(runtime: Runtime, caller: Caller, node: NodeId, target: ContactTarget | None) -> bool:
    """Whether a caller may say what became of an identifier. Raises ContactNotFound."""
    if target is not None:
        contact = await reading_contact(runtime, caller, target)
        async with runtime.database.acquire(caller.tenant) as connection:
            brought = await read_brought(connection, caller.tenant, contact.contact_id)
        if any(
            identifier.node_id == node
            and identifier.assurance is Assurance.VERIFIED
            and identifier.role is Role.SUBJECT
            for identifier in brought
        ):
            return True
    return await _states(runtime, caller, node) if target is None else False


async def may_undo(runtime: Runtime, caller: Caller, node: NodeId) -> bool:
    """Whether a caller may take a release back: such a source, or a steward."""
    return caller.role in STEWARDS or await _states(runtime, caller, node)


async def _states(runtime: Runtime, caller: Caller, node: NodeId) -> bool:
    return any(map(caller.covers, await sources_stating(runtime.database, caller.tenant, node)))
