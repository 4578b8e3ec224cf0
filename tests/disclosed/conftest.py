"""A service in this process, whose clock the tests set, with a fresh tenant for every play."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from itertools import count
from time import time

import pytest
import pytest_asyncio
from disclosure import model
from profile_client import AsyncProfileClient, Target

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.runtime import Tenant
from profile_service.identity.graph.model import Assurance
from profile_service.rpc.boundary.credentials import Credentials, token_hash
from profile_service.usecases.upkeep.settle_statements import settle_statements
from profile_service.usecases.upkeep.sweep import itself
from tests.disclosed.played import BEFORE_NOW_S, Clock, Desk, policy_of
from tests.integration.watched import Watched, watched_service

NOW, DAY_S = 1000 * model.DAY, 86_400
SOURCES = {"service": ("*",), "automated": ("*",), "both": ("desk", "bot"), "shop": ("shop",)}
"""The callers of a tenant, with the sources that they cover."""
NewDesk = Callable[[model.Policy], Awaitable[Desk]]

PATIENCE_S = 60.0
"""How long a call of a play may take: long runs share the machine."""


class Plays:
    """Tenants that come and go: one play after the other."""

    def __init__(self, watched: Watched) -> None:
        self.watched, self.numbers = watched, count()
        self.runtime, self.interceptor = watched.service.runtime, watched.service.reloader.interceptor
        self.clock = self.runtime.clock = Clock()
        self.base_s = int(time()) - BEFORE_NOW_S - NOW
        self.clients: dict[str, AsyncProfileClient] = {}
        self.callers: dict[str, Caller] = {}
        self.tokens: dict[str, str] = {}

    async def desk(self, rules: model.Policy) -> Desk:
        """A fresh tenant under a policy of the model; the one before is over."""
        await self.close()
        tenant, self.callers = f"play{next(self.numbers)}", {}
        self.runtime.tenants = {tenant: Tenant(policy=policy_of(rules))}
        for name, sources in SOURCES.items():
            role, token = CallerRole.AUTOMATED if name == "automated" else CallerRole.SERVICE, secrets.token_hex(16)
            self.tokens[name] = token
            self.callers[token_hash(token)] = Caller(
                tenant=tenant, name=name, role=role, sources=frozenset(sources), cap=Assurance.VERIFIED
            )
            address = f"127.0.0.1:{self.watched.service.port}"
            self.clients[name] = AsyncProfileClient(Target(address=address, token=token), deadline_s=PATIENCE_S)
        self.interceptor.take(Credentials(self.callers))
        return Desk(
            clock=self.clock,
            base_s=self.base_s,
            client=self.clients["service"],
            bot=self.clients["automated"],
            both=self.clients["both"],
            others={"shop": self.clients["shop"]},
            rules=rules,
            settle=partial(settle_statements, self.runtime, itself(tenant)),
        )

    async def close(self) -> None:
        """Close the clients of the play that is over."""
        for opened in self.clients.values():
            await opened.close()
        self.clients = {}


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def new_desk() -> AsyncIterator[NewDesk]:
    """Make a fresh tenant under a policy of the model. Nothing ends by itself while the clock jumps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("profile_service.server.SWEEP_SECONDS", DAY_S)
        async with watched_service() as watched:
            plays = Plays(watched)
            yield plays.desk
            await plays.close()
