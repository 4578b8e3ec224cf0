"""What stands around every call, outer to inner: credential, telemetry, errors, admission, body, deadline.

The credential and its role are checked on the metadata alone, and a call is admitted before its body is read: who may
not call costs no parsing and no memory. The layers are composed once per method and caller, not per call. Health and
reflection need no credential and are not counted: a full server is still alive.

Every method of ours is registered as one that streams its request, which is the same on the wire: grpc.aio receives
and parses the body of a unary request before any code of ours runs, that of a stream when it is asked for.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
from google.protobuf.message import Message

from profile_service.engine.caller import Caller
from profile_service.errors import DeadlinePassed, MethodDenied, Overloaded, ServiceError
from profile_service.rpc.boundary.body import BodyReader
from profile_service.rpc.boundary.credentials import Credentials
from profile_service.rpc.boundary.exempt import ExemptCalls
from profile_service.rpc.boundary.pace import paced
from profile_service.rpc.boundary.permissions import PERMISSIONS, may_call
from profile_service.rpc.boundary.status import status_of
from profile_service.telemetry import CallSpan, Telemetry

EXEMPT = ("/grpc.health.v1.", "/grpc.reflection.")
STALL_S = 60.0
"""How long a message of a stream may wait for its reader."""
DENIED = frozenset({"SOURCE_DENIED", "PURPOSE_NEEDED", "BUDGET_SPENT"})
"""What is refused to a caller for who it is, beside what its credential and role are refused."""
CALLER: ContextVar[Caller] = ContextVar("caller")
Context = grpc.aio.ServicerContext
Behaviour = Callable[[Message, Context], Awaitable[Message]]
StreamBehaviour = Callable[[Message, Context], AsyncGenerator[Message, None]]


def current_caller() -> Caller:
    """Who makes the call that is being served."""
    return CALLER.get()


@dataclass(slots=True)
class ServiceInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the behaviour of every method of ours. A caller has at most a quarter of the calls in flight, the callers
    of one tenant half."""

    credentials: Credentials
    telemetry: Telemetry
    in_flight_max: int
    default_deadline_s: float
    body: BodyReader = field(default_factory=BodyReader)
    is_full: Callable[[], bool] = lambda: False
    in_flight: int = 0
    exempt: ExemptCalls = field(default_factory=ExemptCalls)
    _by_caller: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    _by_tenant: Counter[str] = field(default_factory=Counter[str])
    _wrapped: dict[tuple[str, Caller | None], Any] = field(default_factory=dict[tuple[str, Caller | None], Any])

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Answer the wrapped handler of the method, for this caller; one that refuses where it may not be called."""
        method, caller = str(handler_call_details.method), None
        if method in PERMISSIONS:
            try:
                caller = self._authorised(method, dict(handler_call_details.invocation_metadata or ()))
            except ServiceError as error:
                return self._refusing(method, error)
        wrapped = self._wrapped.get((method, caller))
        if wrapped is not None:
            return wrapped
        handler: Any = await continuation(handler_call_details)
        if handler is None:  # grpc answers UNIMPLEMENTED by itself
            return None
        wrapped = self.exempt.bounded(handler) if caller is None else self._wrap(method, caller, handler)
        self._wrapped[method, caller] = wrapped
        return wrapped

    def _authorised(self, method: str, metadata: dict[str, str | bytes]) -> Caller:
        """Who calls. Raises CredentialInvalid, MethodDenied."""
        caller = self.credentials.find(metadata, time.time_ns() // 1000)
        if not may_call(caller.role, method):
            raise MethodDenied(method=method.rpartition("/")[2], role=caller.role.value, caller=caller.name)
        return caller

    def take(self, credentials: Credentials) -> None:
        """Go by other credentials from now on."""
        self.credentials = credentials
        self._wrapped.clear()

    def _refusing(self, method: str, error: ServiceError) -> Any:
        status, caller = status_of(error), error.metadata.get("caller", "")

        async def refuse(_: object, context: Context) -> Message:
            self.telemetry.served(method.lstrip("/"), status.code.name, 0.0, error.reason)
            self.telemetry.denied(method.lstrip("/"), error.reason, caller)
            await context.abort_with_status(status)
            raise AssertionError("abort raises")

        return grpc.stream_unary_rpc_method_handler(refuse)

    def _wrap(self, method: str, caller: Caller, handler: Any) -> Any:
        bound = replace(caller, method=method.rpartition("/")[2])
        parse = handler.request_deserializer
        if handler.unary_unary is not None:
            serve = self.wrap(method, bound, paced(method, bound, handler.unary_unary), parse)
            return grpc.stream_unary_rpc_method_handler(serve, response_serializer=handler.response_serializer)
        stream = self.wrap_stream(method, bound, handler.unary_stream, parse)
        return grpc.stream_stream_rpc_method_handler(stream, response_serializer=handler.response_serializer)

    def wrap(
        self, method: str, caller: Caller, behaviour: Behaviour, parse: Callable[[bytes], Message]
    ) -> Callable[[object, Context], Awaitable[Message]]:
        """Compose the layers around one method's behaviour."""
        name = method.lstrip("/")

        async def serve(_: object, context: Context) -> Message:
            with (
                self.telemetry.span(name, dict(context.invocation_metadata() or ())) as span,
                ErrorBoundary(self.telemetry, name, span, caller.name) as boundary,
                self._in_flight(caller),
            ):
                request = await self.body.read(method, context, parse)
                if context.time_remaining() is not None:
                    return await behaviour(request, context)
                async with asyncio.timeout(self.default_deadline_s):
                    return await behaviour(request, context)
            await context.abort_with_status(boundary.status)
            raise AssertionError("abort raises")

        return serve

    def wrap_stream(
        self, method: str, caller: Caller, behaviour: StreamBehaviour, parse: Callable[[bytes], Message]
    ) -> Callable[[object, Context], AsyncIterator[Message]]:
        """The same for a method that answers many messages; it has no deadline but the caller's, and no span: its
        generator may be closed in another context than the one it was opened in."""
        name = method.lstrip("/")

        async def serve(_: object, context: Context) -> AsyncIterator[Message]:
            with ErrorBoundary(self.telemetry, name, CallSpan(), caller.name) as boundary, self._in_flight(caller):
                request = await self.body.read(method, context, parse)
                async with aclosing(behaviour(request, context)) as answers:
                    async for answer in answers:
                        with _cut_off_after(STALL_S):
                            yield answer
                return
            await context.abort_with_status(boundary.status)

        return serve

    @contextmanager
    def _in_flight(self, caller: Caller) -> Iterator[None]:
        """Within, the call counts as in flight, and acts for its caller. Raises Overloaded."""
        party = (caller.tenant, caller.name)
        if self.in_flight >= self.in_flight_max or self.is_full():
            raise Overloaded
        if self._by_caller[party] >= max(1, self.in_flight_max // 4):
            raise Overloaded
        if self._by_tenant[caller.tenant] >= max(1, self.in_flight_max // 2):
            raise Overloaded
        CALLER.set(caller)
        caller.take_turns()
        self.in_flight += 1
        self._by_caller[party] += 1
        self._by_tenant[caller.tenant] += 1
        try:
            yield
        finally:
            self.in_flight -= 1
            self._by_caller[party] -= 1
            self._by_tenant[caller.tenant] -= 1


@contextmanager
def _cut_off_after(seconds: float) -> Iterator[None]:
    """Cancel the call where the block takes longer: a reader that takes nothing would hold its place for ever."""
    task = asyncio.current_task()
    timer = None if task is None else asyncio.get_running_loop().call_later(seconds, task.cancel)
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()


class ErrorBoundary:
    """Counts a call, and ends it with a status of ours whatever it raises: nothing of an unexpected exception may reach
    the caller. The exception is gone when the block is left, with what its frames hold: kept, it and the request would
    stay in memory until the garbage collector comes."""

    __slots__ = ("_caller", "_name", "_span", "_started", "_telemetry", "status")

    def __init__(self, telemetry: Telemetry, name: str, span: CallSpan, caller: str = "") -> None:
        self._telemetry, self._name, self._span, self._caller = telemetry, name, span, caller
        self._started = time.perf_counter()
        self.status: Any = None

    def __enter__(self) -> ErrorBoundary:
        """Begin to count."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Count the call; `status` is what it ends with where it raised, and True says so."""
        seconds = time.perf_counter() - self._started
        if error is None:
            self._telemetry.served(self._name, "OK", seconds)
            return False
        if isinstance(error, asyncio.CancelledError | GeneratorExit):
            self._telemetry.served(self._name, "CANCELLED", seconds)
            return False
        if isinstance(error, grpc.aio.AbortError):
            return False
        refusal = self._refusal(error)
        self.status = status_of(refusal)
        self._span.fail(refusal.reason)
        self._telemetry.served(self._name, self.status.code.name, seconds, refusal.reason)
        if refusal.reason in DENIED:
            self._telemetry.denied(self._name, refusal.reason, self._caller)
        return True

    def _refusal(self, error: BaseException) -> ServiceError:
        if isinstance(error, ServiceError):
            return error
        if isinstance(error, TimeoutError):
            return DeadlinePassed()
        request_id = secrets.token_hex(8)
        self._telemetry.log_bug(self._name, request_id, error)
        return ServiceError("Internal error.", request_id=request_id)
