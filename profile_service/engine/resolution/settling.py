"""A value that comes to a record which had one of its namespace is worth an observation until it has settled, whoever
vouches for it (D1): a slip, or a caller's "please note my new number", opens nobody's record on the same day."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from profile_service.engine.caller import Caller
from profile_service.engine.identifiers import Item
from profile_service.engine.resolution.delivery import Delivery
from profile_service.engine.resolution.restating import state_again
from profile_service.engine.runtime import Runtime
from profile_service.errors import Contention
from profile_service.identity.graph.model import Assurance, Role
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection
from profile_service.store.queries import graph
from profile_service.store.queries.found import Statement
from profile_service.store.queries.statements import Settling, settle, to_settle

PAGE = 100


def unsettled(items: Sequence[Item], delivery: Delivery, time_us: int, policy: Policy) -> Sequence[Item]:
    """The items of a delivery, with those that have yet to settle."""
    if delivery.before is None or delivery.anew:
        return items
    stated = [statement for statement in delivery.before.statements or () if _counts(statement)]
    settling = {statement.key: statement.settle_time_us for statement in stated}
    had = {statement.namespace for statement in stated}

    def settles(item: Item) -> int | None:
        if item.key in settling:
            return settling[item.key]
        return time_us + policy.settle_us if item.namespace in had and policy.settle_us else None

    return [
        replace(item, assurance=Assurance.OBSERVED, settle_time_us=until)
        if item.proven and item.assurance is Assurance.ON_FILE and (until := settles(item)) is not None
        else item
        for item in items
    ]


def _counts(statement: Statement) -> bool:
    return statement.role is Role.SUBJECT and statement.assurance > Assurance.CLAIMED


async def settle_all(runtime: Runtime, caller: Caller) -> None:
    """Have all that has settled count as what its source states; what others change all the time waits for the next
    round."""
    while page := await to_settle(runtime.database, caller.tenant, runtime.clock(), PAGE):
        settled = 0
        for settling in page:
            with suppress(Contention):
                settled += await runtime.persist(lambda settling=settling: _settle(runtime, caller, settling))
        if not settled:
            return


async def _settle(runtime: Runtime, caller: Caller, settling: Settling) -> bool | None:
    source = runtime.tenant(caller).policy.source(settling.source)
    assurance = min(source.stated(settling.namespace), Assurance.ON_FILE)

    async def work(connection: Connection) -> bool | None:
        await graph.lock_keys(connection, [settling.record_key, settling.key])
        if not await settle(connection, caller.tenant, settling, assurance):
            return True
        return await state_again(connection, runtime, caller, settling.record, settling.time_us)

    return await runtime.transact(caller.tenant, work)
