"""Build, serve, shut down: the one place where everything is put together."""

from __future__ import annotations

import asyncio
import gc
import secrets
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import psycopg
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2

from profile_service.config import Settings
from profile_service.engine.runtime import Runtime, system_clock
from profile_service.errors import ServiceError
from profile_service.identity.ids import uuid7
from profile_service.identity.matching.attributes import words
from profile_service.identity.text.addresses import normalise_email
from profile_service.identity.text.cards import mask_cards
from profile_service.identity.text.phones import normalise_phone
from profile_service.reload import Reloader
from profile_service.rpc.boundary.body import BodyReader
from profile_service.rpc.boundary.credentials import Credentials, load_credentials
from profile_service.rpc.boundary.interceptor import ServiceInterceptor
from profile_service.rpc.services.contact import ContactServicer
from profile_service.rpc.services.explain import ExplainServicer
from profile_service.rpc.services.profile import ProfileServicer
from profile_service.rpc.services.steward import StewardServicer
from profile_service.store import embedded, migrate
from profile_service.store.audit import AuditLog
from profile_service.store.database import Database
from profile_service.store.key_check import holds_data, is_written_with_keys, require_its_keys
from profile_service.store.keyring import KeyFileError, Keyring, create_key_file, load_keyring
from profile_service.telemetry import Telemetry
from profile_service.tenants import load_tenants
from profile_service.usecases.upkeep.sweep import sweep
from profile_service.v1 import (
    add_ContactServiceServicer_to_server,
    add_ExplainServiceServicer_to_server,
    add_ProfileServiceServicer_to_server,
    add_StewardServiceServicer_to_server,
)

SERVICES = tuple(f"profile_service.v1.{name}Service" for name in ("Contact", "Profile", "Explain", "Steward"))
REFLECTION_V1 = "grpc.reflection.v1.ServerReflection"
SWEEP_SECONDS = 30
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""What ends the service in order. SIGHUP comes where a terminal is closed."""
STREAMS_MAX = 1000
"""Calls at once on one connection; the others wait in the client."""
WINDOW_BYTES = 131_072
"""Of a body, how much is under way before it is asked for."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """What has to stand before a process serves: a migrated database and the keys."""

    url: str
    keyring: Keyring
    embedded: bool


def lay_foundation(settings: Settings, tell: Callable[[str], None] = lambda _: None) -> Foundation:
    """Start the embedded database where none is configured, migrate it, and load or make the keys.

    Raises EmbeddedError, MigrationError, KeyFileError, psycopg.OperationalError.
    """
    if settings.database.url is not None:
        url = settings.database.url.get_secret_value()
        return Foundation(url=url, keyring=_keys(settings, url), embedded=False)
    server = embedded.start(settings.home)
    with ExitStack() as undone:
        undone.callback(embedded.release, settings.home)
        migrate.migrate(server.owner_url, tell, login=embedded.SERVICE)
        is_new = not is_written_with_keys(server.url) and not holds_data(server.owner_url)
        if is_new and not settings.keys.exists() and settings.key_file is None:
            create_key_file(settings.keys)
        foundation = Foundation(url=server.url, keyring=_keys(settings, server.url), embedded=True)
        undone.pop_all()
    return foundation


def _keys(settings: Settings, url: str) -> Keyring:
    """The keys of the database. For a database of the operator's own none are made here: they would differ between
    replicas, and be lost with a container. Raises KeyFileError."""
    if settings.database.url is not None and not settings.keys.exists():
        raise KeyFileError(
            f"there is no key file at {settings.keys}: restore it, or, for a database that is new, make one with"
            " `profile-service keys create`, keep a copy apart from the database's, and give every process the same"
        )
    keyring = load_keyring(settings.keys)
    require_its_keys(url, keyring)
    return keyring


@dataclass(slots=True)
class Service:
    """A serving process."""

    server: grpc.aio.Server
    health: Any
    runtime: Runtime
    telemetry: Telemetry
    port: int
    drain_s: float
    reloader: Reloader
    _tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def start(self) -> None:
        """Open the database, start to serve, and say so."""
        await self.runtime.database.open()
        await self.runtime.audit.start()
        warm_up()
        settle_heap()
        await self.server.start()
        for name in ("", *SERVICES):
            await self.health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._tasks = [asyncio.create_task(self._keep_up()), asyncio.create_task(self.reloader.watch())]

    async def stop(self) -> None:
        """Drain: health first, then calls under way, then what waits to be written."""
        await self.health.enter_graceful_shutdown()
        await self.server.stop(self.drain_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self.runtime.audit.stop()
        except ServiceError as error:  # the database is gone: another writer records the gap
            self.telemetry.log.say("audit_delayed", type=type(error).__name__)
        await self.runtime.database.close()
        self.telemetry.stop()

    async def _keep_up(self) -> None:
        while True:
            for tenant in self.runtime.tenants:
                try:
                    closed, _ = await sweep(self.runtime, tenant)
                    if closed:
                        self.telemetry.closed(tenant, closed)
                except (ServiceError, psycopg.Error) as error:
                    self.telemetry.log.say("upkeep_failed", type=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)


def warm_up() -> None:
    """Read what libraries read at their first use, some tens of milliseconds, before anybody calls."""
    normalise_phone("030 901820", "DE")
    normalise_email("someone@bücher.example")
    mask_cards("4111 1111 1111 1111 –")
    words("Jürgen")


def settle_heap() -> None:
    """Take what was loaded at the start out of the garbage collector's rounds, and make the rounds rarer: a full one
    over descriptors, policies and metadata stops all calls for tens of milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def assemble(settings: Settings, foundation: Foundation, credentials: Credentials, telemetry: Telemetry) -> Runtime:
    """What the use cases of a process work with; nothing is opened yet. Raises TenantFileError."""
    tenants = load_tenants(settings.tenants_file, credentials.tenants, settings.policy)
    database = Database(foundation.url, settings.database.connections, settings.database.wait_s)
    writer = uuid7(system_clock(), secrets.randbits(62))
    audit = AuditLog(
        database,
        foundation.keyring,
        tuple(tenants),
        system_clock,
        writer,
        trouble=lambda kind: telemetry.log.say("audit_delayed", type=kind),
    )
    runtime = Runtime(
        database=database, keyring=foundation.keyring, tenants=tenants, audit=audit, coalesce=settings.coalesce
    )
    runtime.watchers = telemetry
    return runtime


def build(settings: Settings, foundation: Foundation, credentials: Credentials, telemetry: Telemetry) -> Service:
    """Put a process together; nothing runs yet."""
    runtime = assemble(settings, foundation, credentials, telemetry)
    interceptor = ServiceInterceptor(
        credentials=credentials,
        telemetry=telemetry,
        in_flight_max=settings.grpc.in_flight_max,
        default_deadline_s=settings.grpc.default_deadline_s,
        body=BodyReader(settings.grpc.request_max_bytes, settings.grpc.batch_max_bytes),
        is_full=lambda: runtime.audit.full,
    )
    runtime.in_flight = lambda: interceptor.in_flight
    server = grpc.aio.server(
        interceptors=(interceptor,),
        options=(
            ("grpc.max_receive_message_length", settings.grpc.batch_max_bytes),
            ("grpc.max_metadata_size", 8192),
            ("grpc.max_concurrent_streams", STREAMS_MAX),
            # What a stranger sends before it is refused is held by the transport: as much as the window of the stream,
            # which would grow with the speed of the connection.
            ("grpc.http2.bdp_probe", 0),
            ("grpc.http2.lookahead_bytes", WINDOW_BYTES),
            ("grpc.so_reuseport", 1 if settings.processes > 1 else 0),
        ),
    )
    add_ContactServiceServicer_to_server(ContactServicer(runtime), server)
    add_ProfileServiceServicer_to_server(ProfileServicer(runtime), server)
    add_ExplainServiceServicer_to_server(ExplainServicer(runtime), server)
    add_StewardServiceServicer_to_server(StewardServicer(runtime), server)
    servicer = health.aio.HealthServicer()  # pyright: ignore[reportAttributeAccessIssue]
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    _add_reflection(server)
    reloader = Reloader(settings, interceptor, runtime, telemetry.log)
    return Service(server, servicer, runtime, telemetry, _listen(server, settings), settings.grpc.drain_s, reloader)


def _listen(server: grpc.aio.Server, settings: Settings) -> int:
    certificate, key = settings.grpc.tls_certificate, settings.grpc.tls_key
    if certificate is None or key is None:
        return server.add_insecure_port(settings.grpc.address)
    pair = (key.read_bytes(), certificate.read_bytes())
    return server.add_secure_port(settings.grpc.address, grpc.ssl_server_credentials([pair]))


def _add_reflection(server: grpc.aio.Server) -> None:
    """Reflection as v1alpha, which the library knows, and as v1, which is the same on the wire."""
    names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME, REFLECTION_V1)
    reflection.enable_server_reflection(names, server)
    servicer = reflection.aio.ReflectionServicer(names)
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    generic = grpc.method_handlers_generic_handler(REFLECTION_V1, {"ServerReflectionInfo": handler})
    server.add_generic_rpc_handlers((generic,))


async def serve(settings: Settings, foundation: Foundation, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; `ready` gets the port. Raises EmbeddedError where the embedded database
    ended meanwhile."""
    telemetry = Telemetry(settings.telemetry)
    service = build(settings, foundation, load_credentials(settings.credentials), telemetry)
    stopping, lost = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in STOPPING:
        loop.add_signal_handler(name, stopping.set)

    def lose() -> None:
        lost.set()
        stopping.set()

    def tell_lost() -> None:
        with suppress(RuntimeError):  # the loop is closed after a stop of our own
            loop.call_soon_threadsafe(lose)

    if foundation.embedded:
        embedded.when_lost(settings.home, tell_lost)
    await service.start()
    ready(service.port)
    await stopping.wait()
    if lost.is_set():
        telemetry.log.say("embedded_database_ended")
    await service.stop()
    if lost.is_set():
        raise embedded.EmbeddedError(embedded.LOST)
