"""Import a file: stage its rows, let workers resolve them meanwhile, and write down what was rejected."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from profile_service.bulk.mapping import ColumnMap
from profile_service.bulk.staging import stage
from profile_service.config import Settings
from profile_service.engine.runtime import system_clock
from profile_service.identity.ids import NIL, uuid7
from profile_service.rpc.boundary.credentials import load_credentials
from profile_service.server import Foundation, lay_foundation
from profile_service.store import embedded
from profile_service.store.database import Database
from profile_service.store.keyring import Keyring
from profile_service.store.queries.imports import (
    READ,
    REJECTED,
    Imports,
    ImportState,
    abandoned,
    discard,
    hold,
    open_import,
)

POLL_S = 0.3
WORKERS_MAX = 4


class ImportStopped(Exception):
    """The import did not come to its end; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a file so far: rows that were read, rows that were rejected, and the outcomes of the others."""

    rows: int
    rejected: int
    outcomes: Counter[str] = field(default_factory=Counter[str])

    @property
    def done(self) -> int:
        """Rows that need nothing more."""
        return self.rejected + self.outcomes.total()


async def import_file(
    settings: Settings,
    tenant: str,
    path: Path,
    columns: ColumnMap,
    progress: Callable[[Imported], None] = lambda _: None,
) -> Imported:
    """Import a file, from where an earlier run of the same file and mapping stopped.

    Each row is one resolution of its own, with matching. Raises FileUnreadable, ImportStopped, DatabaseUnavailable and
    what `lay_foundation` raises.
    """
    async with _opened(settings, tenant) as (foundation, database):
        fresh, key = uuid7(system_clock(), secrets.randbits(62)), _key(foundation.keyring, tenant, path, columns)
        imports, state = await open_import(database, tenant, key, fresh, system_clock())
        call = _Import(imports, foundation.keyring, path, columns, progress)
        async with database.apart(tenant) as connection:
            if not await hold(connection, imports):
                raise ImportStopped("another process imports this file already")
            if state is not ImportState.DONE:
                if await abandoned(connection, imports):
                    raise ImportStopped(
                        "rows of an import that stopped are waiting: start it again with the file and mapping that it"
                        " had, or give its rows up with --discard"
                    )
                async with _workers(settings, foundation, imports) as workers:
                    await call.run(workers)
                await imports.move(ImportState.DONE)
        await call.write_rejects()
        return await call.so_far()


async def discard_abandoned(settings: Settings, tenant: str) -> int:
    """Give up imports of a tenant that stopped before their end; answers how many rows waited."""
    async with _opened(settings, tenant) as (_, database), database.apart(tenant) as connection:
        nobody = Imports(database=database, tenant=tenant, id=NIL)
        return sum([await discard(connection, imports) for imports in await abandoned(connection, nobody)])


@asynccontextmanager
async def _opened(settings: Settings, tenant: str) -> AsyncIterator[tuple[Foundation, Database]]:
    """The database, for a tenant that exists. Raises ImportStopped."""
    if tenant not in load_credentials(settings.credentials).tenants:
        raise ImportStopped(f"nobody can call for tenant {tenant}: `profile-service credentials add` makes a tenant")
    foundation = lay_foundation(settings)
    database = Database(url=foundation.url, size=3)
    try:
        yield foundation, database
    finally:
        await database.close()
        if settings.database.url is None:
            embedded.release(settings.home)


def _key(keyring: Keyring, tenant: str, path: Path, columns: ColumnMap) -> bytes:
    """File (name, size, time of change) and mapping: another file, or another mapping, begins anew."""
    about = path.stat()
    text = json.dumps([path.name, about.st_size, about.st_mtime_ns, asdict(columns)], sort_keys=True, default=dict)
    return keyring.digest(tenant, "import", hashlib.sha256(text.encode()).hexdigest())


@asynccontextmanager
async def _workers(settings: Settings, foundation: Foundation, imports: Imports) -> AsyncIterator[list[Process]]:
    """Processes that resolve what is staged; they end by themselves, or when this block is left."""
    environment = {
        **os.environ,
        "PROFILE_DATABASE__URL": foundation.url,
        "PROFILE_KEY_FILE": str(settings.keys),
        "PROFILE_CREDENTIALS_FILE": str(settings.credentials),
    }
    command = (sys.executable, "-m", "profile_service", "import-worker", imports.tenant, imports.id)
    count = max(2, min(WORKERS_MAX, os.cpu_count() or 1))
    workers = [await asyncio.create_subprocess_exec(*command, env=environment) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                worker.terminate()
            await worker.wait()


@dataclass(frozen=True, slots=True)
class _Import:
    """One file on its way in."""

    imports: Imports
    keyring: Keyring
    path: Path
    columns: ColumnMap
    progress: Callable[[Imported], None]

    async def run(self, workers: Sequence[Process]) -> None:
        """Stage what is left of the file, then wait for the workers; tell how far it is all the time."""
        skipped = (await self.imports.counts()).get(READ, 0)
        staging = asyncio.create_task(stage(self.imports, self.keyring, self.path, self.columns, skipped))
        ending = [asyncio.create_task(_end(worker)) for worker in workers]
        try:
            waiting = {staging, *ending}
            while waiting and not (staging.done() and staging.exception() is not None):
                _, waiting = await asyncio.wait(waiting, timeout=POLL_S)
                self.progress(await self.so_far())
            await staging
        finally:
            for task in (staging, *ending):
                task.cancel()
        if await self.imports.has_rows():
            raise ImportStopped("a worker stopped before the end; what was done is kept, start again to go on")

    async def so_far(self) -> Imported:
        """What came of the file so far."""
        counts = Counter(await self.imports.counts())
        rows, rejected = counts.pop(READ, 0), counts.pop(REJECTED, 0)
        return Imported(rows=rows, rejected=rejected, outcomes=counts)

    async def write_rejects(self) -> None:
        """The rejected rows, with their reasons; no file where there are none."""
        target = self.path.with_name(f"{self.path.name}.rejected.jsonl")
        _forget(target)
        async for page in self.imports.rejects():
            _append(target, page)


async def _end(worker: Process) -> None:
    await worker.wait()


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)


def _append(path: Path, rejects: Sequence[tuple[int, str]]) -> None:
    with path.open("a", encoding="utf-8") as file:
        for number, reason in rejects:
            file.write(json.dumps({"row": number + 1, "reason": reason}) + "\n")
