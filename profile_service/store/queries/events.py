"""What happened to profiles."""

from __future__ import annotations

import msgspec

from profile_service.identity.graph.events import EventKind
from profile_service.store.database import Database
from profile_service.store.rows.event import CauseKind, DecidingLink


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a profile, by event time and by the time of recording."""

    kind: EventKind
    before: tuple[str, ...]
    after: tuple[str, ...]
    links: tuple[DecidingLink, ...]
    policy: str
    model: str
    cause_kind: CauseKind
    cause_id: str | None
    occur_time_us: int
    record_time_us: int


async def read_events(database: Database, tenant: str, profile: str, most: int) -> list[Event]:
    """The events of a profile, and of the ids that were merged into it, the latest first."""
    return await database.read(tenant, "profile_events", {"profile": profile, "most": most}, Event)
