"""The keys that stored values are sealed with."""

from __future__ import annotations

import click
import psycopg

from profile_service.cli.failure import EMPTY, UNREACHABLE, fail, read_settings
from profile_service.store.key_check import is_written_with_keys
from profile_service.store.keyring import create_key_file


@click.group()
def keys() -> None:
    """The keys that stored values are sealed with."""


@keys.command("create")
def create_keys() -> None:
    """Make the key file of a new database. The embedded database gets its own by itself."""
    settings = read_settings()
    try:
        if settings.database.url is not None and is_written_with_keys(settings.database.url.get_secret_value()):
            fail("this database was written with keys already: restore their file, new ones could not read it")
        settings.keys.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_key_file(settings.keys)
    except FileExistsError:
        fail(f"{settings.keys} is there already: it is never overwritten")
    except psycopg.errors.UndefinedTable:
        fail(EMPTY)
    except psycopg.OperationalError:
        fail(UNREACHABLE)
    click.echo(
        f"{settings.keys}\nKeep a copy of this file apart from the database's: without it nothing that is stored can be"
        " read, and nobody can make it again."
    )
