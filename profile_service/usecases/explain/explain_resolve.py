"""ExplainResolve: what ResolveProfile would do; nothing is written."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.matching.search import Matched
from profile_service.engine.reads import note_read
from profile_service.engine.resolution.answer import Resolved, ResolveProfile
from profile_service.engine.resolution.request import resolving_of
from profile_service.engine.runtime import Runtime


async def explain_resolve(runtime: Runtime, caller: Caller, request: ResolveProfile) -> tuple[Resolved, Matched]:
    """What `resolve_profile` would do; nothing is written. Raises NotRegistered, SourceDenied, TimeInFuture."""
    resolved, matched = await resolving_of(runtime, caller, request).preview()
    note_read(runtime, caller, {"profiles": sorted({resolved.profile, *matched.owners()} - {""})})
    return resolved, matched
