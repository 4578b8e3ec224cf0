"""RuleIdentifier: a steward's word on whether several customers use an identifier."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.graph.evidence import find_keys
from profile_service.engine.graph.settlement import Draft, decide_anew, write_anew
from profile_service.engine.identifiers import Given, one_identifier
from profile_service.engine.runtime import Runtime
from profile_service.errors import IdentifierNotFound
from profile_service.identity.graph.plan import GraphPlan
from profile_service.store.database import Connection
from profile_service.store.queries import graph
from profile_service.store.queries.find import Find
from profile_service.store.rows.event import Cause, CauseKind

PROFILES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """The profiles in reach of the identifier now, at most 100; how many were merged away, and how many are new."""

    profiles: tuple[str, ...]
    merged: int
    created: int


async def rule_identifier(runtime: Runtime, caller: Caller, given: Given, *, shared: bool) -> Ruled:
    """Record the word, and decide anew what it changes.

    Raises IdentifierUnusable, IdentifierNotFound, CapReached, Contention.
    """
    item = one_identifier(runtime, caller, given, "identifier.value")
    found = await runtime.find(caller.tenant, Find(keys=find_keys([item], runtime.clock())))
    node = found.nodes.get(0)
    if node is None:
        raise IdentifierNotFound

    async def work(connection: Connection) -> GraphPlan | None:
        await graph.lock_keys(connection, [item.key] if item.key is not None else [])
        await graph.rule(connection, caller.tenant, node.id, shared=shared)
        decided = await decide_anew(connection, runtime, caller, [node.id])
        if decided is None:
            return None
        plan = runtime.plan(caller, {"node": node.id, "ruled_shared": shared})
        cause = Cause(kind=CauseKind.RULING, id=node.id, occur_time_us=runtime.clock())
        return await write_anew(connection, runtime, caller, Draft(plan=plan, decided=decided, cause=cause))

    decided = await runtime.persist(lambda: runtime.transact(caller.tenant, work))
    profiles = sorted({ruled.profile for ruled in decided.nodes.values() if ruled.profile is not None})
    if decided.merged:
        runtime.watchers.merged(caller.tenant, len(decided.merged))
    return Ruled(profiles=tuple(profiles[:PROFILES_MAX]), merged=len(decided.merged), created=len(decided.created))
