"""The interceptor: who may call, what is read of a call, and what is left of one that failed."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any, cast

import grpc
import pytest

from profile_service.config import TelemetrySettings
from profile_service.engine.caller import Caller, CallerRole
from profile_service.errors import FieldInvalid
from profile_service.identity.graph.model import Assurance
from profile_service.rpc.boundary.body import count_items
from profile_service.rpc.boundary.credentials import Credentials, token_hash
from profile_service.rpc.boundary.interceptor import ServiceInterceptor, current_caller
from profile_service.telemetry import Telemetry
from profile_service.v1 import (
    BatchResolveProfilesRequest,
    GetProfileRequest,
    Profile,
    ResolveProfileRequest,
    SourceRecord,
    StartContactRequest,
)

METHOD = "/profile_service.v1.ProfileService/GetProfile"
BODY = GetProfileRequest(name="profiles/01a20137-645d-72ac-b674-0f0c84d0d366").SerializeToString()


class Call:
    """A call's context: its metadata, its body, and how it ended."""

    def __init__(self, token: str, body: bytes) -> None:
        self.metadata = (("authorization", f"Bearer {token}"),)
        self.body, self.reads, self.status = body, 0, None

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """The token alone."""
        return self.metadata

    def time_remaining(self) -> float:
        """A deadline that is far away."""
        return 30.0

    async def read(self) -> bytes:
        """The body."""
        self.reads += 1
        return self.body

    async def abort_with_status(self, status: Any) -> None:
        """Note how the call ended."""
        self.status = status
        raise grpc.aio.AbortError


@dataclass(frozen=True)
class Details:
    """What is known of a call before it is handled."""

    method: str
    invocation_metadata: tuple[tuple[str, str], ...]


def caller(source: str, cap: Assurance = Assurance.VERIFIED, role: CallerRole = CallerRole.SERVICE) -> Caller:
    """A caller called desk."""
    return Caller(tenant="t", name="desk", role=role, sources=frozenset({source}), cap=cap)


def interceptor(behaviour: Any, **callers: Caller) -> tuple[ServiceInterceptor, Any]:
    """An interceptor that knows the callers by their tokens, and how it finds what to wrap."""
    credentials = Credentials({token_hash(token): known for token, known in callers.items()})
    parts = {"request_deserializer": GetProfileRequest.FromString, "response_serializer": Profile.SerializeToString}
    handler = grpc.unary_unary_rpc_method_handler(behaviour, **parts)

    async def continuation(_: object) -> Any:
        return handler

    return ServiceInterceptor(credentials, Telemetry(TelemetrySettings()), 8, 10.0), continuation


async def serve(served: tuple[ServiceInterceptor, Any], token: str, body: bytes = BODY) -> Call:
    """Make a call of GetProfile."""
    call = Call(token, body)
    intercepting, continuation = served
    handler = await intercepting.intercept_service(continuation, cast("Any", Details(METHOD, call.metadata)))
    with suppress(grpc.aio.AbortError):
        await handler.stream_unary(None, call)
    return call


async def test_two_credentials_of_one_name_keep_their_own_caps_and_sources() -> None:
    """Also when the one has called the same method just before the other."""
    seen: list[Caller] = []

    async def note(request: Any, context: Any) -> Profile:
        seen.append(current_caller())
        return Profile()

    strong, weak = caller("*"), caller("form", Assurance.CLAIMED)
    served = interceptor(note, strong=strong, weak=weak)
    for token in ("strong", "weak", "strong"):
        await serve(served, token)
    assert [call.cap for call in seen] == [Assurance.VERIFIED, Assurance.CLAIMED, Assurance.VERIFIED]
    assert [call.sources for call in seen] == [strong.sources, weak.sources, strong.sources]
    assert {call.method for call in seen} == {"GetProfile"}


async def never(request: Any, context: Any) -> Profile:
    """Is not to be called."""
    raise AssertionError


async def test_who_may_not_call_is_refused_before_the_body_is_read() -> None:
    """A wrong token, and a role that may not."""
    served = interceptor(never, bot=caller("*", role=CallerRole.AUTOMATED))
    for token, code in (("wrong", grpc.StatusCode.UNAUTHENTICATED), ("bot", grpc.StatusCode.PERMISSION_DENIED)):
        call = await serve(served, token)
        assert call.status is not None
        assert (call.status.code, call.reads) == (code, 0)


@pytest.mark.parametrize("body", [b"", b"\xff" * 100, b"\x0a" * 300_000, b"\x0a\x01x"])
async def test_a_body_that_is_none_is_the_callers_fault(body: bytes) -> None:
    """Empty, malformed, too large, invalid."""
    call = await serve(interceptor(never, desk=caller("*")), "desk", body)
    assert call.status is not None
    assert call.status.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_caller_takes_a_quarter_of_the_calls_in_flight_and_a_tenant_half() -> None:
    """The next is told to come again; another tenant is served."""
    going, arrived = asyncio.Event(), asyncio.Semaphore(0)

    async def wait(request: Any, context: Any) -> Profile:
        arrived.release()
        await going.wait()
        return Profile()

    others = {name: replace(caller("*"), name=name) for name in ("second", "third")}
    served = interceptor(wait, one=caller("*"), elsewhere=replace(caller("*"), tenant="u"), **others)
    calls = [asyncio.create_task(serve(served, token)) for token in ("one", "one", "second", "second")]
    for _ in calls:
        await arrived.acquire()
    for token in ("one", "second", "third"):
        refused = await asyncio.wait_for(serve(served, token), 5)
        assert refused.status is not None
        assert refused.status.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    other = asyncio.create_task(serve(served, "elsewhere"))
    await arrived.acquire()
    going.set()
    assert [call.status for call in await asyncio.gather(*calls, other)] == [None] * 5
    assert served[0].in_flight == 0


async def test_a_reader_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its place is free again, and the behaviour is closed."""
    monkeypatch.setattr("profile_service.rpc.boundary.interceptor.STALL_S", 0.05)
    closed: list[int] = []

    async def answers(request: Any, context: Any) -> AsyncGenerator[Profile, None]:
        try:
            while True:
                yield Profile()
        finally:
            closed.append(1)

    served, _ = interceptor(never)
    serving = served.wrap_stream(METHOD, caller("*"), answers, GetProfileRequest.FromString)

    async def read_one() -> None:
        stream = serving(None, cast("Any", Call("desk", BODY)))
        async with aclosing(cast("Any", stream)):
            await anext(stream)
            assert served.in_flight == 1
            await asyncio.sleep(30)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(read_one())
    assert (served.in_flight, closed) == (0, [1])


async def test_a_call_that_failed_leaves_nothing_behind_for_the_garbage_collector() -> None:
    """The exception, its frames and with them the request are gone at once."""
    freed: list[int] = []

    class Captured:
        pass

    async def fail(request: Any, context: Any) -> Profile:
        collected = Captured()
        weakref.finalize(collected, freed.append, 1)
        raise ValueError

    served = interceptor(fail, desk=caller("*"))
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            await serve(served, "desk")
        assert len(freed) == 3
    finally:
        gc.enable()


def test_lists_are_counted_before_anything_in_them_is_looked_at() -> None:
    """Half a million empty items are refused within milliseconds, at any depth."""
    with pytest.raises(FieldInvalid, match="at most 25 items"):
        count_items(StartContactRequest.FromString(b"\x42\x00" * 500_000))
    with pytest.raises(FieldInvalid, match="at most 25 items"):
        count_items(BatchResolveProfilesRequest(requests=[ResolveProfileRequest.FromString(b"\x1a\x00" * 26)]))
    with pytest.raises(FieldInvalid, match="at most 50 items"):
        count_items(
            ResolveProfileRequest(source_record=SourceRecord(attributes={f"a{number}": "" for number in range(51)}))
        )
