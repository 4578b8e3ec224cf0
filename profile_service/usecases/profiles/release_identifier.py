"""ReleaseIdentifier: the end of an identifier's ownership (R8), by who may say so (D4), and taken back again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from profile_service.engine.caller import Caller
from profile_service.engine.contact.target import ContactTarget
from profile_service.engine.graph.backdating import joined_again, parted
from profile_service.engine.graph.evidence import find_keys
from profile_service.engine.graph.rows import write_end
from profile_service.engine.idempotency import Done, Once, once
from profile_service.engine.identifiers import Given, Item, one_identifier
from profile_service.engine.ownership import may_speak_for, may_undo
from profile_service.engine.runtime import Runtime
from profile_service.errors import IdentifierNotFound
from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.ownership import Released, last_released
from profile_service.store.rows.event import Cause, CauseKind
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
        found = await runtime.find(caller.tenant, self.query())
        if (replay := self.once.replay(found, Done)) is not None:
            return replay.revision
        node = found.nodes.get(0)
        if node is None or not await may_speak_for(runtime, caller, node.id, self.contact):
            plan = runtime.plan(caller, {"node": None})
            applied = await runtime.apply(self.noted(plan, 0))
            return 0 if applied.status is PlanStatus.APPLIED else None
        return await runtime.transact(caller.tenant, partial(self.release_locked, node.id))

    async def release_locked(self, name: NodeId, connection: Connection) -> int | None:
        """What contacts showed since it was last proved beside something known is the next owner's already (D4)."""
        runtime, caller, tenant = self.runtime, self.caller, self.caller.tenant
        await graph.lock_keys(connection, self.keys)
        node = (await find(connection, tenant, [self.query()]))[0].nodes.get(0)
        if node is None or node.id != name:
            return None
        cause = Cause(kind=CauseKind.RELEASE, id=name, occur_time_us=self.time_us)
        if await parted(connection, runtime, caller, name, cause) is None:
            return None
        node = (await find(connection, tenant, [self.query()]))[0].nodes.get(0)
        if node is None:
            return None
        plan = runtime.plan(caller, {"node": node.id})
        write_end(plan, node, self.time_us)
        return await self.written(connection, plan)

    async def undo(self) -> int | None:
        runtime, caller, tenant = self.runtime, self.caller, self.caller.tenant
        found = await runtime.find(tenant, Find(request=self.once.key))
        if (replay := self.once.replay(found, Done)) is not None:
            return replay.revision
        key = self.item.key
        released = None if key is None else await last_released(runtime.database, tenant, key)
        if released is None or not await may_undo(runtime, caller, released.former or released.node):
            raise IdentifierNotFound
        return await runtime.transact(tenant, partial(self.undo_locked, released))

    async def undo_locked(self, released: Released, connection: Connection) -> int | None:
        """It goes on, and so does what it was parted from."""
        runtime, caller = self.runtime, self.caller
        await graph.lock_keys(connection, self.keys)
        plan = runtime.plan(caller, {"node": released.node, "undo": True})
        if released.profile is not None:
            plan.touch_profile(released.profile)
        plan.add(NodeEndRow(node_id=released.node, ended_time_us=None))
        revision = await self.written(connection, plan)
        if revision is None or released.former is None:
            return revision
        going_on = await joined_again(connection, runtime, caller, (released.former, released.node), self.time_us)
        return revision if going_on else None

    def query(self) -> Find:
        return Find(keys=find_keys([self.item], self.time_us), request=self.once.key)

    @property
    def keys(self) -> list[bytes]:
        """What the call locks."""
        return [] if self.item.key is None else [self.item.key]

    def noted(self, plan: Plan, revision: int) -> Plan:
        """The plan, with what a replay answers."""
        for key in self.keys:
            plan.lock(key)
        self.once.write(plan, Done(revision=revision))
        return plan

    async def written(self, connection: Connection, plan: Plan) -> int | None:
        """Write the plan; the revision, or None where it no longer holds."""
        now = self.runtime.clock()
        applied = (await graph.apply_plans(connection, self.caller.tenant, now, [self.noted(plan, now)]))[0]
        return applied.revision if applied.status is PlanStatus.APPLIED else None
