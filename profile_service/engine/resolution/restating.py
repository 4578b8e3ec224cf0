"""What a record states counts again, or for more than before, although nothing is delivered."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.graph.evidence import RECORD_CHANNEL, Evidence
from profile_service.engine.graph.settlement import write_evidence
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import NodeId
from profile_service.store.database import Connection
from profile_service.store.plan import PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.statements import stated_by


async def state_again(
    connection: Connection, runtime: Runtime, caller: Caller, record: NodeId, time_us: int
) -> bool | None:
    """Link all that a record states, for what it is worth, and decide what that changes, in a transaction; None where
    it moved meanwhile."""
    stated = await stated_by(connection, caller.tenant, record)
    await graph.lock_keys(connection, [each.key for each in stated])
    evidence = Evidence(
        subject=record,
        items=(),
        channel=RECORD_CHANNEL,
        occur_time_us=time_us,
        earlier=[(each.node, each.assurance) for each in stated],
    )
    plan = runtime.plan(caller, {"stated_again": record})
    applied = await write_evidence(connection, runtime, caller, plan, evidence)
    return True if applied is not None and applied.status is PlanStatus.APPLIED else None
