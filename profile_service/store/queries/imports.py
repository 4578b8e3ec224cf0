"""Files on their way in: rows are copied into a staging table, sealed, and taken out as they are resolved."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from profile_service.store.database import Connection, Database, read, run

PAGE = 1000
KEPT_US = 30 * 24 * 3600 * 1_000_000
"""How long counts and reasons are kept after an import was begun."""
READ, REJECTED = "read", "rejected"
"""Counts beside those of the outcomes."""


class ImportState(StrEnum):
    """How far an import is."""

    STAGING = "staging"
    STAGED = "staged"
    DONE = "done"


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the file: its number from 0, and the call that it becomes, sealed."""

    number: int
    sealed: bytes


class _Begun(msgspec.Struct, frozen=True, kw_only=True):
    import_id: str
    state: ImportState


class _Import(msgspec.Struct, frozen=True, kw_only=True):
    import_id: str


class _State(msgspec.Struct, frozen=True, kw_only=True):
    state: ImportState


class _Counted(msgspec.Struct, frozen=True, kw_only=True):
    outcome: str
    records: int


class _Whether(msgspec.Struct, frozen=True, kw_only=True):
    found: bool


class _Rejected(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """The staging of one import."""

    database: Database
    tenant: str
    id: str

    def _of(self, **more: object) -> dict[str, object]:
        return {"tenant": self.tenant, "import": self.id, **more}

    async def state(self) -> ImportState:
        """How far it is."""
        return (await self.database.read(self.tenant, "import_state", self._of(), _State))[0].state

    async def move(self, state: ImportState) -> None:
        """It is so far now."""
        await self.database.run(self.tenant, "import_moved", self._of(state=state.value))

    async def counts(self) -> Mapping[str, int]:
        """How many rows were read, were rejected, and had each outcome."""
        rows = await self.database.read(self.tenant, "import_counts", self._of(), _Counted)
        return {row.outcome: row.records for row in rows}

    async def stage(self, rows: Sequence[Staged], rejected: Mapping[int, str]) -> None:
        """Copy rows in, and note those that cannot be handed over; all or none of them."""
        async with self.database.transaction(self.tenant) as connection:
            await run(connection, "import_table", {})
            statement = "COPY pg_temp.bulk_copied (number, sealed) FROM STDIN"
            async with connection.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    await copy.write_row((row.number, row.sealed))
            await run(connection, "import_copied", self._of())
            await self._reject(connection, rejected)
            await self._count(connection, {READ: len(rows) + len(rejected), REJECTED: len(rejected)})

    async def claim(self, connection: Connection, after: int, most: int) -> list[Staged]:
        """Rows behind a number that nobody else works on; they are held until the transaction ends, however long."""
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        return await read(connection, "import_claimed", self._of(after=after, most=most), Staged)

    async def settle(
        self, connection: Connection, numbers: Sequence[int], outcomes: Mapping[str, int], rejected: Mapping[int, str]
    ) -> None:
        """Take rows out that are resolved, with what came of them."""
        await run(connection, "import_resolved", self._of(numbers=list(numbers)))
        await self._reject(connection, rejected)
        await self._count(connection, {**outcomes, REJECTED: len(rejected)})

    async def has_rows(self) -> bool:
        """Whether rows wait to be resolved."""
        return (await self.database.read(self.tenant, "import_left", self._of(), _Whether))[0].found

    async def rejects(self) -> AsyncIterator[list[tuple[int, str]]]:
        """The rejected rows in order, page by page: number and reason."""
        after = -1
        while rows := await self.database.read(
            self.tenant, "import_rejects", self._of(after=after, most=PAGE), _Rejected
        ):
            yield [(row.number, row.reason) for row in rows]
            after = rows[-1].number

    async def _reject(self, connection: Connection, rejected: Mapping[int, str]) -> None:
        if rejected:
            await run(connection, "import_rejected", self._of(numbers=list(rejected), reasons=list(rejected.values())))

    async def _count(self, connection: Connection, counts: Mapping[str, int]) -> None:
        counted = {name: count for name, count in counts.items() if count}
        if counted:
            await run(connection, "import_counted", self._of(outcomes=list(counted), records=list(counted.values())))


async def open_import(
    database: Database, tenant: str, key: bytes, fresh: str, now_us: int
) -> tuple[Imports, ImportState]:
    """The import of a file: the one that was begun before, or a new one under the fresh id."""
    await database.run(tenant, "import_begun", {"import": fresh, "key": key, "now": now_us})
    begun = (await database.read(tenant, "import_of", {"key": key}, _Begun))[0]
    return Imports(database=database, tenant=tenant, id=begun.import_id), begun.state


async def hold(connection: Connection, imports: Imports) -> bool:
    """Have an import to oneself until the connection ends; False where another process has it."""
    return (await read(connection, "import_held", {"lock": _lock(imports)}, _Whether))[0].found


async def abandoned(connection: Connection, imports: Imports) -> list[Imports]:
    """Other imports of the tenant that stopped before their end: nobody had them. Held until the connection ends."""
    rows = await read(connection, "imports_begun", {"tenant": imports.tenant, "import": imports.id}, _Import)
    others = [Imports(database=imports.database, tenant=imports.tenant, id=row.import_id) for row in rows]
    return [other for other in others if await hold(connection, other)]


async def discard(connection: Connection, imports: Imports) -> int:
    """Give an import up: its rows are forgotten, what was resolved stays. Answers how many rows waited."""
    async with connection.transaction():
        gone = await run(connection, "import_emptied", {"tenant": imports.tenant, "import": imports.id})
        await run(connection, "import_given_up", {"tenant": imports.tenant, "import": imports.id})
    return len(gone)


async def forget_ended(database: Database, tenant: str, now_us: int) -> None:
    """Forget imports that ended long ago. The same file begins anew then; what was resolved changes nothing."""
    await database.run(tenant, "imports_forgotten", {"before": now_us - KEPT_US})


def _lock(imports: Imports) -> int:
    return int.from_bytes(hashlib.sha256(f"{imports.tenant}/{imports.id}".encode()).digest()[:8], "big", signed=True)
