"""Connections: a last-in first-out list of prepared connections, each set to one tenant at a time.

Every query names the tenant in its WHERE; row-level security, under a role that owns nothing, is the second layer.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, LiteralString, cast

import orjson
import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads

from profile_service.errors import Contention, DatabaseUnavailable, FieldInvalid

RETRYABLE = ("40001", "40P01")
UNSTORABLE = ("22P05", "22021")
"""A character that PostgreSQL's text does not hold."""
PLANNING = (
    "-c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off -c enable_hashjoin=off"
    " -c enable_mergejoin=off -c enable_bitmapscan=off -c enable_material=off"
    " -c idle_in_transaction_session_timeout=30s"
)
"""Every query looks few rows up by key, but a plan is made before the tables have statistics and the arrays a size:
left to itself the planner hashes whole tables (409 ms instead of 0.4 ms at 20,000 contacts)."""
REPLAN_FIRST_S, REPLAN_MOST_S = 0.5, 3600.0
"""A cached plan that was made while a table was nearly empty reads the whole tenant. Plans are made anew after half a
second of a connection's life, then after twice that, and so on: the planner looks at the tables' real size, so a plan
is never older than half of the growth."""
Connection = psycopg.AsyncConnection[DictRow]
_NAME = re.compile(r"^-- name: (?P<name>[a-z_]+)\n", re.MULTILINE)


def _load_queries() -> Mapping[str, LiteralString]:
    """Read sql/*.sql: every statement stands behind `-- name: ...` and a line that says what it is for."""
    found: dict[str, LiteralString] = {}
    for file in sorted((resources.files("profile_service.store") / "sql").iterdir(), key=lambda file: file.name):
        parts = _NAME.split(file.read_text())
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            # The text is a file of this release, never input: the cast is safe.
            found[name] = cast("LiteralString", text.strip())
    return found


QUERIES = _load_queries()
set_json_loads(orjson.loads)


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


@dataclass(slots=True)
class Database:
    """The pool of one process. `acquire` hands out a connection that is set to the tenant."""

    url: str
    size: int
    _idle: list[_Session] = field(default_factory=list[_Session])
    _open: int = 0
    _free: asyncio.Condition = field(default_factory=asyncio.Condition)
    _closed: bool = False

    async def open(self) -> None:
        """Make the first connection, so that a wrong URL shows at once. Raises DatabaseUnavailable."""
        async with self.acquire("-"):
            pass

    async def close(self) -> None:
        """Close idle connections; those in use close when they come back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().connection.close()

    async def _connect(self) -> Connection:
        try:
            connection: Connection = await psycopg.AsyncConnection[DictRow].connect(
                self.url,
                autocommit=True,
                prepare_threshold=0,
                row_factory=dict_row,
                connect_timeout=5,
                options=PLANNING,
                application_name="profile-service",
            )
            await connection.execute("SET ROLE profile_app")
        except psycopg.OperationalError:
            raise DatabaseUnavailable from None
        return connection

    async def _take(self) -> _Session:
        async with self._free:
            while True:
                while self._idle:
                    session = self._idle.pop()
                    if not session.connection.closed:
                        return session
                    self._open -= 1
                if self._open < self.size:
                    self._open += 1
                    break
                await self._free.wait()
        connected = False
        try:
            session = _Session(await self._connect())
            connected = True
            return session
        finally:
            if not connected:
                await self._forget()

    async def _forget(self) -> None:
        async with self._free:
            self._open -= 1
            self._free.notify()

    async def _give_back(self, session: _Session) -> None:
        connection = session.connection
        clean = connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
        if self._closed or connection.closed or not clean:
            await connection.close()
            await self._forget()
            return
        async with self._free:
            self._idle.append(session)
            self._free.notify()

    @asynccontextmanager
    async def acquire(self, tenant: str) -> AsyncIterator[Connection]:
        """A connection of the tenant, in autocommit. Raises DatabaseUnavailable, Contention, FieldInvalid."""
        session = await self._take()
        try:
            await session.prepare(tenant)
            yield session.connection
        except psycopg.Error as error:
            if error.sqlstate in RETRYABLE:
                raise Contention from error
            if error.sqlstate in UNSTORABLE:
                raise FieldInvalid([("request", "a text holds U+0000", "TEXT_UNSTORABLE")]) from None
            if isinstance(error, psycopg.OperationalError):
                await session.connection.close()
                raise DatabaseUnavailable from error
            raise
        finally:
            await asyncio.shield(self._give_back(session))

    @asynccontextmanager
    async def transaction(self, tenant: str) -> AsyncIterator[Connection]:
        """A connection of the tenant in one transaction, which commits when the block ends without an error."""
        async with self.acquire(tenant) as connection, connection.transaction():
            yield connection

    async def rows(self, tenant: str, name: str, parameters: Mapping[str, Any]) -> list[DictRow]:
        """Run one named query by itself."""
        async with self.acquire(tenant) as connection:
            return await run(connection, name, {"tenant": tenant, **parameters})


async def run(connection: Connection, name: str, parameters: Mapping[str, Any]) -> list[DictRow]:
    """Run a named query on a connection and fetch what it answers."""
    cursor = await connection.execute(QUERIES[name], parameters)
    return await cursor.fetchall() if cursor.description else []
