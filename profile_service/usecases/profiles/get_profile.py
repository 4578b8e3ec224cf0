"""GetProfile: a profile by name, over redirects, or by the caller's own record id; splits disclose nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from profile_service.engine.access import Reading, reading_contact, require_reading
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.context import context_of
from profile_service.engine.identifiers import key_of
from profile_service.engine.profile import ProfileView, ResolvedId, profile_view, resolve_profile_id
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.errors import ProfileNotFound
from profile_service.identity.policy import RECORD_PREFIX
from profile_service.identity.text.normalise import Keyed
from profile_service.store.queries.find import Find
from profile_service.store.queries.opened import Opener
from profile_service.store.queries.profiles import read_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProfile:
    """A profile as asked for; `view` None where the id was split."""

    resolved: ResolvedId
    view: ProfileView | None
    founder: str | None


async def get_profile(runtime: Runtime, caller: Caller, profile: str, reading: Reading) -> FoundProfile:
    """A profile by id. What an agent reads through a contact is masked as its context is, until it is SAFE.

    Raises ProfileNotFound, ContactNotFound, PurposeNeeded, BudgetSpent.
    """
    reading.require(caller)
    resolved = await resolve_profile_id(runtime, caller, profile)
    if resolved is None:
        raise ProfileNotFound
    if resolved.target is None:
        return FoundProfile(resolved=resolved, view=None, founder=None)
    await require_reading(runtime, caller, resolved.target, reading)
    found = await read_found(runtime, caller, resolved)
    note_read(runtime, caller, {"profile": resolved.target, **reading.subject})
    if found.view is None or reading.contact is None or caller.role is not CallerRole.AGENT:
        return found
    contact = await reading_contact(runtime, caller, reading.contact)
    shown = await context_of(runtime, caller, contact.contact_id, automated=False)
    return replace(found, view=shown.profile_view or found.view)


async def read_found(runtime: Runtime, caller: Caller, resolved: ResolvedId) -> FoundProfile:
    """A profile whose id is resolved, for a caller who may read it. Raises ProfileNotFound."""
    read = None if resolved.target is None else await read_profile(runtime.database, caller.tenant, resolved.target)
    if read is None:
        raise ProfileNotFound
    parts, founder = read
    view = profile_view(Opener(runtime.keyring, caller.tenant), parts, runtime.tenant(caller).policy)
    return FoundProfile(resolved=resolved, view=view, founder=founder)


async def get_profile_by_record(
    runtime: Runtime, caller: Caller, source: str, record: str, reading: Reading
) -> FoundProfile:
    """A profile by a source record. Raises ProfileNotFound, SourceDenied, and as get_profile."""
    caller.require_source(source)
    reading.require(caller)
    keyed = Keyed(namespace=f"{RECORD_PREFIX}{source}", value=record)
    key = key_of(runtime.keyring, caller.tenant, keyed)
    found = await runtime.find(caller.tenant, Find(keys=[(0, key, runtime.clock())]))
    node = found.nodes.get(0)
    if node is None or node.profile is None:
        raise ProfileNotFound
    return await get_profile(runtime, caller, node.profile, reading)
