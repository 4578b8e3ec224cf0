"""Connections: a last-in first-out list of prepared connections, each set to one tenant at a time.

Every query names the tenant in its WHERE; row-level security, under a role that owns nothing, is the second layer.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib import resources
from typing import LiteralString, TypeVar, cast

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

from profile_service.errors import Contention, DatabaseUnavailable, DeadlinePassed, FieldInvalid
from profile_service.store.turns import Party, Turns, holding, require_nothing_held

RETRYABLE = ("40001", "40P01", "55P03")
"""Could not serialise, deadlock, lock not available in time."""
TOO_LONG = "57014"
PLANNING = (
    "-c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off -c enable_hashjoin=off"
    " -c enable_mergejoin=off -c enable_bitmapscan=off -c enable_material=off"
    " -c idle_in_transaction_session_timeout=30s -c statement_timeout=30s -c lock_timeout=10s"
)
"""Every query looks few rows up by key, but a plan is made before the tables have statistics and the arrays a size:
left to itself the planner hashes whole tables (409 ms instead of 0.4 ms at 20,000 contacts). No statement runs longer
than a call may wait for its answer; options of the URL come later and win."""
SILENCE = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 7000,
}
"""After how long a server that does not answer is given up (seconds; tcp_user_timeout in ms)."""
WAIT_S = 3.0
"""How long a call waits for a connection before it is told to come again."""
REPLAN_FIRST_S, REPLAN_MOST_S = 0.5, 3600.0
"""A cached plan that was made while a table was nearly empty reads the whole tenant. Plans are made anew after half a
second of a connection's life, then after twice that, and so on: the planner looks at the tables' real size, so a plan
is never older than half of the growth."""
Row = dict[str, object]
Connection = psycopg.AsyncConnection[Row]
Answer = TypeVar("Answer")
_NAME = re.compile(r"^-- name: (?P<name>[a-z_]+)\n", re.MULTILINE)


def _load_queries() -> Mapping[str, LiteralString]:
    """Read queries/*.sql: every statement stands behind `-- name: ...` and a line that says what it is for."""
    queries: dict[str, LiteralString] = {}
    for file in sorted(resources.files("profile_service.store.queries").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".sql"):
            continue
        parts = _NAME.split(file.read_text())
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            # The text is a file of this release, never input: the cast is safe.
            queries[name] = cast("LiteralString", text.strip())
    return queries


QUERIES = _load_queries()
set_json_loads(msgspec.json.decode)
psycopg.adapters.register_loader("uuid", TextLoader)  # ids are text everywhere in this program


@dataclass(slots=True)
class _Session:
    """A connection with the tenant that it is set to, and when its plans are made anew."""

    connection: Connection
    tenant: str = ""
    replan_after_s: float = REPLAN_FIRST_S
    replan_at: float = 0.0

    async def prepare(self, tenant: str) -> None:
        """Set the tenant and renew the plans, where needed."""
        now = time.monotonic()
        if now >= self.replan_at:
            await self.connection.execute("DISCARD PLANS")
            self.replan_at = now + self.replan_after_s
            self.replan_after_s = min(self.replan_after_s * 2, REPLAN_MOST_S)
        if self.tenant != tenant:
            self.tenant = ""
            await self.connection.execute("SELECT set_config('profile.tenant', %s, false)", (tenant,))
            self.tenant = tenant


async def connect(url: str) -> Connection:
    """A connection as the role of the service. Raises DatabaseUnavailable."""
    try:
        connection: Connection = await psycopg.AsyncConnection[Row].connect(
            with_limits(url),
            autocommit=True,
            prepare_threshold=0,
            row_factory=dict_row,
            application_name="profile-service",
        )
        await connection.execute("SET ROLE profile_app")
    except psycopg.OperationalError:
        raise DatabaseUnavailable from None
    return connection


def with_limits(url: str) -> str:
    """A connection string with our planner settings and the limits that it does not set itself: without them a primary
    that went silent is waited for a quarter of an hour."""
    given = conninfo_to_dict(url)
    options = " ".join(part for part in (PLANNING, str(given.pop("options", "") or "")) if part)
    return make_conninfo("", **{**SILENCE, **given, "options": options})


@contextmanager
def _errors_told() -> Generator[None]:
    """The driver's errors as ours."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate in RETRYABLE:
            raise Contention from error
        if isinstance(error, psycopg.DataError):
            raise FieldInvalid([("request", "a text holds U+0000, or a value is out of range", "UNSTORABLE")]) from None
        if error.sqlstate == TOO_LONG:
            raise DeadlinePassed from error
        if isinstance(error, psycopg.OperationalError):
            raise DatabaseUnavailable from error
        raise


@dataclass(slots=True)
class Database:
    """The pool of one process. `acquire` hands out a connection that is set to the tenant, to whose turn it is."""

    url: str
    size: int
    wait_s: float = WAIT_S
    turns: Turns = field(init=False)
    _idle: list[_Session] = field(default_factory=list[_Session])
    _closed: bool = False

    def __post_init__(self) -> None:
        self.turns = Turns(self.size, self.wait_s)

    async def open(self) -> None:
        """Make the first connection, so that a wrong URL shows at once. Raises DatabaseUnavailable."""
        async with self.acquire("-"):
            pass

    async def close(self) -> None:
        """Close idle connections; those in use close when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().connection.close()

    async def _take(self) -> _Session:
        while self._idle:
            session = self._idle.pop()
            if not session.connection.closed:
                return session
        return _Session(await connect(self.url))

    async def _give_back(self, session: _Session) -> None:
        connection = session.connection
        clean = connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
        if self._closed or connection.closed or not clean:
            await asyncio.shield(connection.close())
        else:
            self._idle.append(session)

    @asynccontextmanager
    async def acquire(self, tenant: str, party: Party | None = None) -> AsyncGenerator[Connection]:
        """A connection of the tenant, in autocommit, for the party (not given: whom the task acts for). Raises
        Overloaded, DatabaseUnavailable, Contention, FieldInvalid, and NestedAcquire where the task holds one already.
        """
        require_nothing_held()
        party = party or Party.current(tenant)
        await self.turns.take(party)
        try:
            session = await self._take()
            try:
                with holding(), _errors_told():
                    await session.prepare(tenant)
                    yield session.connection
            except DatabaseUnavailable:
                await session.connection.close()
                raise
            finally:
                await self._give_back(session)
        finally:
            self.turns.give_back(party)

    @asynccontextmanager
    async def apart(self, tenant: str) -> AsyncGenerator[Connection]:
        """A connection of one's own beside the pool, for a program that holds a claim while it uses the pool; not for
        calls. Raises as `acquire`."""
        session = _Session(await connect(self.url))
        try:
            with _errors_told():
                await session.prepare(tenant)
                yield session.connection
        finally:
            await asyncio.shield(session.connection.close())

    @asynccontextmanager
    async def transaction(self, tenant: str) -> AsyncGenerator[Connection]:
        """A connection of the tenant in one transaction, which commits when the block ends without an error."""
        async with self.acquire(tenant) as connection, connection.transaction():
            yield connection

    async def run(self, tenant: str, name: str, parameters: Mapping[str, object]) -> int:
        """Run one named statement by itself; answers how many rows it returned."""
        async with self.acquire(tenant) as connection:
            return len(await run(connection, name, {"tenant": tenant, **parameters}))

    async def read(self, tenant: str, name: str, parameters: Mapping[str, object], kind: type[Answer]) -> list[Answer]:
        """Run one named query by itself; as `read`."""
        async with self.acquire(tenant) as connection:
            return await read(connection, name, {"tenant": tenant, **parameters}, kind)


async def run(connection: Connection, name: str, parameters: Mapping[str, object]) -> list[Row]:
    """Run a named query on a connection and fetch what it answers."""
    cursor = await connection.execute(QUERIES[name], parameters)
    return await cursor.fetchall() if cursor.description else []


async def read(connection: Connection, name: str, parameters: Mapping[str, object], kind: type[Answer]) -> list[Answer]:
    """Run a named query on a connection. Every row becomes a struct of the kind, whose fields are the columns; raises
    msgspec.ValidationError where a column is missing or of another type."""
    return msgspec.convert(await run(connection, name, parameters), list[kind])
