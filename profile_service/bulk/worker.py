"""Resolve staged rows until none is left: `profile-service import` runs several of these beside each other."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence

from profile_service.bulk.staging import open_row
from profile_service.config import Settings
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.resolution.answer import Resolved
from profile_service.engine.runtime import Runtime
from profile_service.errors import Contention, DatabaseUnavailable, Overloaded, ServiceError
from profile_service.identity.graph.model import Assurance
from profile_service.rpc.boundary.credentials import load_credentials
from profile_service.rpc.convert.profile import resolve_of
from profile_service.server import Foundation, assemble, settle_heap
from profile_service.store.queries.imports import Imports, ImportState, Staged
from profile_service.telemetry import Telemetry
from profile_service.usecases.profiles.batch_resolve_profiles import batch_resolve_profiles
from profile_service.v1 import Outcome

CLAIMED = 64
"""Rows that a worker takes at a time; their claim is a transaction that stays open meanwhile."""
POLL_S = 0.05
PASSING = (Contention, DatabaseUnavailable, Overloaded)
"""What says nothing of the row: it stays staged."""


async def work(settings: Settings, foundation: Foundation, tenant: str, name: str) -> None:
    """Resolve the rows of an import. Raises ServiceError where the database is gone or others never let go."""
    telemetry = Telemetry(settings.telemetry)
    runtime = assemble(settings, foundation, load_credentials(settings.credentials), telemetry)
    await runtime.database.open()
    await runtime.audit.start()
    settle_heap()
    try:
        await resolve_staged(runtime, Imports(database=runtime.database, tenant=tenant, id=name))
    finally:
        await runtime.audit.stop()
        await runtime.database.close()
        telemetry.stop()


async def resolve_staged(runtime: Runtime, imports: Imports) -> None:
    """Claim, resolve, settle. Rows behind the last that was claimed come first; then whatever is left."""
    caller = Caller(
        tenant=imports.tenant,
        name="import",
        role=CallerRole.ADMIN,
        sources=frozenset({"*"}),
        cap=Assurance.VERIFIED,
        method="ResolveProfile",
    )
    after, parent = -1, os.getppid()
    while os.getppid() == parent:  # an import that is gone leaves no workers
        is_staged = await imports.state() is not ImportState.STAGING
        async with runtime.database.apart(imports.tenant) as connection, connection.transaction():
            rows = await imports.claim(connection, after, CLAIMED)
            if rows:
                outcomes, rejected = await _resolve(runtime, caller, imports, rows)
                await imports.settle(connection, [row.number for row in rows], outcomes, rejected)
        if rows:
            after = rows[-1].number
        elif after >= 0:
            after = -1
        elif is_staged:
            return
        else:
            await asyncio.sleep(POLL_S)


async def _resolve(
    runtime: Runtime, caller: Caller, imports: Imports, rows: Sequence[Staged]
) -> tuple[Counter[str], dict[int, str]]:
    """Resolve rows; answers how many had which outcome, and the reasons of those that are refused."""
    requests = [resolve_of(runtime, open_row(imports, runtime.keyring, row)) for row in rows]
    outcomes, rejected = Counter[str](), dict[int, str]()
    for row, answer in zip(rows, await batch_resolve_profiles(runtime, caller, requests), strict=True):
        if isinstance(answer, Resolved):
            outcomes[Outcome.Name(Outcome.ValueType(answer.outcome)).removeprefix("OUTCOME_").lower()] += 1
        elif isinstance(answer, PASSING):
            raise answer
        else:
            rejected[row.number] = _reason(answer)
    return outcomes, rejected


def _reason(error: ServiceError) -> str:
    return f"{error.reason}: {error}"
