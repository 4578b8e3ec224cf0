"""A resolution as it is asked for, ready to be decided."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.graph.evidence import RECORD_CHANNEL
from profile_service.engine.idempotency import once
from profile_service.engine.identifiers import Given, Item, Origin, identify, key_of, origin_of
from profile_service.engine.matching.description import describe, features_of
from profile_service.engine.resolution.answer import ResolveProfile
from profile_service.engine.resolution.single import Resolving
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import Assurance, Role
from profile_service.identity.policy import RECORD_PREFIX, SYSTEM_OF_RECORD
from profile_service.identity.text.normalise import Keyed


def resolving_of(runtime: Runtime, caller: Caller, request: ResolveProfile) -> Resolving:
    runtime.check_time("occur_time", request.occur_time_us)
    source = request.record[0] if request.record else ""
    if request.record:
        caller.require_source(source)
    origin = origin_of(runtime, caller, RECORD_CHANNEL, source, region=request.default_region)
    items = identify(runtime.keyring, origin, request.given)
    if request.record is not None:
        items.append(_record_item(runtime, caller, origin, request.record, len(items)))
    asked = [given.fields() for given in request.given]
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
