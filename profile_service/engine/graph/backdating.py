"""What is released or taken back began anew when it was last proved beside an identifier that was known before (D4):
who proved it since may have been its next owner, beside whose mailbox it opens nothing of the former one's."""

from __future__ import annotations

from collections.abc import Collection

from profile_service.engine.caller import Caller
from profile_service.engine.graph.evidence import RECORD_CHANNEL, Evidence
from profile_service.engine.graph.settlement import Draft, decide_anew, write_anew, write_evidence
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import Assurance, LinkKind, LinkState, NodeId
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph, renewal
from profile_service.store.queries.backdating import LastKnown, last_known, move_contacts
from profile_service.store.rows.event import Cause
from profile_service.store.rows.graph import NODE_VALUE, LinkRow, NodeEndRow, NodeRow


async def parted(connection: Connection, runtime: Runtime, caller: Caller, node: NodeId, cause: Cause) -> bool | None:
    """Have an identifier that is released begin anew in the past, and decide that; None where it moved meanwhile."""
    later = await backdated(connection, runtime, caller, [node], cause.occur_time_us)
    if not later:
        return False
    await renewal.begin_anew(connection, caller.tenant, None, [node], cause.occur_time_us)
    nodes = frozenset({node, *later.values()})
    decided = await decide_anew(connection, runtime, caller, sorted(nodes))
    if decided is None:
        return None
    draft = Draft(plan=runtime.plan(caller, {"parted": node}), decided=decided, cause=cause, moved=nodes)
    return True if await write_anew(connection, runtime, caller, draft) is not None else None


async def joined_again(
    connection: Connection, runtime: Runtime, caller: Caller, nodes: tuple[NodeId, NodeId], time_us: int
) -> bool:
    """Have an identifier before and after it began anew be one again; False where that moved meanwhile."""
    evidence = Evidence(
        subject="",
        items=(),
        channel=RECORD_CHANNEL,
        occur_time_us=time_us,
        earlier=[(node, Assurance.VERIFIED) for node in nodes],
        kind=LinkKind.RENEWED,
    )
    plan = runtime.plan(caller, {"goes_on": nodes[0]})
    applied = await write_evidence(connection, runtime, caller, plan, evidence)
    return applied is not None and applied.status is PlanStatus.APPLIED


async def backdated(
    connection: Connection, runtime: Runtime, caller: Caller, nodes: Collection[NodeId], time_us: int
) -> dict[NodeId, NodeId]:
    """Have identifiers begin anew after their last proof beside one that was known before, where contacts showed them
    since, in a transaction that holds their keys; answers the later nodes, of no profile yet, by the former."""
    policy, tenant = runtime.tenant(caller).policy, caller.tenant
    sources = [name for name, source in policy.sources.items() if source.speaks]
    later: dict[NodeId, NodeId] = {}
    for known in await last_known(connection, tenant, nodes, sources, time_us):
        node = later[known.node] = NodeId(runtime.new_id())
        plan = runtime.plan(caller, {"began_anew": known.node})
        write_later(plan, runtime, known, node)
        await graph.apply_plans(connection, tenant, runtime.clock(), [plan])
        await move_contacts(connection, tenant, known, node)
    return later


def write_later(plan: Plan, runtime: Runtime, known: LastKnown, later: NodeId) -> None:
    """The rows of the later node, and of the end of the former."""
    time_us = known.time_us + 1
    plan.add(NodeEndRow(node_id=known.node, ended_time_us=time_us, renewed=True))
    plan.add(
        NodeRow(
            node_id=later,
            namespace=known.namespace,
            scope=known.scope,
            key=known.key,
            value=NODE_VALUE.open(runtime.keyring, plan.tenant, known.value, known.node),
            established=known.established,
            shared=known.shared,
            fan_out=known.fan_out,
            profile_id=None,
            core_id=later,
            time_us=time_us,
        )
    )
    node_a, node_b = sorted((known.node, later))
    plan.add(
        LinkRow(
            node_a=node_a,
            node_b=node_b,
            kind=LinkKind.RENEWED,
            channel=RECORD_CHANNEL,
            assurance_a=Assurance.OBSERVED,
            assurance_b=Assurance.OBSERVED,
            state=LinkState.ACTIVE,
            time_us=time_us,
        )
    )
