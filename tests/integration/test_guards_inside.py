"""What can be seen of the guards only from inside the process: races, limits in time, what runs beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import grpc
import pytest
from profile_client import AsyncProfileClient, ProfileError

from profile_service.identity.model import Assurance
from profile_service.identity.policy import Policy
from profile_service.identity.simulation import Component, Rescored, Simulated, simulate
from profile_service.store import graph
from profile_service.store.database import Connection
from profile_service.usecases import reevaluate
from profile_service.usecases import simulate as simulating
from profile_service.usecases.merge_breaker import lift_breaker
from profile_service.usecases.runtime import Caller, CallerRole
from profile_service.usecases.upkeep import sweep
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


async def told(client: AsyncProfileClient, key: str, *given: Identifier) -> ResolveProfileResponse:
    """A record of the test."""
    record = SourceRecord(source_key=SourceKey(source="inside", id=key))
    return await client.call(ResolveProfileRequest(identifiers=given, source_record=record, occur_time=stamp(NOW)))


async def profile_of(client: AsyncProfileClient, key: str) -> str:
    """Where a record stands."""
    return (await client.call(GetProfileRequest(source_key=SourceKey(source="inside", id=key)))).name


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
    """Another record merges the customer with somebody between the read and the locks of a ruling."""
    shared, mine, far = (verified("email", f"{name}@example.org") for name in ("moved", "moved-mine", "moved-far"))
    moved = list[str]()
    lock_profiles = graph.lock_profiles

    async with (
        AsyncProfileClient(watched.target) as client,
        AsyncProfileClient(watched.as_role("steward")) as steward,
    ):
        await told(client, "moved-a", shared, mine)
        await told(client, "moved-b", far)

        async def late(connection: Connection, tenant: str, held: graph.Neighbourhood) -> bool:
            if not moved:
                moved.append("once")
                await told(client, "moved-c", mine, far)
            return await lock_profiles(connection, tenant, held)

        monkeypatch.setattr(reevaluate.graph, "lock_profiles", late)
        await steward.call(RuleIdentifierRequest(identifier=shared, shared=True))
        assert moved
        assert await profile_of(client, "moved-b") == await profile_of(client, "moved-c")
        assert await profile_of(client, "moved-a") == await profile_of(client, "moved-c")


async def test_lifting_ends_in_time_and_the_upkeep_does_the_rest(watched: Watched) -> None:
    """Merges go again at once; what was held is let go as far as the time allows, and afterwards by the upkeep."""
    runtime = watched.service.runtime
    async with (
        AsyncProfileClient(watched.target) as client,
        AsyncProfileClient(watched.as_role("steward")) as steward,
    ):
        await steward.call(TripMergeBreakerRequest())
        one, other = (verified("email", f"{name}@example.org") for name in ("ottilie", "wenzel"))
        await told(client, "lift-a", one)
        await told(client, "lift-b", other)
        await told(client, "lift-both", one, other)
        state = await lift_breaker(runtime, STEWARD, is_over=lambda: True)
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
    return any("SimulatePolicy" in one and "CANCELLED" in one for one in said)
