"""What a caller may do so often an hour, whichever processes it calls (I22, I23), and a source a day (E6)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from itertools import cycle

import pytest

from profile_service.engine.budgets import spend
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.start import StartContact
from profile_service.engine.identifiers import Given
from profile_service.engine.resolution.answer import ResolveProfile
from profile_service.engine.runtime import Budgets, Runtime, system_clock
from profile_service.errors import BudgetSpent
from profile_service.identity.graph.model import Assurance, Role
from profile_service.identity.policy import HOUR_US
from profile_service.store.queries.reviews import count_reviews
from profile_service.usecases.contacts.start_contact import start_contact
from profile_service.usecases.profiles.resolve_profile import resolve_profile
from profile_service.usecases.upkeep.open_waiting_reviews import open_waiting_reviews
from tests.integration.watched import Watched

HOUR_S, COUPLES = 3600, range(5)


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


def service_of(name: str, role: CallerRole) -> Caller:
    """A caller of the tenant."""
    return Caller(tenant="watched", name=name, role=role, sources=frozenset("*"), cap=Assurance.VERIFIED)


@pytest.mark.parametrize("most", [1, 7, 20, 600, 601])
async def test_i22_processes_share_a_budget(watched: Watched, most: int) -> None:
    """All together as often as the policy says, and again in the next hour; one that is called alone may all of it."""
    clock = Hours(500_000 * HOUR_US + 1)
    runtimes = [replace(watched.service.runtime, clock=clock, budgets=Budgets()) for _ in range(3)]
    caller = service_of(secrets.token_hex(4), CallerRole.AUTOMATED)
    assert await spent(runtimes, caller, most) == most
    clock.now_us += HOUR_US
    assert await spent(runtimes[:1], caller, most) == most
    with pytest.raises(BudgetSpent) as refused:
        await spend(runtimes[1], caller, "misses", most)
    assert 0 < refused.value.retry_s <= HOUR_S


def proved_together(number: int) -> StartContact:
    """A couple in one call."""
    given = [
        Given(namespace=namespace, value=value, role=Role.SUBJECT, method="ONE_TIME_PASSWORD")
        for namespace, value in points_of(number).items()
    ]
    return StartContact(
        source="desk",
        source_contact_id=secrets.token_hex(8),
        channel="app",
        occur_time_us=system_clock(),
        given=given,
    )


def points_of(number: int) -> dict[str, str]:
    """Her mailbox and his number."""
    return {"email": f"ruth{number}@budget.example.org", "phone": f"+49151987000{number:02d}"}


def delivery(number: int, namespace: str, **attributes: str) -> ResolveProfile:
    """A record of one of the two."""
    key = f"{namespace}-{number}"
    stated = {"crm": key, namespace: points_of(number)[namespace]}
    return ResolveProfile(
        given=[
            Given(namespace=name, value=value, role=Role.SUBJECT, method="SYSTEM_OF_RECORD")
            for name, value in stated.items()
        ],
        record=("crm", key),
        attributes={**attributes, "family_name": f"Family{number}"},
        occur_time_us=system_clock(),
        request_id=secrets.token_hex(8),
    )


async def test_e6_a_source_opens_so_many_reviews_a_day(watched: Watched) -> None:
    """The rest wait, and are opened on the days after, the oldest first; none is lost."""
    clock, live = Hours(system_clock()), watched.service.runtime
    tenant = replace(live.tenants["watched"], policy=replace(live.tenants["watched"].policy, reviews_per_day=2))
    runtime = replace(live, clock=clock, tenants={"watched": tenant})
    caller = service_of("crm", CallerRole.SERVICE)

    async def counts() -> tuple[int, int]:
        found = await count_reviews(runtime.database, "watched", [])
        return found.total, found.waiting

    before, _ = await counts()
    for number in COUPLES:
        await start_contact(runtime, caller, proved_together(number))
        await resolve_profile(runtime, caller, delivery(number, "email", given_name="Ruth", birth_date="1956-01-09"))
        await resolve_profile(runtime, caller, delivery(number, "phone", given_name="Otto", birth_date="1979-05-05"))
    seen = [await counts()]
    for _ in range(5):
        clock.now_us += 25 * HOUR_US
        await open_waiting_reviews(runtime, "watched")
        seen.append(await counts())
    asked = sum(seen[0]) - before
    assert asked > 2 * len(COUPLES) - 2
    opened = [min(2 * (day + 1), asked) for day in range(len(seen))]
    assert seen == [(before + number, asked - number) for number in opened]
