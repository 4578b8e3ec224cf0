"""The audit: one row per change in its transaction, one per read of personal data in groups within a second.

A sequencer numbers the rows per tenant and chains them (HMAC of the previous link and the row), so that an edit, a
gap or a truncation shows. Rows hold ids, never personal data. A process that dies may lose the reads of its last
second; the next one records the gap.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg
from psycopg.rows import DictRow

from profile_service.errors import ServiceError
from profile_service.store.database import Database, run
from profile_service.store.keyring import Keyring
from profile_service.store.plan import hexed

FLUSH_SECONDS = 0.5
SILENT_US = 10_000_000
CHAIN_BATCH = 500
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


def chain_key(keyring: Keyring, tenant: str) -> bytes:
    """The key of a tenant's chain; it is not in the database."""
    return keyring.digest(tenant, "audit")


def chain_link(key: bytes, previous: bytes, row: Mapping[str, Any]) -> bytes:
    """The chain value of a row: HMAC-SHA256 over the previous value and every column that matters."""
    columns = [row[name] for name in ("sequence", "kind", "caller", "method", "policy", "record_time_us")]
    message = msgspec.json.encode([str(row["entry_id"]), *columns, row["subject"]], order="sorted")
    return hmac.digest(key, previous + message, "sha256")


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
        """Write the reads that wait, and chain what is not chained yet."""
        waiting: dict[str, list[ReadEntry]] = {tenant: [] for tenant in self._unchained}
        for entry in self._buffer:
            waiting[entry.tenant].append(entry)
        self._buffer, self._unchained = [], set()
        try:
            for tenant in sorted(waiting):
                await self._flush_tenant(tenant, waiting[tenant])
                del waiting[tenant]
        finally:
            self._buffer = [entry for entries in waiting.values() for entry in entries] + self._buffer
            self._unchained |= waiting.keys()

    async def _flush_tenant(self, tenant: str, entries: list[ReadEntry]) -> None:
        """Empty the list: what is still in it has not been written."""
        if entries:
            await self.database.rows(tenant, "audit_alive", {"writer": self.writer_id, "now": self.clock()})
            self._alive.add(tenant)
        more = True
        while more:
            part = entries[:CHAIN_BATCH]
            try:
                found = await self.chain(tenant, part)
            except psycopg.errors.UniqueViolation:  # an earlier try was committed though its answer was lost
                ids = {"entries": [entry.entry_id for entry in part]}
                written = {str(row["entry_id"]) for row in await self.database.rows(tenant, "audit_written", ids)}
                if not written:
                    raise
                entries[:] = [entry for entry in entries if entry.entry_id not in written]
                continue
            del entries[: len(part)]
            more = bool(entries) or found == CHAIN_BATCH

    async def chain(self, tenant: str, reads: Sequence[ReadEntry] = ()) -> int:
        """Number and chain the changes that are not yet, and the reads with them; answers how many changes there were.

        One process at a time does it. Reads are written with their links, so they are written once.
        """
        async with self.database.transaction(tenant) as connection:
            await run(connection, "audit_lock", {"tenant": tenant})
            head = await run(connection, "audit_head", {"tenant": tenant})
            changes = await run(connection, "audit_unchained", {"tenant": tenant, "most": CHAIN_BATCH})
            if not changes and not reads:
                return 0
            key = chain_key(self.keyring, tenant)
            sequence, previous = (head[0]["sequence"], bytes(head[0]["chain"])) if head else (0, b"")
            linked: list[dict[str, Any]] = []
            for row in [*changes, *(entry.row() for entry in reads)]:
                sequence += 1
                previous = chain_link(key, previous, {**row, "sequence": sequence})
                linked.append({**row, "sequence": sequence, "chain": hexed(previous)})
            links = [
                {"entry_id": str(row["entry_id"]), "sequence": row["sequence"], "chain": row["chain"]}
                for row in linked[: len(changes)]
            ]
            parameters = {"tenant": tenant, "links": msgspec.json.encode(links).decode()}
            if links:
                await run(connection, "audit_chain", parameters)
            if reads:
                rows = msgspec.json.encode(linked[len(changes) :]).decode()
                await run(connection, "audit_append", {"tenant": tenant, "rows": rows})
            await run(connection, "audit_move_head", {"tenant": tenant, "sequence": sequence, "chain": previous})
            return len(changes)


def verify_chain(keyring: Keyring, tenant: str, rows: Iterable[DictRow], head: DictRow | None) -> str | None:
    """Check a tenant's chained rows in order against its head; None, or what is wrong first."""
    key, previous, expected = chain_key(keyring, tenant), b"", 1
    for row in rows:
        if row["sequence"] != expected:
            return f"entry {expected} is missing"
        link = chain_link(key, previous, row)
        if not hmac.compare_digest(link, bytes(row["chain"])):
            return f"entry {expected} was changed"
        previous, expected = link, expected + 1
    if head is not None and (head["sequence"] != expected - 1 or bytes(head["chain"]) != previous):
        return f"entries after {expected - 1} are missing"
    return None
