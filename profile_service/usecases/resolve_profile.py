"""ResolveProfile: a source record, or bare identifiers, from a system without a contact; and ReplaceIdentifier."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

from profile_service.errors import IdentifierNotFound, IdentifierUnusable, ServiceError
from profile_service.identity.model import Assurance, LinkKind, Role
from profile_service.identity.normalise import Keyed
from profile_service.identity.policy import RECORD_PREFIX
from profile_service.store.graph import Find
from profile_service.usecases import evidence as graph_evidence
from profile_service.usecases.describing import describe, features_of
from profile_service.usecases.identify import Given, Item, Origin, identify, identify_one, key_of
from profile_service.usecases.matching import Matched
from profile_service.usecases.once import first_and_again, once
from profile_service.usecases.resolving import RECORD_CHANNEL, Resolved, ResolveProfile, Resolving
from profile_service.usecases.resolving_together import LOCKS_MAX, TOGETHER_MAX, resolve_together
from profile_service.usecases.runtime import Caller, Runtime

SYSTEM_OF_RECORD = "SYSTEM_OF_RECORD"


async def resolve_profile(runtime: Runtime, caller: Caller, request: ResolveProfile) -> Resolved:
    """Resolve a record. Idempotent by request_id. Raises NotRegistered, SourceDenied, TimeInFuture, KeyReused."""
    return await _resolving(runtime, caller, request).run()


async def explain_resolve(runtime: Runtime, caller: Caller, request: ResolveProfile) -> tuple[Resolved, Matched]:
    """What `resolve_profile` would do; nothing is written. Raises NotRegistered, SourceDenied, TimeInFuture."""
    return await _resolving(runtime, caller, request).preview()


def _resolving(runtime: Runtime, caller: Caller, request: ResolveProfile) -> Resolving:
    runtime.check_time("occur_time", request.occur_time_us)
    source = request.record[0] if request.record else ""
    if request.record:
        caller.speak_for(source)
    origin = _origin(runtime, caller, source, request.default_region)
    items = identify(runtime.keyring, origin, request.given)
    if request.record is not None:
        items.append(_record_item(runtime, caller, origin, request.record, len(items)))
    asked = [[one.namespace, one.value, one.scope, int(one.role), one.method] for one in request.given]
    key = once(runtime, caller, request.request_id, asked, request.record, dict(request.attributes))
    trusted = request.record is not None and _worth(origin, request.record, items[-1].namespace) > Assurance.CLAIMED
    features = features_of(request.attributes, items[:-1]) if trusted else None
    return Resolving(
        runtime=runtime,
        caller=caller,
        items=items,
        once=key,
        time_us=request.occur_time_us,
        request=request,
        description=None if features is None else describe(runtime.keyring, caller.tenant, features),
    )


async def batch_resolve_profiles(
    runtime: Runtime, caller: Caller, requests: Sequence[ResolveProfile]
) -> list[Resolved | ServiceError]:
    """Resolve many; each item is atomic by itself, and its error is its own. Their keys are those of single calls."""
    single = replace(caller, method="ResolveProfile")
    answers: dict[int, Resolved | ServiceError] = {}
    calls: list[tuple[int, Resolving]] = []
    for place, request in enumerate(requests):
        try:
            calls.append((place, _resolving(runtime, single, request)))
        except ServiceError as error:
            answers[place] = error
        await asyncio.sleep(0)  # identifiers can cost milliseconds to read: others get their turn
    for numbers in first_and_again([call.once.key for _, call in calls]):
        for some in _together([calls[number] for number in numbers]):
            resolved = await resolve_together(runtime, single, [call for _, call in some])
            answers.update(zip((place for place, _ in some), resolved, strict=True))
    return [answers[place] for place in range(len(requests))]


def _together(calls: Sequence[tuple[int, Resolving]]) -> Iterator[list[tuple[int, Resolving]]]:
    """Calls that are decided together: not too many, and not with too many keys to lock."""
    some: list[tuple[int, Resolving]] = []
    keys = 0
    for place, call in calls:
        more = len(call.locks())
        if some and (len(some) == TOGETHER_MAX or keys + more > LOCKS_MAX):
            yield some
            some, keys = [], 0
        some.append((place, call))
        keys += more
    if some:
        yield some


def _origin(runtime: Runtime, caller: Caller, source: str, region: str) -> Origin:
    tenant = runtime.tenant(caller)
    return Origin(caller=caller, tenant=tenant, channel=RECORD_CHANNEL, source=source, region=tenant.region("", region))


def _record_item(runtime: Runtime, caller: Caller, origin: Origin, record: tuple[str, str], index: int) -> Item:
    """The record itself as a node of the graph."""
    namespace = f"{RECORD_PREFIX}{record[0]}"
    keyed = Keyed(namespace=namespace, value=record[1])
    given = Given(namespace=namespace, value=record[1], role=Role.SUBJECT, method=SYSTEM_OF_RECORD)
    worth = _worth(origin, record, namespace)
    return Item(
        index=index,
        given=given,
        namespace=namespace,
        assurance=max(worth, Assurance.OBSERVED),
        keyed=keyed,
        key=key_of(runtime.keyring, caller.tenant, keyed),
    )


def _worth(origin: Origin, record: tuple[str, str], namespace: str) -> Assurance:
    return origin.tenant.policy.worth(
        SYSTEM_OF_RECORD,
        namespace=namespace,
        channel=RECORD_CHANNEL,
        source=record[0],
        caller_cap=origin.caller.cap,
    )


async def replace_identifier(
    runtime: Runtime, caller: Caller, *, old: Given, new: Given, occur_time_us: int, request_id: str
) -> Resolved:
    """Say that an identifier has become another: the old one still finds, and no longer excludes.

    Raises IdentifierNotFound, IdentifierUnusable, TimeInFuture, KeyReused, Contention.
    """
    runtime.check_time("occur_time", occur_time_us)
    origin = _origin(runtime, caller, "", "")
    items = [
        identify_one(runtime.keyring, origin, old, "old_identifier.value"),
        replace(identify_one(runtime.keyring, origin, new, "new_identifier.value"), index=1),
    ]
    if items[0].namespace != items[1].namespace:
        raise IdentifierUnusable("Both have to be of one namespace.", field="new_identifier.namespace")
    items = [replace(item, assurance=max(item.assurance, _least(runtime, caller, item))) for item in items]
    if not (await runtime.find(caller.tenant, Find(keys=graph_evidence.find_keys(items[:1], occur_time_us)))).nodes:
        raise IdentifierNotFound
    asked = [[one.namespace, one.value, one.scope] for one in (old, new)]
    key = once(runtime, caller, request_id, asked, occur_time_us)
    call = Resolving(
        runtime=runtime,
        caller=caller,
        items=items,
        once=key,
        time_us=occur_time_us,
        kind=LinkKind.REPLACED,
        supersedes=0,
    )
    return await call.run()


def _least(runtime: Runtime, caller: Caller, item: Item) -> Assurance:
    """A replacement is the source's own statement: it is worth what joins, up to the caller's cap."""
    return min(runtime.tenant(caller).policy.join_min(item.namespace), caller.cap)
