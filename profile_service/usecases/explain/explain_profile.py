"""ExplainProfile: how a profile came to be."""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.engine.caller import Caller
from profile_service.engine.graph.explanation import Reference, Step, links_around, locate, steps_of
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import ProfileId


async def explain_profile(runtime: Runtime, caller: Caller, wanted: Reference) -> tuple[ProfileId, Sequence[Step]]:
    """How a profile came to be. Raises ProfileNotFound, SourceDenied."""
    profile, _ = await locate(runtime, caller, wanted)
    around = await links_around(runtime, caller, [profile])
    note_read(runtime, caller, {"explain": [profile]})
    return profile, steps_of(around, profile, runtime.tenant(caller).policy)
