"""ExplainProfile: how a profile came to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.graph.explanation import Reference, Step, links_around, locate, steps_of
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import ProfileId
from profile_service.store.queries.events import Event, read_events

__all__ = ["Event", "ProfileExplained", "explain_profile"]


EVENTS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileExplained:
    """How a profile came to be: the links that hold it together now, and what happened to it, the latest first."""

    profile: ProfileId
    steps: Sequence[Step]
    events: Sequence[Event]


async def explain_profile(runtime: Runtime, caller: Caller, reference: Reference) -> ProfileExplained:
    """How a profile came to be. Raises ProfileNotFound, SourceDenied."""
    profile, _ = await locate(runtime, caller, reference)
    around = await links_around(runtime, caller, [profile])
    events = await read_events(runtime.database, caller.tenant, profile, EVENTS_MAX)
    note_read(runtime, caller, {"explain": [profile]})
    steps = steps_of(around, profile, runtime.tenant(caller).policy)
    return ProfileExplained(profile=profile, steps=steps, events=events)
