"""Bring a database up to this release."""

from __future__ import annotations

import click
import psycopg

from profile_service.cli.failure import UNREACHABLE, fail, read_settings
from profile_service.store import migrate


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database of PROFILE_DATABASE__URL up to this release."""
    settings = read_settings()
    if settings.database.url is None:
        fail("set PROFILE_DATABASE__URL: the embedded database migrates by itself")
    try:
        ran = migrate.migrate(settings.database.url.get_secret_value(), lambda name: click.echo(f"migrated: {name}"))
    except migrate.MigrationError as error:
        fail(str(error))
    except psycopg.OperationalError:
        fail(UNREACHABLE)
    click.echo("up to date" if ran == 0 else f"{ran} migrations ran")
