"""One round of everything that the service does by itself for a tenant."""

from __future__ import annotations

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import Assurance
from profile_service.usecases.upkeep.close_idle_conversations import close_idle_conversations
from profile_service.usecases.upkeep.expire_profiles import expire_profiles
from profile_service.usecases.upkeep.finish_threads import finish_threads
from profile_service.usecases.upkeep.forget_budgets import forget_budgets
from profile_service.usecases.upkeep.forget_codes import forget_codes
from profile_service.usecases.upkeep.forget_imports import forget_imports
from profile_service.usecases.upkeep.open_waiting_reviews import open_waiting_reviews
from profile_service.usecases.upkeep.release_held_merges import release_held_merges
from profile_service.usecases.upkeep.restore_take_backs import restore_take_backs
from profile_service.usecases.upkeep.settle_statements import settle_statements
from profile_service.usecases.upkeep.time_out_contacts import time_out_contacts

BATCH, PENDING = 500, 20


async def sweep(runtime: Runtime, tenant: str) -> tuple[int, int]:
    """Play a round, a batch of each; answers how many conversations were closed, and how many identifiers ended."""
    await runtime.audit.watch(tenant)
    await finish_threads(runtime, itself(tenant), PENDING)
    await time_out_contacts(runtime, tenant, BATCH)
    closed = await close_idle_conversations(runtime, tenant, BATCH)
    ended = await expire_profiles(runtime, tenant, BATCH)
    await forget_imports(runtime, tenant)
    await forget_budgets(runtime, tenant)
    await forget_codes(runtime, tenant)
    await open_waiting_reviews(runtime, tenant)
    await release_held_merges(runtime, itself(tenant))
    await restore_take_backs(runtime, itself(tenant))
    await settle_statements(runtime, itself(tenant))
    return closed, ended


def itself(tenant: str) -> Caller:
    """The service as a caller, for the audit."""
    return Caller(
        tenant=tenant,
        name="upkeep",
        role=CallerRole.ADMIN,
        sources=frozenset(),
        cap=Assurance.CLAIMED,
        method="Upkeep",
    )
