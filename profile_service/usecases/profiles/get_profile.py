"""GetProfile: a profile by name, over redirects, or by the caller's own record id; splits disclose nothing."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.caller import Caller
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


async def get_profile(runtime: Runtime, caller: Caller, profile: str) -> FoundProfile:
    """A profile by id. Raises ProfileNotFound."""
    resolved = await resolve_profile_id(runtime, caller, profile)
    if resolved is None:
        raise ProfileNotFound
    if resolved.target is None:
        return FoundProfile(resolved=resolved, view=None, founder=None)
    read = await read_profile(runtime.database, caller.tenant, resolved.target)
    if read is None:
        raise ProfileNotFound
    parts, founder = read
    note_read(runtime, caller, {"profile": resolved.target})
    view = profile_view(Opener(runtime.keyring, caller.tenant), parts)
    return FoundProfile(resolved=resolved, view=view, founder=founder)


async def get_profile_by_record(runtime: Runtime, caller: Caller, source: str, record: str) -> FoundProfile:
    """A profile by a source record. Raises ProfileNotFound, SourceDenied."""
    caller.require_source(source)
    keyed = Keyed(namespace=f"{RECORD_PREFIX}{source}", value=record)
    key = key_of(runtime.keyring, caller.tenant, keyed)
    found = await runtime.find(caller.tenant, Find(keys=[(0, key, runtime.clock())]))
    node = found.nodes.get(0)
    if node is None or node.profile is None:
        raise ProfileNotFound
    return await get_profile(runtime, caller, node.profile)
