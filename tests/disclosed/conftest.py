"""A service in this process, whose clock the tests set, with a tenant for every play."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from time import time

import pytest_asyncio
from disclosure import model
from profile_client import AsyncProfileClient

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.runtime import Tenant
from profile_service.identity.graph.model import Assurance
from tests.disclosed.played import BEFORE_NOW_S, Clock, Desk, policy_of
from tests.integration.watched import watched_service

NOW = 1000 * model.DAY
PLAYS = 400
NewDesk = Callable[[model.Policy], Awaitable[Desk]]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def new_desk() -> AsyncIterator[NewDesk]:
    """A fresh tenant under a policy of the model."""
    names = tuple(f"d{number:03d}" for number in range(PLAYS))
    callers = [
        Caller(tenant=tenant, name=name, role=CallerRole.SERVICE, sources=frozenset(sources), cap=Assurance.VERIFIED)
        for tenant in names
        for name, sources in (("both", ("desk", "bot")), ("shop", ("shop",)))
    ]
    free, clock, base_s = iter(names[1:]), Clock(), int(time()) - BEFORE_NOW_S - NOW
    async with watched_service(names, callers) as watched:
        runtime = watched.service.runtime
        runtime.clock, tenants = clock, dict(runtime.tenants)
        runtime.tenants = tenants
        clients: list[AsyncProfileClient] = []

        def client(tenant: str, name: str) -> AsyncProfileClient:
            clients.append(AsyncProfileClient(watched.as_role(f"{tenant}/{name}")))
            return clients[-1]

        async def desk(rules: model.Policy) -> Desk:
            tenant = next(free)
            tenants[tenant] = Tenant(policy=policy_of(rules))
            return Desk(
                clock=clock,
                base_s=base_s,
                client=client(tenant, "service"),
                bot=client(tenant, "automated"),
                both=client(tenant, "both"),
                others={"shop": client(tenant, "shop")},
                rules=rules,
            )

        yield desk
        for opened in clients:
            await opened.close()
