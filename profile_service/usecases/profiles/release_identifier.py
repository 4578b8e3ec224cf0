"""ReleaseIdentifier: the end of an identifier's ownership (R8), by who may say so (D4), and taken back again."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.contact.target import ContactTarget
from profile_service.engine.graph.evidence import find_keys
from profile_service.engine.graph.rows import write_end
from profile_service.engine.idempotency import Done, once
from profile_service.engine.identifiers import Given, one_identifier
from profile_service.engine.ownership import may_speak_for, may_undo
from profile_service.engine.runtime import Runtime
from profile_service.errors import IdentifierNotFound
from profile_service.store.plan import PlanStatus
from profile_service.store.queries.find import Find
from profile_service.store.queries.ownership import last_released
from profile_service.store.rows.graph import NodeEndRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseEvidence:
    """Why a release is the caller's to say: a contact in which the identifier was proved, or a record of a source of
    theirs. `undo`: the last release was wrong."""

    contact: ContactTarget | None = None
    undo: bool = False


async def release_identifier(
    runtime: Runtime, caller: Caller, *, given: Given, occur_time_us: int, request_id: str, evidence: ReleaseEvidence
) -> int:
    """End the ownership of an identifier, or take its last release back; answers the revision, 0 where it is not known,
    or not the caller's to release. Idempotent by request_id.

    What came in before stays with the owner; what comes in later is keyed to a new node, the next epoch (R8).
    Raises IdentifierUnusable, IdentifierNotFound, ContactNotFound, TimeInFuture, KeyReused, Contention.
    """
    runtime.check_time("occur_time", occur_time_us)
    item = one_identifier(runtime, caller, given, "identifier.value")
    key = once(runtime, caller, request_id, given.namespace, given.value, given.scope, occur_time_us, evidence.undo)

    async def attempt() -> int | None:
        query = Find(keys=find_keys([item], occur_time_us), request=key.key)
        found = await runtime.find(caller.tenant, query)
        replay = key.replay(found, Done)
        if replay is not None:
            return replay.revision
        node = found.nodes.get(0)
        if node is not None and not await may_speak_for(runtime, caller, node.id, evidence.contact):
            node = None
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

    async def undo() -> int | None:
        found = await runtime.find(caller.tenant, Find(request=key.key))
        replay = key.replay(found, Done)
        if replay is not None:
            return replay.revision
        released = None if item.key is None else await last_released(runtime.database, caller.tenant, item.key)
        if released is None or item.key is None or not await may_undo(runtime, caller, released.node):
            raise IdentifierNotFound
        plan = runtime.plan(caller, {"node": released.node, "undo": True})
        plan.lock(item.key)
        if released.profile is not None:
            plan.touch_profile(released.profile)
        plan.add(NodeEndRow(node_id=released.node, ended_time_us=None))
        key.write(plan, Done(revision=runtime.clock()))
        applied = await runtime.apply(plan)
        return applied.revision if applied.status is PlanStatus.APPLIED else None

    return await runtime.persist(undo if evidence.undo else attempt)
