"""What a record takes back, and says again (E3, D4).

What no other record of the customer states begins anew: later proofs of it are of another core, until answers or
another proof bind it. Said again within a week by a record of the source that does not speak against the first, it
never was.
"""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.graph.backdating import backdated, joined_again
from profile_service.engine.graph.settlement import Draft, decide_anew, write_anew
from profile_service.engine.matching.search import frequencies_of
from profile_service.engine.resolution.delivery import Delivery
from profile_service.engine.runtime import ReadCandidates, Runtime
from profile_service.identity.graph.model import NodeId
from profile_service.identity.graph.taking_back import left_by_all
from profile_service.identity.matching.attributes import NOTHING_SAID, Attributes
from profile_service.identity.matching.opinion import objection
from profile_service.identity.matching.scoring import score
from profile_service.identity.policy import DAY_US
from profile_service.store.database import Connection
from profile_service.store.queries import renewal, withdrawal
from profile_service.store.queries.found import FoundRecord
from profile_service.store.queries.matching import CandidateQuery
from profile_service.store.queries.renewal import TakenBackLately
from profile_service.store.rows.event import Cause, CauseKind
from profile_service.store.rows.record import FEATURES

SAID_AGAIN_US = 7 * DAY_US


async def still_fits(
    runtime: Runtime, caller: Caller, before: FoundRecord, features: Attributes, read: ReadCandidates
) -> bool:
    """Whether the record, as it is now, would still be joined by score to the rest of its customer."""
    if before.profile is None:
        return True
    rows = await read(CandidateQuery(profiles=[before.profile]))
    rest = Attributes()
    for other in rows.records.get(before.profile, ()):
        if other.node != before.node:
            rest = rest.united(FEATURES.open(runtime.keyring, caller.tenant, other.features, other.node))
    if rest == Attributes():
        return True
    tenant = runtime.tenant(caller)
    frequencies = await frequencies_of(runtime, caller, features, [rest], read)
    return score(features, rest, tenant.model, frequencies).probability >= tenant.policy.matching.join


async def take_back(
    connection: Connection, runtime: Runtime, caller: Caller, delivery: Delivery, features: Attributes | None
) -> bool:
    """Withdraw what the record no longer says, with the links and scores that rested on it, and decide what they
    joined, in the transaction of the call; what it says again goes on. False where that moved meanwhile."""
    before = delivery.before
    if delivery.renewing and not await _say_again(connection, runtime, caller, delivery, features):
        return False
    if before is None:
        return True
    seeds, later = {before.node, *delivery.gone}, frozenset[NodeId]()
    if delivery.gone:
        later = await _leave(connection, runtime, caller, before.node, delivery)
    scored = set[NodeId]()
    if features is not None and features != delivery.former:
        read = runtime.reader(caller, connection)
        if delivery.anew or not await still_fits(runtime, caller, before, features, read):
            scored = await withdrawal.take_back_scores(connection, caller.tenant, before.node)
    if not delivery.gone and not scored:
        return True
    decided = await decide_anew(connection, runtime, caller, sorted(seeds | scored | later))
    if decided is None:
        return False
    cause = Cause(kind=CauseKind.RECORD, id=before.node, occur_time_us=runtime.clock())
    plan = runtime.plan(caller, {"taken_back": before.node})
    draft = Draft(plan=plan, decided=decided, cause=cause, moved=later and later.union(delivery.gone))
    return await write_anew(connection, runtime, caller, draft) is not None


async def _leave(
    connection: Connection, runtime: Runtime, caller: Caller, record: NodeId, delivery: Delivery
) -> frozenset[NodeId]:
    """A record states some identifiers no longer: what answers bound to it is not, and what nobody else of the customer
    states begins anew; not where the row was given to another customer, who says nothing of the first one's. Answers
    the nodes that this made."""
    tenant, policy = caller.tenant, runtime.tenant(caller).policy
    statements = await renewal.stating_records(connection, runtime.keyring, tenant, delivery.gone)
    await withdrawal.take_back(connection, tenant, record, delivery.gone, delivery.time_us)
    await renewal.unbind(connection, tenant, record, delivery.gone)
    left = frozenset[NodeId]() if delivery.anew else left_by_all(record, statements, policy)
    if not left:
        return frozenset()
    later = await backdated(connection, runtime, caller, left, delivery.time_us)
    await renewal.begin_anew(connection, tenant, record, left | set(later.values()), delivery.time_us)
    return frozenset(later.values())


async def _say_again(
    connection: Connection, runtime: Runtime, caller: Caller, delivery: Delivery, features: Attributes | None
) -> bool:
    """What was taken back lately goes on; False where that moved meanwhile."""
    between = delivery.time_us - SAID_AGAIN_US, delivery.time_us
    lately = await renewal.taken_back_lately(connection, caller.tenant, delivery.renewing, delivery.source, between)

    def is_one_customers(taken: TakenBackLately) -> bool:
        said = FEATURES.open(runtime.keyring, caller.tenant, taken.features, taken.record)
        return objection(said, features or NOTHING_SAID) is None

    going_on = [taken for taken in lately if is_one_customers(taken)]
    return await go_on(connection, runtime, caller, going_on, delivery.time_us)


async def go_on(
    connection: Connection, runtime: Runtime, caller: Caller, taken: list[TakenBackLately], time_us: int
) -> bool:
    """Have identifiers go on as if nobody had taken them back; False where that moved meanwhile."""
    if taken:
        await renewal.go_on(connection, caller.tenant, taken)
    for each in taken:
        if each.successor is None:
            continue
        if not await joined_again(connection, runtime, caller, (each.node, each.successor), time_us):
            return False
    return True
