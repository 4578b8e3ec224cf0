"""Contacts that wait to be threaded again: of a change that moved too many at once, or of a start that was cut off
(T8)."""

from __future__ import annotations

from functools import partial

from profile_service.engine.caller import Caller
from profile_service.engine.contact.refolding import refold
from profile_service.engine.runtime import Runtime
from profile_service.store.database import Connection
from profile_service.store.queries.threads import no_longer_pending, pending_threads


async def finish_threads(runtime: Runtime, caller: Caller, most: int) -> int:
    """Thread again around contacts that wait, at most so many, in order; answers how many."""
    waiting = await pending_threads(runtime.database, caller.tenant, most)
    for name in waiting:

        async def attempt(connection: Connection, contact: str = name) -> bool | None:
            await no_longer_pending(connection, caller.tenant, contact)
            return await refold(connection, runtime, caller, [contact]) or None

        await runtime.persist(partial(runtime.transact, caller.tenant, attempt))
    return len(waiting)
