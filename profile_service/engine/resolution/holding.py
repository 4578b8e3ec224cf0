"""A source that takes back too much at once is held, and undone from the first (E3): an export that lost its columns of
contact points would lock its customers out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from math import inf
from time import monotonic

from profile_service.engine.caller import Caller
from profile_service.engine.resolution.delivery import Delivery
from profile_service.engine.resolution.restating import state_again
from profile_service.engine.resolution.taking_back import go_on
from profile_service.engine.runtime import Runtime
from profile_service.errors import Contention
from profile_service.identity.graph.model import Refusal
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection
from profile_service.store.queries import graph
from profile_service.store.queries.renewal import left_by
from profile_service.store.queries.take_backs import (
    Rate,
    TakenBack,
    note_take_back,
    restore,
    take_back_rate,
    to_restore,
    undo_take_backs,
)
from profile_service.store.rows.graph import ReviewRow

PAGE = 100
AT_ONCE_S = 0.1
"""How long a call that is held restores what went before; the next one goes on, and the upkeep."""


def is_too_much(rate: Rate, policy: Policy) -> bool:
    """Whether one record more is more than the policy lets a source take back within an hour."""
    return rate.records + 1 > max(policy.take_back_least, policy.take_back_share * rate.total)


async def weighed(
    connection: Connection, runtime: Runtime, caller: Caller, delivery: Delivery, time_us: int
) -> Delivery:
    """The delivery; where its source takes back too much at once, nothing is gone, and what went before within the hour
    is to be restored. The same delivery is news again later."""
    before, policy, tenant = delivery.before, runtime.tenant(caller).policy, caller.tenant
    if before is None or not delivery.gone or delivery.anew:
        return delivery
    rate = await take_back_rate(connection, tenant, delivery.source, time_us, policy.take_back_least)
    taken = TakenBack(record=before.node, time_us=time_us, nodes=tuple(delivery.gone))
    if not is_too_much(rate, policy):
        await note_take_back(connection, tenant, delivery.source, taken, "taken")
        return delivery
    await undo_take_backs(connection, tenant, delivery.source, time_us)
    await note_take_back(connection, tenant, delivery.source, taken, "kept")
    if not rate.kept:
        plan = runtime.plan(caller, {"take_backs_held": before.node, "records": rate.records + 1})
        review = ReviewRow(review_id=runtime.new_id(), reason=Refusal.TAKE_BACK, node_a=before.node, node_b=before.node)
        plan.add(review)
        await graph.apply_plans(connection, tenant, runtime.clock(), [plan])
        runtime.watchers.take_backs_held(tenant)
    return replace(delivery, gone=(), digest=b"", is_held=True)


async def restore_all(runtime: Runtime, caller: Caller, seconds: float = inf) -> None:
    """Restore what is to be restored, record by record; what is left then, and what others change all the time, waits
    for the next round."""
    after_us, end = 0, monotonic() + seconds
    while True:
        page = await to_restore(runtime.database, caller.tenant, after_us, PAGE)
        for taken in page:
            if monotonic() > end:
                return
            with suppress(Contention):
                await runtime.persist(lambda taken=taken: _restore(runtime, caller, taken))
        if len(page) < PAGE:
            return
        after_us = page[-1].time_us


async def _restore(runtime: Runtime, caller: Caller, taken: TakenBack) -> bool | None:
    async def work(connection: Connection) -> bool | None:
        await restore(connection, caller.tenant, taken)
        left = await left_by(connection, caller.tenant, taken.record, taken.nodes)
        if not await go_on(connection, runtime, caller, left, taken.time_us):
            return None
        return await state_again(connection, runtime, caller, taken.record, taken.time_us)

    return await runtime.transact(caller.tenant, work)
