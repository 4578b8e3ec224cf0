"""The client, asynchronous and synchronous. Requests are messages of profile_service.v1; missing keys are filled in.

StartContact has a deadline of 300 ms and never keeps a customer waiting: where no answer comes in time it returns an
`UnknownCustomer`, and the call is made again in the background until the service has it.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from profile_client.channel import Target
from profile_client.errors import ProfileError, profile_error
from profile_service.v1 import (
    ContactServiceStub,
    ExplainServiceStub,
    ProfileServiceStub,
    StartContactRequest,
    StartContactResponse,
    StewardServiceStub,
)

STUBS: tuple[Callable[[Any], Any], ...] = (
    ContactServiceStub,
    ProfileServiceStub,
    ExplainServiceStub,
    StewardServiceStub,
)
START_DEADLINE_S = 0.3
DEADLINE_S = 2.0
DEADLINES_S = {"BatchRecordInteractions": 15.0, "BatchResolveProfiles": 30.0, "ExplainResolve": 10.0}
"""Of the methods that take longer than others."""
LATE_DEADLINE_S = 10.0
LATE_ATTEMPTS = 20
LATE_MAX = 1000
FALLBACK_CODES = frozenset({grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE})
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class UnknownCustomer:
    """No answer in time: treat the customer as unknown, disclose nothing. The contact is recorded late."""

    request: StartContactRequest


def fill_keys(request: Message) -> Message:
    """Fill in what the caller may leave out: the request_id, and the occur_time (now)."""
    fields: dict[str, Any] = {field.name: field for field in request.DESCRIPTOR.fields}
    if "request_id" in fields and not getattr(request, "request_id"):  # noqa: B009 # not every message has it
        setattr(request, "request_id", str(uuid.uuid4()))  # noqa: B010
    if "occur_time" in fields and not request.HasField("occur_time"):
        getattr(request, "occur_time").FromMicroseconds(time.time_ns() // 1000)  # noqa: B009
    return request


def method_name(request: Message) -> str:
    """The method whose request a message is."""
    return request.DESCRIPTOR.name.removesuffix("Request")


def _method(stubs: tuple[Any, ...], request: Message) -> Callable[..., Any]:
    name = method_name(request)
    for stub in stubs:
        method = getattr(stub, name, None)
        if method is not None:
            return method
    raise TypeError(f"{request.DESCRIPTOR.name} is not a request of this service")


@dataclass(slots=True)
class AsyncProfileClient:
    """Calls from asyncio. Use as `async with AsyncProfileClient(target) as client`."""

    target: Target
    start_deadline_s: float = START_DEADLINE_S
    deadline_s: float = DEADLINE_S
    _channel: grpc.aio.Channel = field(init=False)
    _stubs: tuple[Any, ...] = field(init=False)
    _late: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def __post_init__(self) -> None:
        self._channel = self.target.aio_channel()
        self._stubs = tuple(stub(self._channel) for stub in STUBS)

    async def __aenter__(self) -> AsyncProfileClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Wait for contacts that are recorded late, then close."""
        await asyncio.gather(*self._late, return_exceptions=True)
        await self._channel.close()

    async def call(self, request: Message, *, deadline_s: float | None = None) -> Any:
        """Make the call whose request this is. Raises ProfileError."""
        method: Callable[..., Awaitable[Message]] = _method(self._stubs, fill_keys(request))
        usual = max(self.deadline_s, DEADLINES_S.get(method_name(request), 0))
        timeout = usual if deadline_s is None else deadline_s
        try:
            return await method(request, timeout=timeout, metadata=self.target.metadata())
        except grpc.RpcError as error:
            raise profile_error(error) from None

    async def stream(self, request: Message, *, deadline_s: float | None = None) -> AsyncGenerator[Any, None]:
        """Make a call that answers many messages; leaving the loop cancels it. No deadline of its own.

        Raises ProfileError.
        """
        call = _method(self._stubs, fill_keys(request))(request, timeout=deadline_s, metadata=self.target.metadata())
        try:
            async for answer in call:
                yield answer
        except grpc.RpcError as error:
            raise profile_error(error) from None
        finally:
            call.cancel()

    async def start_contact(self, request: StartContactRequest) -> StartContactResponse | UnknownCustomer:
        """Start a contact within the deadline, or answer UnknownCustomer and record it late.

        Raises ProfileError for what the service refuses.
        """
        try:
            return await self.call(request, deadline_s=self.start_deadline_s)
        except ProfileError as error:
            if error.code not in FALLBACK_CODES or len(self._late) >= LATE_MAX:
                raise
        task = asyncio.create_task(self._record_late(request))
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        return UnknownCustomer(request)

    async def _record_late(self, request: StartContactRequest) -> None:
        for attempt in range(LATE_ATTEMPTS):
            try:
                await self.call(request, deadline_s=LATE_DEADLINE_S)
                return
            except ProfileError as error:
                if error.had_no_effect and error.code is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    return
            await asyncio.sleep(min(0.1 * 2**attempt, 5.0))


@dataclass(slots=True)
class ProfileClient:
    """Calls from threads. Use as `with ProfileClient(target) as client`."""

    target: Target
    start_deadline_s: float = START_DEADLINE_S
    deadline_s: float = DEADLINE_S
    _channel: grpc.Channel = field(init=False)
    _stubs: tuple[Any, ...] = field(init=False)
    _late: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def __post_init__(self) -> None:
        self._channel = self.target.channel()
        self._stubs = tuple(stub(self._channel) for stub in STUBS)

    def __enter__(self) -> ProfileClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for contacts that are recorded late, then close."""
        for thread in self._late:
            thread.join()
        self._channel.close()

    def call(self, request: Message, *, deadline_s: float | None = None) -> Any:
        """Make the call whose request this is. Raises ProfileError."""
        method: Callable[..., Message] = _method(self._stubs, fill_keys(request))
        usual = max(self.deadline_s, DEADLINES_S.get(method_name(request), 0))
        timeout = usual if deadline_s is None else deadline_s
        try:
            return method(request, timeout=timeout, metadata=self.target.metadata())
        except grpc.RpcError as error:
            raise profile_error(error) from None

    def stream(self, request: Message, *, deadline_s: float | None = None) -> Generator[Any, None, None]:
        """Make a call that answers many messages; leaving the loop cancels it. No deadline of its own.

        Raises ProfileError.
        """
        call = _method(self._stubs, fill_keys(request))(request, timeout=deadline_s, metadata=self.target.metadata())
        try:
            yield from call
        except grpc.RpcError as error:
            raise profile_error(error) from None
        finally:
            call.cancel()

    def start_contact(self, request: StartContactRequest) -> StartContactResponse | UnknownCustomer:
        """Start a contact within the deadline, or answer UnknownCustomer and record it late.

        Raises ProfileError for what the service refuses.
        """
        self._late = [thread for thread in self._late if thread.is_alive()]
        try:
            return self.call(request, deadline_s=self.start_deadline_s)
        except ProfileError as error:
            if error.code not in FALLBACK_CODES or len(self._late) >= LATE_MAX:
                raise
        thread = threading.Thread(target=self._record_late, args=(request,), daemon=True)
        self._late.append(thread)
        thread.start()
        return UnknownCustomer(request)

    def _record_late(self, request: StartContactRequest) -> None:
        for attempt in range(LATE_ATTEMPTS):
            try:
                self.call(request, deadline_s=LATE_DEADLINE_S)
                return
            except ProfileError as error:
                if error.had_no_effect and error.code is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    return
            time.sleep(min(0.1 * 2**attempt, 5.0))
