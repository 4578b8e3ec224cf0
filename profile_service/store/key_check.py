"""Whether these are the keys that the database was written with. Under others customers double, and what is written is
lost with them."""

from __future__ import annotations

import hmac

import psycopg
from psycopg.rows import args_row, scalar_row

from profile_service.store.database import with_limits
from profile_service.store.keyring import KeyFileError, Keyring


def _recorded(version: int, value: bytes) -> tuple[int, bytes]:
    return version, value


def recorded_versions(connection: psycopg.Connection) -> dict[int, bytes]:
    """What the keys answered when they were first used, by version."""
    cursor = connection.cursor(row_factory=args_row(_recorded))
    return dict(cursor.execute("SELECT version, value FROM key_check").fetchall())


def is_written_with_keys(url: str) -> bool:
    """Whether keys were used with the database before. Raises psycopg.OperationalError, UndefinedTable."""
    with psycopg.connect(with_limits(url)) as connection:
        connection.execute("SET ROLE profile_app")
        return bool(recorded_versions(connection))


def holds_data(owner_url: str) -> bool:
    """Whether anything is stored, as the owner of the tables sees it."""
    with psycopg.connect(with_limits(owner_url)) as connection:
        return (
            connection.cursor(row_factory=scalar_row).execute("SELECT EXISTS (SELECT 1 FROM audit)").fetchone() is True
        )


def require_its_keys(url: str, keyring: Keyring) -> None:
    """Raise KeyFileError where the database was written with other keys; keys that are new to it are recorded."""
    checks = keyring.checks()
    with psycopg.connect(with_limits(url)) as connection:
        connection.execute("SET ROLE profile_app")
        recorded = recorded_versions(connection)
        for version, value in recorded.items():
            if not hmac.compare_digest(checks.get(version, b""), value):
                raise KeyFileError(
                    f"the key file is not the one that this database was written with (key {version} is"
                    f" {'another' if version in checks else 'missing'}): restore that file, or name it in"
                    " PROFILE_KEY_FILE; with this one customers would double, and nothing stored could be read"
                )
        for version in sorted(checks.keys() - recorded.keys()):
            connection.execute(
                "INSERT INTO key_check (version, value) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (version, checks[version]),
            )
        again = recorded_versions(connection)
        if any(again[version] != value for version, value in checks.items()):
            raise KeyFileError("another process began to use this database with other keys: use one key file for both")
