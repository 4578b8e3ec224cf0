"""ReleaseIdentifier: the end of an identifier's ownership (R8)."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.graph.evidence import find_keys
from profile_service.engine.graph.rows import write_end
from profile_service.engine.idempotency import Done, once
from profile_service.engine.identifiers import Given, one_identifier
from profile_service.engine.runtime import Runtime
from profile_service.store.plan import PlanStatus
from profile_service.store.queries.find import Find


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
        query = Find(keys=find_keys([item], occur_time_us), request=key.key)
        found = await runtime.find(caller.tenant, query)
        replay = key.replay(found, Done)
        if replay is not None:
            return replay.revision
        node = found.nodes.get(0)
        plan = runtime.plan(caller, {"node": None if node is None else node.id})
        if item.key is not None:
            plan.lock(item.key)
        if node is not None:
            write_end(plan, node, occur_time_us)
        revision = runtime.clock() if node is not None else 0
        key.write(plan, Done(revision=revision))
        applied = await runtime.apply(plan)
        if applied.status is not PlanStatus.APPLIED:
            return None
        return applied.revision if node is not None else 0

    return await runtime.persist(attempt)
