"""UpdateProfile: pins and preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profile_service.engine.access import Reading
from profile_service.engine.caller import Caller
from profile_service.engine.idempotency import Done, once
from profile_service.engine.profile import etag_of
from profile_service.engine.runtime import Runtime
from profile_service.errors import (
    EtagStale,
    ProfileSplit,
    ProfileWithoutIdentifier,
)
from profile_service.store.plan import PlanStatus
from profile_service.store.queries.find import Find
from profile_service.store.rows.graph import ProfileExpectedRow
from profile_service.store.rows.profile import PreferenceRow
from profile_service.usecases.profiles.get_profile import FoundProfile, get_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProfile:
    """The request, without protobuf: key -> value, None takes it away. Pins are keyed `pin:<attribute>`."""

    profile: str
    request_id: str
    occur_time_us: int
    changes: Mapping[str, str | None]
    replaces_pins: bool = False
    etag: str = ""
    reading: Reading = field(default_factory=Reading)


async def require_profile(runtime: Runtime, caller: Caller, profile: str, reading: Reading) -> FoundProfile:
    """The profile that can be changed: a live one with an identifier, and the caller's to read. Raises ProfileSplit,
    ProfileWithoutIdentifier, and as get_profile."""
    current = await get_profile(runtime, caller, profile, reading)
    if current.view is None:
        raise ProfileSplit
    if current.founder is None:
        raise ProfileWithoutIdentifier
    return current


async def update_profile(runtime: Runtime, caller: Caller, request: UpdateProfile) -> FoundProfile:
    """Set pins and preferences. Idempotent by request_id.

    Raises ProfileNotFound, ProfileSplit, ProfileWithoutIdentifier, EtagStale, TimeInFuture, KeyReused, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    key = once(runtime, caller, request.request_id, request.profile, dict(request.changes), request.replaces_pins)

    async def attempt() -> FoundProfile | None:
        if key.replay(await runtime.find(caller.tenant, Find(request=key.key)), Done) is not None:
            return await get_profile(runtime, caller, request.profile, request.reading)
        current = await require_profile(runtime, caller, request.profile, request.reading)
        if current.view is None or current.founder is None:
            return None
        if request.etag and request.etag != etag_of(current.view.id, current.view.revision):
            raise EtagStale
        plan = runtime.plan(caller, {"profile": current.view.id})
        plan.touch_profile(current.view.id)
        plan.add(ProfileExpectedRow(profile_id=current.view.id, etag=current.view.revision if request.etag else None))
        gone = [f"pin:{name}" for name in current.view.pins] if request.replaces_pins else []
        for name, value in {**dict.fromkeys(gone), **request.changes}.items():
            plan.add(PreferenceRow(node_id=current.founder, key=name, value=value, occur_time_us=request.occur_time_us))
        key.write(plan, Done())
        applied = await runtime.apply(plan)
        if applied.status is not PlanStatus.APPLIED:
            return None
        return await get_profile(runtime, caller, request.profile, request.reading)

    return await runtime.persist(attempt)
