"""A second process of the service, on the database of the first: each history arrives through both."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from disclosure import model

from profile_service import server
from profile_service.config import Settings, TelemetrySettings
from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Tenant
from profile_service.rpc.boundary.credentials import Credentials, load_credentials
from profile_service.telemetry import Telemetry
from tests.disclosed.played import Clock, policy_of

DAY_S = 86_400
SPAWN = multiprocessing.get_context("spawn")


class Second:
    """The other process, as the tests see it."""

    def __init__(self, clock: Clock, pipe: Any, port: int) -> None:
        self.clock, self.pipe, self.address = clock, pipe, f"127.0.0.1:{port}"

    async def take(self, tenant: str, rules: model.Policy, callers: Mapping[str, Caller]) -> None:
        """It serves this tenant now, and no other."""
        self.pipe.send((tenant, rules, dict(callers)))
        await asyncio.to_thread(self.pipe.recv)


@asynccontextmanager
async def second_process(home: Path) -> AsyncIterator[Second]:
    """Started beside the service that has its database in `home`, and stopped before it."""
    microseconds = SPAWN.Value("q", 0)
    ours, its = SPAWN.Pipe()
    process = SPAWN.Process(target=_run, args=(home, microseconds, its), daemon=True)
    process.start()
    try:
        yield Second(Clock(microseconds), ours, await asyncio.to_thread(ours.recv))
    finally:
        ours.send(None)
        await asyncio.to_thread(process.join, 30)


def _run(home: Path, microseconds: Any, pipe: Any) -> None:
    asyncio.run(_serve(home, microseconds, pipe))


async def _serve(home: Path, microseconds: Any, pipe: Any) -> None:
    """Serve what the pipe says, until it says nothing any more. Nothing ends by itself while the clock jumps."""
    server.SWEEP_SECONDS = DAY_S
    settings = Settings.model_validate({"database": {"data_dir": str(home)}, "grpc": {"address": "127.0.0.1:0"}})
    telemetry = Telemetry(TelemetrySettings())
    service = server.build(settings, server.lay_foundation(settings), load_credentials(settings.credentials), telemetry)
    service.runtime.clock = Clock(microseconds)
    await service.start()
    pipe.send(service.port)
    while (play := await asyncio.to_thread(pipe.recv)) is not None:
        _take(service, *play)
        pipe.send(None)
    await service.stop()


def _take(service: server.Service, tenant: str, rules: model.Policy, callers: Mapping[str, Caller]) -> None:
    service.runtime.tenants = {tenant: Tenant(policy=policy_of(rules))}
    service.reloader.interceptor.take(Credentials(callers))
