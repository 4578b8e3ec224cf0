"""An echo of GetContext, bare or through all our interceptors: what the service itself is measured against.

Usage: python -m tests.bench.echo_server {bare|ours} RESPONSE_BYTES CREDENTIALS_FILE; prints its port.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import grpc
import uvloop

from profile_service.config import TelemetrySettings
from profile_service.rpc.boundary.credentials import load_credentials
from profile_service.rpc.boundary.interceptor import ServiceInterceptor
from profile_service.server import settle_heap
from profile_service.telemetry import Telemetry
from profile_service.v1 import GetContextRequest, GetContextResponse


async def serve(kind: str, size: int, credentials: Path) -> None:
    """Serve until SIGTERM."""
    answer = GetContextResponse(profile="x" * size)

    async def echo(request: GetContextRequest, context: object) -> GetContextResponse:
        return answer

    interceptors = ()
    if kind == "ours":
        telemetry = Telemetry(TelemetrySettings(sample_ratio=0.1))
        interceptors = (ServiceInterceptor(load_credentials(credentials), telemetry, 512, 10.0),)
    server = grpc.aio.server(interceptors=interceptors)
    handler = grpc.unary_unary_rpc_method_handler(
        echo, GetContextRequest.FromString, GetContextResponse.SerializeToString
    )
    generic = grpc.method_handlers_generic_handler("profile_service.v1.ContactService", {"GetContext": handler})
    server.add_generic_rpc_handlers((generic,))
    if kind == "ours":
        settle_heap()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await server.stop(0)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
