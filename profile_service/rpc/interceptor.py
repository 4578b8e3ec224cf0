"""What stands around every call, outer to inner: telemetry, errors, admission, credential, validation, deadline.

The layers are composed once per method, not per call. Health and reflection are exempt: a full server is still alive.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
from google.protobuf.message import Message

from profile_service.errors import (
    DeadlinePassed,
    MethodDenied,
    Overloaded,
    ServiceError,
)
from profile_service.rpc.credentials import Credentials
from profile_service.rpc.permissions import may_call
from profile_service.rpc.status import status_of
from profile_service.rpc.validation import validate
from profile_service.telemetry import CallSpan, Telemetry
from profile_service.usecases.runtime import Caller

EXEMPT = ("/grpc.health.v1.", "/grpc.reflection.")
CALLER: ContextVar[Caller] = ContextVar("caller")
Behaviour = Callable[[Message, grpc.aio.ServicerContext], Awaitable[Message]]
StreamBehaviour = Callable[[Message, grpc.aio.ServicerContext], AsyncIterator[Message]]


def current_caller() -> Caller:
    """Who makes the call that is being served."""
    return CALLER.get()


@dataclass(slots=True)
class ServiceInterceptor(grpc.aio.ServerInterceptor):
    """Wraps the behaviour of every method of ours."""

    credentials: Credentials
    telemetry: Telemetry
    in_flight_max: int
    default_deadline_s: float
    is_full: Callable[[], bool] = lambda: False
    in_flight: int = 0
    _wrapped: dict[str, Any] = field(default_factory=dict[str, Any])
    _callers: dict[tuple[Caller, str], Caller] = field(default_factory=dict[tuple[Caller, str], Caller])

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Answer the wrapped handler of the method."""
        method = str(handler_call_details.method)
        held = self._wrapped.get(method)
        if held is not None:
            return held
        handler: Any = await continuation(handler_call_details)
        # An unknown method has no handler: grpc answers UNIMPLEMENTED by itself.
        if handler is None or method.startswith(EXEMPT):
            return handler
        coding = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }
        if handler.unary_unary is not None:
            wrapped = grpc.unary_unary_rpc_method_handler(self.wrap(method, handler.unary_unary), **coding)
        else:
            wrapped = grpc.unary_stream_rpc_method_handler(self.wrap_stream(method, handler.unary_stream), **coding)
        self._wrapped[method] = wrapped
        return wrapped

    def wrap(self, method: str, behaviour: Behaviour) -> Behaviour:
        """Compose the layers around one method's behaviour."""

        async def serve(request: Message, context: grpc.aio.ServicerContext) -> Message:
            async with self._boundary(method, context) as metadata:
                self._admit(method, request, metadata)
                try:
                    if context.time_remaining() is not None:
                        return await behaviour(request, context)
                    async with asyncio.timeout(self.default_deadline_s):
                        return await behaviour(request, context)
                finally:
                    self.in_flight -= 1
            raise AssertionError("the boundary raises")

        return serve

    def wrap_stream(self, method: str, behaviour: StreamBehaviour) -> StreamBehaviour:
        """The same for a method that answers many messages; it has no deadline but the caller's."""

        async def serve(request: Message, context: grpc.aio.ServicerContext) -> AsyncIterator[Message]:
            async with self._boundary(method, context, streams=True) as metadata:
                self._admit(method, request, metadata)
                try:
                    async for answer in behaviour(request, context):
                        yield answer
                finally:
                    self.in_flight -= 1

        return serve

    @asynccontextmanager
    async def _boundary(
        self, method: str, context: grpc.aio.ServicerContext, *, streams: bool = False
    ) -> AsyncIterator[Mapping[str, str | bytes]]:
        """Count the call, and end it with a status of ours whatever it raises. Gives the metadata. A stream has no
        span: its generator may be closed in another context than the one it was opened in."""
        name, started = method.lstrip("/"), time.perf_counter()
        metadata = dict(context.invocation_metadata() or ())
        error: ServiceError
        with nullcontext(CallSpan()) if streams else self.telemetry.span(name, metadata) as span:
            try:
                yield metadata
            except (asyncio.CancelledError, GeneratorExit):
                self.telemetry.served(name, "CANCELLED", time.perf_counter() - started)
                raise
            except ServiceError as known:
                error = known
            except TimeoutError:
                error = DeadlinePassed()
            except grpc.aio.AbortError:
                raise
            except Exception as unknown:  # the error boundary: nothing of it may reach the caller
                request_id = secrets.token_hex(8)
                self.telemetry.log_bug(name, request_id, unknown)
                error = ServiceError("Internal error.", request_id=request_id)
            else:
                self.telemetry.served(name, "OK", time.perf_counter() - started)
                return
            status = status_of(error)
            span.fail(error.reason)
            self.telemetry.served(name, status.code.name, time.perf_counter() - started, error.reason)
        await context.abort_with_status(status)

    def _admit(self, method: str, request: Message, metadata: Mapping[str, str | bytes]) -> None:
        """Let a call in: from here it counts as in flight. Raises Overloaded, CredentialInvalid, MethodDenied,
        FieldInvalid."""
        if self.in_flight >= self.in_flight_max or self.is_full():
            raise Overloaded
        caller = self.credentials.find(metadata)
        if not may_call(caller.role, method):
            raise MethodDenied(method=method.rpartition("/")[2], role=caller.role.value)
        validate(request)
        CALLER.set(self._bound(caller, method))
        self.in_flight += 1

    def _bound(self, caller: Caller, method: str) -> Caller:
        """The caller of the method, made once per credential: two of one name may differ in what they may do."""
        bound = self._callers.get((caller, method))
        if bound is None:
            bound = self._callers[caller, method] = replace(caller, method=method.rpartition("/")[2])
        return bound
