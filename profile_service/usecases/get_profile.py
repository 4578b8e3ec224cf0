"""GetProfile: a profile by name, over redirects, or by the caller's own record id; splits disclose nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from profile_service.errors import ProfileNotFound
from profile_service.identity.normalise import Keyed
from profile_service.identity.policy import RECORD_PREFIX
from profile_service.store.contexts import Opener
from profile_service.store.graph import Find
from profile_service.usecases.identify import key_of
from profile_service.usecases.read_context import ProfileView, note_read, profile_view
from profile_service.usecases.runtime import Caller, Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedId:
    """What a profile id resolves to; `target` None: it was split."""

    asked: str
    target: str | None
    successors: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProfile:
    """A profile as asked for; `view` None where the id was split."""

    resolved: ResolvedId
    view: ProfileView | None
    founder: str | None


def etag_of(profile: str, revision: int) -> str:
    """The etag of a profile at a revision."""
    return f"{profile[-6:]}-{revision:x}"


async def resolve_profile_id(runtime: Runtime, caller: Caller, profile: str) -> ResolvedId | None:
    """Follow a profile id: computed from its founder, so that no cycle can exist (R11). None where unknown."""
    rows = await runtime.database.rows(caller.tenant, "profile_by_id", {"profile": profile})
    if not rows:
        return None
    row = rows[0]
    if row["state"] == "split" or row["target"] is None:
        return ResolvedId(asked=profile, target=None, successors=row["successors"])
    return ResolvedId(asked=profile, target=row["target"], successors=())


async def get_profile(runtime: Runtime, caller: Caller, profile: str) -> FoundProfile:
    """A profile by id. Raises ProfileNotFound."""
    resolved = await resolve_profile_id(runtime, caller, profile)
    if resolved is None:
        raise ProfileNotFound
    if resolved.target is None:
        return FoundProfile(resolved=resolved, view=None, founder=None)
    rows = await runtime.database.rows(caller.tenant, "profile_parts", {"profile": resolved.target})
    if not rows:
        raise ProfileNotFound
    row: dict[str, Any] = rows[0]
    note_read(runtime, caller, {"profile": resolved.target})
    view = profile_view(Opener(runtime.keyring, caller.tenant), row)
    return FoundProfile(resolved=resolved, view=view, founder=row["founder"])


async def get_profile_by_record(runtime: Runtime, caller: Caller, source: str, record: str) -> FoundProfile:
    """A profile by a source record. Raises ProfileNotFound, SourceDenied."""
    caller.speak_for(source)
    keyed = Keyed(namespace=f"{RECORD_PREFIX}{source}", value=record)
    key = key_of(runtime.keyring, caller.tenant, keyed)
    found = await runtime.find(caller.tenant, Find(keys=[(0, key, runtime.clock())]))
    node = found.nodes.get(0)
    if node is None or node.profile is None:
        raise ProfileNotFound
    return await get_profile(runtime, caller, node.profile)
