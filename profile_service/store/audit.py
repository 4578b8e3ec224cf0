"""The audit: one row per change in its transaction, one per read of personal data in groups within a second.

A sequencer numbers the rows per tenant and chains them (HMAC of the previous link and the row), so that an edit, a
gap or a truncation shows. Rows hold ids, never personal data. A process that dies may lose the reads of its last
second: every writer says once a minute that it lives, and one that fell silent leaves a gap row, written by any other.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import psycopg

from profile_service.errors import ServiceError
from profile_service.store.database import Database, read, run
from profile_service.store.keyring import Keyring
from profile_service.store.plan import hexed

FLUSH_SECONDS = 0.5
SILENT_US = 180_000_000
"""A writer that has said nothing for so long is dead: it speaks once a minute, or oftener."""
CHAIN_BATCH = 500
BUFFER_MAX = 100_000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what. `kind` is change, read or gap; `subject` holds ids and counts of ours, never personal data."""

    entry_id: str
    kind: str = "read"
    caller: str
    method: str
    policy: str
    subject: Mapping[str, object]
    record_time_us: int


class ChainedEntry(Entry, frozen=True, kw_only=True):
    """An entry with its number in the chain and its link."""

    sequence: int
    chain: bytes


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the chain."""

    sequence: int
    chain: bytes


class _EntryId(msgspec.Struct, frozen=True, kw_only=True):
    entry_id: str


def chain_key(keyring: Keyring, tenant: str) -> bytes:
    """The key of a tenant's chain; it is not in the database."""
    return keyring.digest(tenant, "audit")


def chained(key: bytes, head: Head, entry: Entry) -> ChainedEntry:
    """The entry as the next of the chain: HMAC-SHA256 over the previous link and every column that matters."""
    sequence = head.sequence + 1
    columns = [sequence, entry.kind, entry.caller, entry.method, entry.policy, entry.record_time_us, entry.subject]
    link = hmac.digest(key, head.chain + msgspec.json.encode([entry.entry_id, *columns], order="sorted"), "sha256")
    return ChainedEntry(
        entry_id=entry.entry_id,
        kind=entry.kind,
        caller=entry.caller,
        method=entry.method,
        policy=entry.policy,
        subject=entry.subject,
        record_time_us=entry.record_time_us,
        sequence=sequence,
        chain=link,
    )


@dataclass(slots=True)
class AuditLog:
    """The writer of one process."""

    database: Database
    keyring: Keyring
    tenants: Iterable[str]
    clock: Callable[[], int]
    writer_id: str
    trouble: Callable[[str], None] = lambda _: None
    _buffer: list[tuple[str, Entry]] = field(default_factory=list[tuple[str, Entry]])
    _unchained: set[str] = field(default_factory=set[str])
    _alive: set[str] = field(default_factory=set[str])
    _task: asyncio.Task[None] | None = None

    def read(self, tenant: str, entry: Entry) -> None:
        """Note a read; it is written within a second, off the answer's path."""
        self._buffer.append((tenant, entry))
        self._unchained.add(tenant)

    def changed(self, tenant: str) -> None:
        """Note that a transaction wrote audit rows of its own; they are chained within a second."""
        self._unchained.add(tenant)

    @property
    def full(self) -> bool:
        """Whether so many reads wait that new calls should be turned away rather than go unrecorded."""
        return len(self._buffer) >= BUFFER_MAX

    async def start(self) -> None:
        """Say that a writer lives, and begin to write."""
        for tenant in self.tenants:
            await self.watch(tenant)
        self._task = asyncio.create_task(self._write_on())

    async def watch(self, tenant: str) -> None:
        """Say that this writer lives, and record the gaps of those that died."""
        await self._say_alive(tenant)
        now = self.clock()
        await self.database.run(tenant, "audit_record_gaps", {"now": now, "silent_before": now - SILENT_US})
        self._unchained.add(tenant)

    async def _say_alive(self, tenant: str) -> None:
        await self.database.run(tenant, "audit_alive", {"writer": self.writer_id, "now": self.clock()})
        self._alive.add(tenant)

    async def stop(self) -> None:
        """Write what waits and sign off."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self.flush()
        for tenant in self._alive:
            await self.database.run(tenant, "audit_sign_off", {"writer": self.writer_id})

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except (ServiceError, psycopg.Error) as error:
                self.trouble(type(error).__name__)  # what waits stays in the buffer and is tried again

    async def flush(self) -> None:
        """Write the reads that wait, and chain what is not chained yet."""
        waiting: dict[str, list[Entry]] = {tenant: [] for tenant in self._unchained}
        for tenant, entry in self._buffer:
            waiting[tenant].append(entry)
        self._buffer, self._unchained = [], set()
        try:
            for tenant in sorted(waiting):
                await self._flush_tenant(tenant, waiting[tenant])
                del waiting[tenant]
        finally:
            unwritten = [(tenant, entry) for tenant, entries in waiting.items() for entry in entries]
            self._buffer = unwritten + self._buffer
            self._unchained |= waiting.keys()

    async def _flush_tenant(self, tenant: str, entries: list[Entry]) -> None:
        """Empty the list: what is still in it has not been written."""
        if entries and tenant not in self._alive:
            await self._say_alive(tenant)
        more = True
        while more:
            part = entries[:CHAIN_BATCH]
            try:
                changes = await self.chain(tenant, part)
            except psycopg.errors.UniqueViolation:  # an earlier try was committed though its answer was lost
                ids = {"entries": [entry.entry_id for entry in part]}
                written = {row.entry_id for row in await self.database.read(tenant, "audit_written", ids, _EntryId)}
                if not written:
                    raise
                entries[:] = [entry for entry in entries if entry.entry_id not in written]
                continue
            del entries[: len(part)]
            more = bool(entries) or changes == CHAIN_BATCH

    async def chain(self, tenant: str, reads: Sequence[Entry] = ()) -> int:
        """Number and chain the changes that are not yet, and the reads with them; answers how many changes there were.

        One process at a time does it. Reads are written with their links, so they are written once.
        """
        async with self.database.transaction(tenant) as connection:
            await run(connection, "audit_lock", {"tenant": tenant})
            heads = await read(connection, "audit_head", {"tenant": tenant}, Head)
            changes = await read(connection, "audit_unchained", {"tenant": tenant, "most": CHAIN_BATCH}, Entry)
            if not changes and not reads:
                return 0
            key, head = chain_key(self.keyring, tenant), heads[0] if heads else START
            entries: list[ChainedEntry] = []
            for entry in [*changes, *reads]:
                entries.append(chained(key, head, entry))
                head = Head(sequence=entries[-1].sequence, chain=entries[-1].chain)
            if changes:
                links = _encoded(entries[: len(changes)], ("entry_id", "sequence", "chain"))
                await run(connection, "audit_chain", {"tenant": tenant, "links": links})
            if reads:
                rows = _encoded(entries[len(changes) :], ChainedEntry.__struct_fields__)
                await run(connection, "audit_append", {"tenant": tenant, "rows": rows})
            moved = {"tenant": tenant, "sequence": head.sequence, "chain": head.chain}
            await run(connection, "audit_move_head", moved)
            return len(changes)


START = Head(sequence=0, chain=b"")
"""Where a chain begins."""


def _encoded(entries: Iterable[ChainedEntry], columns: Sequence[str]) -> str:
    """The columns of the entries as the queries take them."""
    values: list[dict[str, object]] = [
        {**msgspec.structs.asdict(entry), "chain": hexed(entry.chain)} for entry in entries
    ]
    return msgspec.json.encode([{name: row[name] for name in columns} for row in values]).decode()


async def read_chain(database: Database, tenant: str) -> tuple[list[ChainedEntry], Head | None]:
    """The chained entries of a tenant in order, and the end of its chain."""
    entries = await database.read(tenant, "audit_read", {}, ChainedEntry)
    return entries, next(iter(await database.read(tenant, "audit_head", {}, Head)), None)


def verify_chain(keyring: Keyring, tenant: str, entries: Iterable[ChainedEntry], head: Head | None) -> str | None:
    """Check a tenant's chained entries in order against its head; None, or what is wrong first."""
    key, last = chain_key(keyring, tenant), START
    for entry in entries:
        if entry.sequence != last.sequence + 1:
            return f"entry {last.sequence + 1} is missing"
        expected = chained(key, last, entry)
        if not hmac.compare_digest(expected.chain, entry.chain):
            return f"entry {entry.sequence} was changed"
        last = Head(sequence=entry.sequence, chain=entry.chain)
    if head is not None and head != last:
        return f"entries after {last.sequence} are missing"
    return None
