"""What a person says of conversations: a fact of its time that threading obeys, and that can be taken back (T1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from profile_service.engine.caller import Caller
from profile_service.engine.contact.reach import is_of
from profile_service.engine.contact.refolding import refold
from profile_service.engine.contact.target import ContactTarget, find_contacts
from profile_service.engine.idempotency import Done, once
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactNotFound
from profile_service.identity.contact.acts import ActKind
from profile_service.identity.ids import uuid_from
from profile_service.store.database import Connection
from profile_service.store.plan import PlanStatus
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.graph import apply_plans
from profile_service.store.queries.threads import is_pending, stands_in
from profile_service.store.rows.contact import ActRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """What is said, of which contacts; `undo`: what was said under the request_id is taken back."""

    kind: ActKind
    targets: Sequence[ContactTarget]
    request_id: str
    occur_time_us: int
    undo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """The conversations in which the contacts stand now, in order; `is_pending`: others wait to follow."""

    conversations: Sequence[str]
    revision: int
    is_pending: bool


async def act(runtime: Runtime, caller: Caller, request: Acting) -> Acted:
    """Say something of conversations, by contacts of the caller's. Idempotent by request_id.

    Raises ContactNotFound, TimeInFuture, KeyReused, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    contacts = await find_contacts(runtime, caller, request.targets)
    names = [contact.contact_id for contact in contacts if contact is not None and is_of(runtime, caller, contact)]
    if len(names) < len(contacts):
        raise ContactNotFound
    said = once(runtime, caller, request.request_id, int(request.kind), names)
    key = once(runtime, caller, f"{request.request_id}/undo", names) if request.undo else said

    async def attempt(connection: Connection) -> Acted | None:
        found = (await find(connection, caller.tenant, [Find(request=key.key)]))[0]
        replay, revision = key.replay(found, Done), 0
        if replay is None:
            plan = runtime.plan(caller, {"act": request.kind.name, "contacts": names, "undo": request.undo})
            plan.add(
                ActRow(
                    act_id=uuid_from(said.key),
                    kind=request.kind,
                    time_us=request.occur_time_us,
                    contacts=names,
                    withdrawn=request.undo,
                )
            )
            key.write(plan, Done())
            applied = (await apply_plans(connection, caller.tenant, runtime.clock(), [plan]))[0]
            if applied.status is not PlanStatus.APPLIED:
                return None
            if not await refold(connection, runtime, caller, names, own=names[0]):
                return None
            revision = applied.revision
        stand = [await stands_in(connection, caller.tenant, name) for name in names]
        waits = await is_pending(connection, caller.tenant, names[0])
        conversations = [name for name in stand if name is not None]
        return Acted(conversations=conversations, revision=revision, is_pending=waits)

    return await runtime.persist(partial(runtime.transact, caller.tenant, attempt))
