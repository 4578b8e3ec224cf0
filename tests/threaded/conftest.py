"""A service whose clock the tests set, in one process and in two."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from disclosure import model
from profile_client import AsyncProfileClient, Target

from tests.disclosed.conftest import DAY_S, PATIENCE_S, Plays, new_desk
from tests.disclosed.played import Desk
from tests.integration.watched import watched_service
from tests.threaded.second import Second, second_process

__all__ = ["new_desk"]


class InTwo(Plays):
    """Plays that arrive through two processes."""

    second: Second

    async def desk(self, rules: model.Policy) -> Desk:
        """A fresh tenant in both."""
        desk = await super().desk(rules)
        await self.second.take(self.tenant, rules, self.callers)
        target = Target(address=self.second.address, token=self.tokens["service"])
        self.clients["second"] = AsyncProfileClient(target, deadline_s=PATIENCE_S)
        return desk

    @property
    def tenant(self) -> str:
        """The tenant of the play."""
        return next(iter(self.runtime.tenants))


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def in_two() -> AsyncIterator[InTwo]:
    """Two processes on one database. Nothing ends by itself while the clock jumps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("profile_service.server.SWEEP_SECONDS", DAY_S)
        async with watched_service() as watched, second_process(watched.home) as second:
            plays = InTwo(watched)
            plays.second, plays.clock, plays.runtime.clock = second, second.clock, second.clock
            yield plays
            await plays.close()
