"""What a caller may do so often an hour, whichever processes it calls (I22, I23)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from itertools import cycle

import pytest

from profile_service.engine.budgets import spend
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.runtime import Budgets, Runtime
from profile_service.errors import BudgetSpent
from profile_service.identity.graph.model import Assurance
from profile_service.identity.policy import HOUR_US
from tests.integration.watched import Watched


HOUR_S = 3600


class Hours:
    """A clock that stands still until it is moved."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        return self.now_us


async def spent(runtimes: list[Runtime], caller: Caller, most: int) -> int:
    """How often it may, calling one process after the other until all refuse."""
    times, refusals = 0, 0
    for runtime in cycle(runtimes):
        try:
            await spend(runtime, caller, "misses", most)
            times, refusals = times + 1, 0
        except BudgetSpent:
            refusals += 1
        if refusals == len(runtimes):
            return times
    raise AssertionError


@pytest.mark.parametrize("most", [1, 7, 20, 600, 601])
async def test_i22_processes_share_a_budget(watched: Watched, most: int) -> None:
    """All together as often as the policy says, and again in the next hour; one that is called alone may all of it."""
    clock = Hours(500_000 * HOUR_US + 1)
    runtimes = [replace(watched.service.runtime, clock=clock, budgets=Budgets()) for _ in range(3)]
    caller = Caller(
        tenant="watched",
        name=secrets.token_hex(4),
        role=CallerRole.AUTOMATED,
        sources=frozenset("*"),
        cap=Assurance.CLAIMED,
    )
    assert await spent(runtimes, caller, most) == most
    clock.now_us += HOUR_US
    assert await spent(runtimes[:1], caller, most) == most
    with pytest.raises(BudgetSpent) as refused:
        await spend(runtimes[1], caller, "misses", most)
    assert 0 < refused.value.retry_s <= HOUR_S
