"""What can be seen of the guards only from inside the process: races, limits in time, what runs beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import grpc
import pytest
from profile_client import AsyncProfileClient, ProfileError

from profile_service.engine.caller import Caller, CallerRole
from profile_service.identity.graph.model import Assurance
from profile_service.identity.graph.simulation import Component, Rescored, Simulated, simulate
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection
from profile_service.store.queries import graph
from profile_service.usecases.explain import simulate_policy as simulating
from profile_service.usecases.reviews.lift_merge_breaker import lift_merge_breaker
from profile_service.usecases.upkeep.sweep import sweep
from profile_service.v1 import (
    GetMergeBreakerRequest,
    GetProfileRequest,
    Identifier,
    ResolveProfileRequest,
    ResolveProfileResponse,
    RuleIdentifierRequest,
    SimulatePolicyRequest,
    SourceKey,
    SourceRecord,
    TripMergeBreakerRequest,
)
from tests.integration.desk import stamp, verified
from tests.integration.watched import Watched

NOW = 1_760_000_000
STEWARD = Caller(
    tenant="watched", name="s", role=CallerRole.STEWARD, sources=frozenset(), cap=Assurance.VERIFIED, method="Lift"
)


async def told(client: AsyncProfileClient, key: str, *given: Identifier, **attributes: str) -> ResolveProfileResponse:
    """A record of the test."""
    record = SourceRecord(source_key=SourceKey(source="crm", id=f"inside-{key}"), attributes=attributes)
    return await client.call(ResolveProfileRequest(identifiers=given, source_record=record, occur_time=stamp(NOW)))


async def profile_of(client: AsyncProfileClient, key: str) -> str:
    """Where a record stands."""
    return (await client.call(GetProfileRequest(source_key=SourceKey(source="crm", id=f"inside-{key}")))).name


async def test_calls_are_answered_while_a_simulation_decides(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deciding waits here until another call was answered: on the loop that serves, it would wait for ever."""
    answered = threading.Event()

    def waits(component: Component, policy: Policy, scores: Rescored) -> Simulated:
        assert answered.wait(20), "nobody was answered meanwhile"
        return simulate(component, policy, scores)

    monkeypatch.setattr(simulating, "simulate", waits)
    async with (
        AsyncProfileClient(watched.target) as client,
        AsyncProfileClient(watched.as_role("steward")) as steward,
    ):
        await told(client, "off-loop", verified("email", "off@example.org"))

        async def run() -> int:
            *_, last = [answer async for answer in steward.stream(SimulatePolicyRequest(), deadline_s=60.0)]
            return last.report.profiles

        running = asyncio.create_task(run())
        await asyncio.sleep(0.2)
        assert await profile_of(client, "off-loop")
        answered.set()
        assert await running >= 1


async def test_a_decision_made_anew_is_dropped_where_owners_moved_before_its_locks(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record of somebody else takes the profile apart between the read and the locks: it is not put back."""
    first, second = verified("email", "ottokar@example.org"), verified("email", "leopoldine@example.org")
    calls = list[int]()
    lock_keys = graph.lock_keys

    async with (
        AsyncProfileClient(watched.target) as client,
        AsyncProfileClient(watched.as_role("steward")) as steward,
    ):
        await told(client, "moved-a", first)
        await told(client, "moved-b", first, second, given_name="Ruth", family_name="Achterberg")
        await told(client, "moved-c", second)
        assert await profile_of(client, "moved-a") == await profile_of(client, "moved-c")

        async def late(connection: Connection, keys: Iterable[bytes]) -> None:
            calls.append(len(calls))
            if len(calls) == 2:  # the ruling locks its identifier, then reads, then locks what it reaches
                await told(client, "moved-d", second, given_name="Bo", family_name="Ferrer")
            await lock_keys(connection, keys)

        monkeypatch.setattr(graph, "lock_keys", late)
        await steward.call(RuleIdentifierRequest(identifier=first, shared=True))
        assert len(calls) > 2
        assert len({await profile_of(client, f"moved-{letter}") for letter in "abc"}) == 3


async def test_lifting_ends_in_time_and_the_upkeep_does_the_rest(watched: Watched) -> None:
    """Merges go again at once; what was held is let go as far as the time allows, and afterwards by the upkeep."""
    runtime = watched.service.runtime
    async with (
        AsyncProfileClient(watched.target) as client,
        AsyncProfileClient(watched.as_role("steward")) as steward,
    ):
        await steward.call(TripMergeBreakerRequest())
        first, other = (verified("email", f"{name}@example.org") for name in ("ottilie", "wenzel"))
        await told(client, "lift-a", first)
        await told(client, "lift-b", other)
        await told(client, "lift-both", first, other)
        state = await lift_merge_breaker(runtime, STEWARD, is_over=lambda: True)
        assert (state.tripped, state.held, state.released) == (False, 1, 0)
        await sweep(runtime, "watched")
        assert (await steward.call(GetMergeBreakerRequest())).held == 0
        assert await profile_of(client, "lift-a") == await profile_of(client, "lift-b")


async def test_a_neighbourhood_over_its_cap_is_told(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ruling on a customer who is larger than may be decided at once is refused, and changes nothing."""
    runtime = watched.service.runtime
    tenant = runtime.tenants["watched"]
    async with (
        AsyncProfileClient(watched.target) as client,
        AsyncProfileClient(watched.as_role("steward")) as steward,
    ):
        addresses = [verified("email", f"cap-{number}@example.org") for number in range(6)]
        before = (await told(client, "cap", *addresses)).profile
        small: Mapping[str, Any] = {"watched": replace(tenant, policy=replace(tenant.policy, neighbourhood_cap=3))}
        monkeypatch.setattr(runtime, "tenants", small)
        with pytest.raises(ProfileError) as refused:
            await steward.call(RuleIdentifierRequest(identifier=addresses[0], shared=True))
        assert refused.value.reason == "CAP_REACHED"
        assert refused.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await profile_of(client, "cap") == before


async def test_a_stream_that_is_left_is_counted_as_cancelled(watched: Watched) -> None:
    """In the metric of calls, under its method."""
    async with (
        AsyncProfileClient(watched.target) as client,
        AsyncProfileClient(watched.as_role("steward")) as steward,
    ):
        await told(client, "left", verified("email", "left@example.org"))
        stream = steward.stream(SimulatePolicyRequest(), deadline_s=60.0)
        async for _ in stream:
            break
        await stream.aclose()
        for _ in range(100):
            if cancelled(watched):
                break
            await asyncio.sleep(0.05)
    assert cancelled(watched)


def cancelled(watched: Watched) -> bool:
    """Whether a simulation was counted as cancelled."""
    data = watched.metrics.get_metrics_data()
    points = (
        point
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    )
    said = [" ".join(str(value) for value in (point.attributes or {}).values()) for point in points]
    return any("SimulatePolicy" in line and "CANCELLED" in line for line in said)
