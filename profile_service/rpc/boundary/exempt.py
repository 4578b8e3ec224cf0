"""Health and reflection: they need no credential, so what they take is bounded for all strangers together."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError, Message

BYTES_MAX, STREAMS_MAX = 1024, 200
"""The largest body, and the streams (Watch, reflection) that are open at once."""


@dataclass(slots=True)
class ExemptCalls:
    """Bounds handlers of methods that anybody may call."""

    streams: int = 0

    def bounded(self, handler: Any) -> Any:
        """A handler that reads a body that is too large, or none, as an empty one, and of whose streams there are not
        too many."""
        parse: Callable[[bytes], Message] = handler.request_deserializer

        def read(raw: bytes) -> Message:
            try:
                return parse(raw if len(raw) <= BYTES_MAX else b"")
            except DecodeError:
                return parse(b"")

        coding = {"request_deserializer": read, "response_serializer": handler.response_serializer}
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(handler.unary_unary, **coding)
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(self._counted(handler.unary_stream), **coding)
        return grpc.stream_stream_rpc_method_handler(self._counted(handler.stream_stream), **coding)

    def _counted(self, behaviour: Any) -> Any:
        """A stream that is refused where too many are open."""

        async def generate(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Message]:
            await self._enter(context)
            try:
                async for answer in behaviour(request, context):
                    yield answer
            finally:
                self.streams -= 1

        async def write(request: Any, context: grpc.aio.ServicerContext) -> None:
            await self._enter(context)
            try:
                await behaviour(request, context)
            finally:
                self.streams -= 1

        return generate if inspect.isasyncgenfunction(behaviour) else write

    async def _enter(self, context: grpc.aio.ServicerContext) -> None:
        if self.streams >= STREAMS_MAX:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many open streams: try again later")
        self.streams += 1
