"""ReplaceIdentifier: an identifier has become another."""

from __future__ import annotations

from dataclasses import replace

from profile_service.engine.caller import Caller
from profile_service.engine.contact.target import ContactTarget
from profile_service.engine.graph.evidence import RECORD_CHANNEL, find_keys
from profile_service.engine.idempotency import once
from profile_service.engine.identifiers import Given, Item, identify_one, origin_of
from profile_service.engine.ownership import may_speak_for
from profile_service.engine.resolution.answer import Resolved
from profile_service.engine.resolution.single import Resolving
from profile_service.engine.runtime import Runtime
from profile_service.errors import IdentifierNotFound, IdentifierUnusable
from profile_service.identity.graph.model import Assurance, LinkKind
from profile_service.store.queries.find import Find


async def replace_identifier(
    runtime: Runtime,
    caller: Caller,
    *,
    pair: tuple[Given, Given],
    occur_time_us: int,
    request_id: str,
    contact: ContactTarget | None,
) -> Resolved:
    """Say that an identifier has become another: the old one still finds, and no longer excludes. `contact`: in which
    the old one was proved; else a record of a source of the caller's states it.

    Raises IdentifierNotFound (also where it is not the caller's to replace), ContactNotFound, IdentifierUnusable,
    TimeInFuture, KeyReused, Contention.
    """
    runtime.check_time("occur_time", occur_time_us)
    old, new = pair
    origin = origin_of(runtime, caller, RECORD_CHANNEL, "")
    items = [
        identify_one(runtime.keyring, origin, old, "old_identifier.value"),
        replace(identify_one(runtime.keyring, origin, new, "new_identifier.value"), index=1),
    ]
    if items[0].namespace != items[1].namespace:
        raise IdentifierUnusable("Both have to be of one namespace.", field="new_identifier.namespace")
    items = [replace(item, assurance=max(item.assurance, _least(runtime, caller, item))) for item in items]
    known = (await runtime.find(caller.tenant, Find(keys=find_keys(items[:1], occur_time_us)))).nodes.get(0)
    if known is None or not await may_speak_for(runtime, caller, known.id, contact):
        raise IdentifierNotFound
    asked = [[identifier.namespace, identifier.value, identifier.scope] for identifier in (old, new)]
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
