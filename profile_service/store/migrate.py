"""Numbered migrations: `NNNN_{pre|post}_name.sql`, each in one transaction, never changed once released."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString, cast

import psycopg
from psycopg import sql

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


def migrations() -> list[Migration]:
    """The migrations of this release, in order."""
    folder = resources.files("profile_service.store.schema") / "migrations"
    found: list[Migration] = []
    for file in folder.iterdir():
        match = NAME.fullmatch(file.name)
        if match:
            found.append(Migration(int(match["number"]), file.name, file.read_text()))
    return sorted(found, key=lambda migration: migration.number)


def migrate(url: str, tell: Callable[[str], None] = lambda _: None, *, login: str = "") -> int:
    """Bring the database up to this release; returns how many migrations ran. A login that is named gets the role that
    the service works as. Raises MigrationError.

    Safe to run from several places at once: an advisory lock lets one run.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration ("
            " number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
            " apply_time timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        done = {row[0]: row[1] for row in connection.execute("SELECT number, checksum FROM schema_migration")}
        known = migrations()
        newer = set(done) - {migration.number for migration in known}
        if newer:
            raise MigrationError(f"the database is of a later release (migration {max(newer)}): update this one")
        ran = 0
        for migration in known:
            held = done.get(migration.number)
            if held is not None and held != migration.checksum:
                raise MigrationError(
                    f"{migration.name} was changed after it ran: the database was made by another, unreleased version;"
                    " use that version, or start with an empty database or data directory"
                )
            if held is None:
                _apply(connection, migration)
                tell(migration.name)
                ran += 1
        if login:
            connection.execute(sql.SQL("GRANT profile_app TO {}").format(sql.Identifier(login)))
        return ran


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        # The text is a file of this release, never input: the cast is safe.
        connection.execute(cast("LiteralString", migration.text))
        connection.execute(
            "INSERT INTO schema_migration (number, name, checksum) VALUES (%s, %s, %s)",
            (migration.number, migration.name, migration.checksum),
        )
