"""The audit: one row per change in its transaction, one per read of personal data in groups within a second.

A sequencer numbers the rows per tenant and chains them (HMAC of the previous link and the row), so that an edit, a
gap or a truncation shows. Rows hold ids, never personal data. A process that dies may lose the reads of its last
second; the next one records the gap.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg
from psycopg.rows import DictRow

from profile_service.errors import ServiceError
from profile_service.store.database import Database, run
from profile_service.store.keyring import Keyring

FLUSH_SECONDS = 0.5
SILENT_US = 10_000_000
CHAIN_BATCH = 256
BUFFER_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEntry:
    """A read of personal data: who read what."""

    tenant: str
    entry_id: str
    caller: str
    method: str
    policy: str
    subject: Mapping[str, Any]
    record_time_us: int

    def row(self) -> dict[str, Any]:
        """As the query takes it."""
        names = ("entry_id", "caller", "method", "policy", "subject", "record_time_us")
        return {"kind": "read", **{name: getattr(self, name) for name in names}}


def chain_link(keyring: Keyring, tenant: str, previous: bytes, row: Mapping[str, Any]) -> bytes:
    """The chain value of a row: HMAC-SHA256 over the previous value and every column that matters."""
    columns = [row[name] for name in ("sequence", "kind", "caller", "method", "policy", "record_time_us")]
    message = orjson.dumps([str(row["entry_id"]), *columns, row["subject"]], option=orjson.OPT_SORT_KEYS)
    return hmac.digest(keyring.digest(tenant, "audit"), previous + message, "sha256")


@dataclass(slots=True)
class AuditLog:
    """The writer of one process."""

    database: Database
    keyring: Keyring
    tenants: Iterable[str]
    clock: Callable[[], int]
    writer_id: str
    trouble: Callable[[str], None] = lambda _: None
    _buffer: list[ReadEntry] = field(default_factory=list[ReadEntry])
    _unchained: set[str] = field(default_factory=set[str])
    _alive: set[str] = field(default_factory=set[str])
    _task: asyncio.Task[None] | None = None

    def read(self, entry: ReadEntry) -> None:
        """Note a read; it is written within a second, off the answer's path."""
        self._buffer.append(entry)
        self._unchained.add(entry.tenant)

    def changed(self, tenant: str) -> None:
        """Note that a transaction wrote audit rows of its own; they are chained within a second."""
        self._unchained.add(tenant)

    @property
    def full(self) -> bool:
        """Whether so many reads wait that new calls should be turned away rather than go unrecorded."""
        return len(self._buffer) >= BUFFER_MAX

    async def start(self) -> None:
        """Record the gaps of writers that died, and begin to write."""
        for tenant in self.tenants:
            await self.database.rows(
                tenant, "audit_record_gaps", {"now": self.clock(), "silent_before": self.clock() - SILENT_US}
            )
        self._unchained.update(self.tenants)
        self._task = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        """Write what waits and sign off."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self.flush()
        for tenant in self._alive:
            await self.database.rows(tenant, "audit_sign_off", {"writer": self.writer_id})

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except (ServiceError, psycopg.Error) as error:
                self.trouble(type(error).__name__)  # what waits stays in the buffer and is tried again

    async def flush(self) -> None:
        """Write what waits, and chain what is not chained yet."""
        waiting, self._buffer = self._buffer, []
        by_tenant: dict[str, list[ReadEntry]] = {}
        for entry in waiting:
            by_tenant.setdefault(entry.tenant, []).append(entry)
        try:
            while by_tenant:
                tenant, entries = next(iter(by_tenant.items()))
                rows = orjson.dumps([entry.row() for entry in entries]).decode()
                await self.database.rows(tenant, "audit_alive", {"writer": self.writer_id, "now": self.clock()})
                self._alive.add(tenant)
                await self.database.rows(tenant, "audit_append", {"rows": rows})
                del by_tenant[tenant]
        finally:
            self._buffer = [entry for entries in by_tenant.values() for entry in entries] + self._buffer
        unchained, self._unchained = self._unchained, set()
        for tenant in sorted(unchained):
            chained = CHAIN_BATCH
            while chained == CHAIN_BATCH:
                chained = await self.chain(tenant)

    async def chain(self, tenant: str) -> int:
        """Number and chain the rows that are not yet; answers how many. One process at a time does it."""
        async with self.database.transaction(tenant) as connection:
            await run(connection, "audit_lock", {"tenant": tenant})
            head = await run(connection, "audit_head", {"tenant": tenant})
            rows = await run(connection, "audit_unchained", {"tenant": tenant, "most": CHAIN_BATCH})
            if not rows:
                return 0
            sequence, previous = (head[0]["sequence"], bytes(head[0]["chain"])) if head else (0, b"")
            links: list[dict[str, Any]] = []
            for row in rows:
                sequence += 1
                previous = chain_link(self.keyring, tenant, previous, {**row, "sequence": sequence})
                link = {"entry_id": str(row["entry_id"]), "sequence": sequence, "chain": "\\x" + previous.hex()}
                links.append(link)
            parameters = {"tenant": tenant, "links": orjson.dumps(links).decode()}
            await run(connection, "audit_chain", parameters)
            await run(connection, "audit_move_head", {"tenant": tenant, "sequence": sequence, "chain": previous})
            return len(rows)


def verify_chain(keyring: Keyring, tenant: str, rows: Iterable[DictRow], head: DictRow | None) -> str | None:
    """Check a tenant's chained rows in order against its head; None, or what is wrong first."""
    previous, expected = b"", 1
    for row in rows:
        if row["sequence"] != expected:
            return f"entry {expected} is missing"
        link = chain_link(keyring, tenant, previous, row)
        if not hmac.compare_digest(link, bytes(row["chain"])):
            return f"entry {expected} was changed"
        previous, expected = link, expected + 1
    if head is not None and (head["sequence"] != expected - 1 or bytes(head["chain"]) != previous):
        return f"entries after {expected - 1} are missing"
    return None
