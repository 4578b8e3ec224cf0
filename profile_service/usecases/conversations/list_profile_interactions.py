"""ListProfileInteractions: page through a customer's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from profile_service.engine.access import Reading, require_reading
from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import OpenedInteraction
from profile_service.engine.profile import resolve_profile_id
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.errors import ProfileNotFound, ProfileSplit
from profile_service.store.queries.interactions import Page, Place, page_profile
from profile_service.store.queries.opened import Opener


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProfileInteractions:
    """The request, without protobuf; `after` is the (occur_time_us, interaction id) behind which the page begins."""

    profile: str
    size: int
    newest_first: bool = False
    after: Place | None = None
    channels: Sequence[str] = ()
    kinds: Sequence[int] = ()
    from_us: int | None = None
    until_us: int | None = None
    reading: Reading = field(default_factory=Reading)


async def list_profile_interactions(
    runtime: Runtime, caller: Caller, request: ListProfileInteractions
) -> tuple[list[OpenedInteraction], bool]:
    """A page of a customer's timeline, and whether there is more. Raises ProfileNotFound, ProfileSplit,
    ContactNotFound, PurposeNeeded, BudgetSpent."""
    request.reading.require(caller)
    resolved = await resolve_profile_id(runtime, caller, request.profile)
    if resolved is None:
        raise ProfileNotFound
    if resolved.target is None:
        raise ProfileSplit
    await require_reading(runtime, caller, resolved.target, request.reading)
    note_read(runtime, caller, {"profile": resolved.target, **request.reading.subject})
    page = Page(
        size=request.size,
        newest_first=request.newest_first,
        after=request.after,
        channels=request.channels,
        kinds=request.kinds,
        from_us=request.from_us,
        until_us=request.until_us,
    )
    return await page_profile(runtime.database, Opener(runtime.keyring, caller.tenant), resolved.target, page)
