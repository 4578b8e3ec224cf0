"""What a customer chose: pins and preferences (UpdateProfile), and consents (RecordConsent)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from profile_service.errors import (
    EtagStale,
    ProfileNotFound,
    ProfileSplit,
    ProfileWithoutIdentifier,
)
from profile_service.store.graph import Find
from profile_service.store.plan import Plan
from profile_service.usecases.evidence import find_keys
from profile_service.usecases.get_profile import FoundProfile, etag_of, get_profile
from profile_service.usecases.graph_rows import write_end
from profile_service.usecases.identify import Given, Item, Origin, identify_one
from profile_service.usecases.once import once
from profile_service.usecases.runtime import Caller, Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProfile:
    """The request, without protobuf: key -> value, None takes it away. Pins are keyed `pin:<attribute>`."""

    profile: str
    request_id: str
    occur_time_us: int
    changes: Mapping[str, str | None]
    replaces_pins: bool = False
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsent:
    """The request, without protobuf. `given` names the customer where `profile` does not."""

    request_id: str
    occur_time_us: int
    purpose: str
    granted: bool
    channel: str = ""
    brand: str = ""
    profile: str | None = None
    given: Given | None = None


async def _require(runtime: Runtime, caller: Caller, profile: str) -> FoundProfile:
    found = await get_profile(runtime, caller, profile)
    if found.view is None:
        raise ProfileSplit
    if found.founder is None:
        raise ProfileWithoutIdentifier
    return found


async def update_profile(runtime: Runtime, caller: Caller, request: UpdateProfile) -> FoundProfile:
    """Set pins and preferences. Idempotent by request_id.

    Raises ProfileNotFound, ProfileSplit, ProfileWithoutIdentifier, EtagStale, TimeInFuture, KeyReused, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    key = once(runtime, caller, request.request_id, request.profile, dict(request.changes), request.replaces_pins)

    async def attempt() -> FoundProfile | None:
        if key.replay(await runtime.find(caller.tenant, Find(request=key.key))) is not None:
            return await get_profile(runtime, caller, request.profile)
        found = await _require(runtime, caller, request.profile)
        if found.view is None or found.founder is None:
            return None
        if request.etag and request.etag != etag_of(found.view.id, found.view.revision):
            raise EtagStale
        plan = runtime.plan(caller, {"profile": found.view.id})
        plan.touch_profile(found.view.id)
        plan.add("expected", profile_id=found.view.id, etag=found.view.revision if request.etag else None)
        gone = [f"pin:{name}" for name in found.view.pins] if request.replaces_pins else []
        for name, value in {**dict.fromkeys(gone), **request.changes}.items():
            place = f"{found.founder}.{name}"
            sealed = None if value is None else plan.seal("preference", "value", place, value)
            plan.add("preference", node_id=found.founder, key=name, value=sealed, occur_time_us=request.occur_time_us)
        key.write(plan, {"profile": found.view.id})
        applied = await runtime.apply(plan)
        return await get_profile(runtime, caller, request.profile) if applied.status == "applied" else None

    return await runtime.persist(attempt)


async def record_consent(runtime: Runtime, caller: Caller, request: RecordConsent) -> int:
    """Append a consent; answers the revision. It takes no etag. Idempotent by request_id.

    Raises ProfileNotFound, ProfileSplit, ProfileWithoutIdentifier, IdentifierUnusable, TimeInFuture, KeyReused.
    """
    runtime.check_time("consent.occur_time", request.occur_time_us)
    asked = [request.purpose, request.granted, request.channel, request.brand, request.profile]
    given = request.given
    named = None if given is None else [given.namespace, given.value, given.scope]
    key = once(runtime, caller, request.request_id, asked, named)

    async def attempt() -> int | None:
        replay = key.replay(await runtime.find(caller.tenant, Find(request=key.key)))
        if replay is not None:
            return replay["revision"]
        plan = runtime.plan(caller, {"consent": request.purpose})
        node = await _consent_node(runtime, caller, request, plan)
        if node is None:
            return None
        plan.add(
            "consent",
            consent_id=runtime.new_id(),
            node_id=node,
            purpose=request.purpose,
            channel=request.channel,
            brand=request.brand,
            granted=request.granted,
            occur_time_us=request.occur_time_us,
        )
        key.write(plan, {"revision": runtime.clock()})
        applied = await runtime.apply(plan)
        return applied.revision if applied.status == "applied" else None

    return await runtime.persist(attempt)


async def _consent_node(runtime: Runtime, caller: Caller, request: RecordConsent, plan: Plan) -> str | None:
    """The node that the consent hangs on; an identifier that nobody has used yet is remembered for it."""
    if request.profile is not None:
        found = await _require(runtime, caller, request.profile)
        if found.view is not None:
            plan.touch_profile(found.view.id)
        return found.founder
    if request.given is None:
        raise ProfileNotFound
    item = one_identifier(runtime, caller, request.given, "identifier.value")
    found = await runtime.find(caller.tenant, Find(keys=find_keys([item], request.occur_time_us)))
    node = found.nodes.get(0)
    if node is not None:
        if node.profile is not None:
            plan.touch_profile(node.profile)
        return node.id
    return _remember(runtime, plan, item, request.occur_time_us)


def one_identifier(runtime: Runtime, caller: Caller, given: Given, field_name: str) -> Item:
    """Key an identifier that a call is about. Raises IdentifierUnusable, NotRegistered."""
    tenant = runtime.tenant(caller)
    origin = Origin(caller=caller, tenant=tenant, channel="record", source="", region=tenant.region("", ""))
    return identify_one(runtime.keyring, origin, given, field_name)


def _remember(runtime: Runtime, plan: Plan, item: Item, time_us: int) -> str | None:
    if item.key is None or item.keyed is None:
        return None
    node = runtime.new_id()
    row: dict[str, Any] = {"namespace": item.namespace, "scope": item.keyed.scope, "key": item.key}
    plan.lock(item.key)
    plan.add("absent", key=item.key, as_of_us=time_us)
    plan.add(
        "node",
        node_id=node,
        **row,
        value=plan.seal("node", "value", node, item.given.value),
        established=False,
        shared=0,
        fan_out=0,
        profile_id=None,
        time_us=time_us,
    )
    return node


async def release_identifier(
    runtime: Runtime, caller: Caller, *, given: Given, occur_time_us: int, request_id: str
) -> int:
    """End the ownership of an identifier; answers the revision, 0 where it was not known. Idempotent by request_id.

    What came in before stays with the owner; what comes in later is keyed to a new node, the next epoch (R8).
    Raises IdentifierUnusable, TimeInFuture, KeyReused, Contention.
    """
    runtime.check_time("occur_time", occur_time_us)
    item = one_identifier(runtime, caller, given, "identifier.value")
    key = once(runtime, caller, request_id, given.namespace, given.value, given.scope, occur_time_us)

    async def attempt() -> int | None:
        wanted = Find(keys=find_keys([item], occur_time_us), request=key.key)
        found = await runtime.find(caller.tenant, wanted)
        replay = key.replay(found)
        if replay is not None:
            return replay["revision"]
        node = found.nodes.get(0)
        plan = runtime.plan(caller, {"node": None if node is None else node.id})
        if item.key is not None:
            plan.lock(item.key)
        if node is not None:
            write_end(plan, node, occur_time_us)
        revision = runtime.clock() if node is not None else 0
        key.write(plan, {"revision": revision})
        applied = await runtime.apply(plan)
        if applied.status != "applied":
            return None
        return applied.revision if node is not None else 0

    return await runtime.persist(attempt)
