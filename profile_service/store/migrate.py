"""Numbered migrations and functions.

A migration is `NNNN_{pre|post}_name.sql`, in one transaction, never changed once released. A function is one file,
`CREATE OR REPLACE`, run again where its text has changed; what means something else gets a new name beside the old one,
so that two releases can run side by side. Migrations call no function but `secure_table`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString, cast

import psycopg
from psycopg import sql

NAMED_MAX = 3
"""Functions that are told by name; of more their number is."""
SECURE_TABLE = "secure_table"
LOCK = 0x70726F66696C65
NAME = re.compile(r"(?P<number>[0-9]{4})_(?P<phase>pre|post)_[a-z0-9_]+\.sql")


class MigrationError(Exception):
    """The database and the migrations of this release do not fit; the message says how."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. `pre` runs before the new release is started, `post` when no old one runs any more."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Function:
    """One function, in the file of its name."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def functions() -> list[Function]:
    """The functions of this release, by name."""
    folder = resources.files("profile_service.store.schema") / "functions"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [Function(file.name.removesuffix(".sql"), file.read_text()) for file in files]


def migrations() -> list[Migration]:
    """The migrations of this release, in order."""
    folder = resources.files("profile_service.store.schema") / "migrations"
    files: list[Migration] = []
    for file in folder.iterdir():
        match = NAME.fullmatch(file.name)
        if match:
            files.append(Migration(int(match["number"]), file.name, file.read_text()))
    return sorted(files, key=lambda migration: migration.number)


def migrate(url: str, tell: Callable[[str], None] = lambda _: None, *, login: str = "") -> int:
    """Bring the database up to this release; returns how many migrations and functions ran. A login that is
    named gets the role that the service works as. Raises MigrationError.

    Safe to run from several places at once: an advisory lock lets one run.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration ("
            " number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
            " apply_time timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_function ("
            " name text PRIMARY KEY, checksum text NOT NULL,"
            " apply_time timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        missing = _missing(connection)
        ran = _define(connection, [function for function in functions() if function.name == SECURE_TABLE], tell)
        for migration in missing:
            _apply(connection, migration)
            tell(migration.name)
        ran += _define(connection, functions(), tell)
        if missing:
            connection.execute("SELECT refresh_plan_shapes()")
        if login:
            connection.execute(sql.SQL("GRANT profile_app TO {}").format(sql.Identifier(login)))
        return ran + len(missing)


def _missing(connection: psycopg.Connection) -> list[Migration]:
    """The migrations that have not run. Raises MigrationError."""
    done = {row[0]: row[1] for row in connection.execute("SELECT number, checksum FROM schema_migration")}
    known = migrations()
    for migration in known:
        if done.get(migration.number, migration.checksum) != migration.checksum:
            raise MigrationError(
                f"{migration.name} was changed after it ran: the database was made by another, unreleased version;"
                " use that version, or start with an empty database or data directory"
            )
    newer = set(done) - {migration.number for migration in known}
    if newer:
        raise MigrationError(f"the database is of a later release (migration {max(newer)}): update this one")
    return [migration for migration in known if migration.number not in done]


def _define(connection: psycopg.Connection, chosen: Sequence[Function], tell: Callable[[str], None]) -> int:
    """Define the functions whose text is another than the one that ran."""
    done = {row[0]: row[1] for row in connection.execute("SELECT name, checksum FROM schema_function")}
    changed = [function for function in chosen if done.get(function.name) != function.checksum]
    for function in changed:
        with connection.transaction():
            # The text is a file of this release, never input: the cast is safe.
            connection.execute(cast("LiteralString", function.text))
            connection.execute(
                "INSERT INTO schema_function (name, checksum) VALUES (%s, %s)"
                " ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, apply_time = clock_timestamp()",
                (function.name, function.checksum),
            )
    if len(changed) > NAMED_MAX:
        tell(f"{len(changed)} functions")
    elif changed:
        tell(f"functions {', '.join(function.name for function in changed)}")
    return len(changed)


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        # The text is a file of this release, never input: the cast is safe.
        connection.execute(cast("LiteralString", migration.text))
        connection.execute(
            "INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)",
            (migration.number, migration.name, migration.checksum),
        )
