"""ReleaseIdentifier: the end of an identifier's ownership (R8), by who may say so (D4), and taken back again."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.contact.target import ContactTarget
from profile_service.engine.graph.evidence import find_keys
from profile_service.engine.graph.rows import write_end
from profile_service.engine.idempotency import Done, Once, once
from profile_service.engine.identifiers import Given, Item, one_identifier
from profile_service.engine.ownership import may_speak_for, may_undo
from profile_service.engine.runtime import Runtime
from profile_service.errors import IdentifierNotFound
from profile_service.store.plan import Plan, PlanStatus
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
    call = _Call(runtime=runtime, caller=caller, item=item, once=key, time_us=occur_time_us, contact=evidence.contact)
    return await runtime.persist(call.undo if evidence.undo else call.release)


@dataclass(slots=True)
class _Call:
    runtime: Runtime
    caller: Caller
    item: Item
    once: Once
    time_us: int
    contact: ContactTarget | None

    async def release(self) -> int | None:
        runtime, caller = self.runtime, self.caller
        query = Find(keys=find_keys([self.item], self.time_us), request=self.once.key)
        found = await runtime.find(caller.tenant, query)
        if (replay := self.once.replay(found, Done)) is not None:
            return replay.revision
        node = found.nodes.get(0)
        if node is not None and not await may_speak_for(runtime, caller, node.id, self.contact):
            node = None
        plan = runtime.plan(caller, {"node": None if node is None else node.id})
        if node is not None:
            write_end(plan, node, self.time_us)
        revision = await self.apply(plan, runtime.clock() if node is not None else 0)
        return revision if node is not None or revision is None else 0

    async def undo(self) -> int | None:
        runtime, caller = self.runtime, self.caller
        found = await runtime.find(caller.tenant, Find(request=self.once.key))
        if (replay := self.once.replay(found, Done)) is not None:
            return replay.revision
        key = self.item.key
        released = None if key is None else await last_released(runtime.database, caller.tenant, key)
        if released is None or not await may_undo(runtime, caller, released.node):
            raise IdentifierNotFound
        plan = runtime.plan(caller, {"node": released.node, "undo": True})
        if released.profile is not None:
            plan.touch_profile(released.profile)
        plan.add(NodeEndRow(node_id=released.node, ended_time_us=None))
        return await self.apply(plan, runtime.clock())

    async def apply(self, plan: Plan, revision: int) -> int | None:
        if self.item.key is not None:
            plan.lock(self.item.key)
        self.once.write(plan, Done(revision=revision))
        applied = await self.runtime.apply(plan)
        return applied.revision if applied.status is PlanStatus.APPLIED else None
