"""ResolveProfile: a source record, or bare identifiers, from a system without a contact."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.resolution.answer import Resolved, ResolveProfile
from profile_service.engine.resolution.request import resolving_of
from profile_service.engine.runtime import Runtime


async def resolve_profile(runtime: Runtime, caller: Caller, request: ResolveProfile) -> Resolved:
    """Resolve a record. Idempotent by request_id. Raises NotRegistered, SourceDenied, TimeInFuture, KeyReused."""
    return await resolving_of(runtime, caller, request).run()
