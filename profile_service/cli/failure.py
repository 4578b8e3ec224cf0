"""How a command ends that cannot go on: one line that says what to do, exit code 2."""

from __future__ import annotations

from typing import NoReturn

import click

from profile_service.config import ConfigError, Settings, load_settings
from profile_service.identity.policy import PolicyError
from profile_service.rpc.boundary.credentials import CredentialFileError
from profile_service.store import embedded, migrate
from profile_service.store.keyring import KeyFileError
from profile_service.tenants import TenantFileError

EXPECTED = (
    ConfigError,
    CredentialFileError,
    TenantFileError,
    PolicyError,
    KeyFileError,
    embedded.EmbeddedError,
    migrate.MigrationError,
)
"""What can be wrong with what an operator gave; the message of each says what to do."""
UNREACHABLE = "the database cannot be reached: check PROFILE_DATABASE__URL"
EMPTY = "the database is empty: run `profile-service migrate` first"


def fail(message: str) -> NoReturn:
    """Say why on standard error, and end with 2."""
    click.echo(f"profile-service: {message}", err=True)
    raise SystemExit(2)


def read_settings() -> Settings:
    """The settings, or the end of the command."""
    try:
        return load_settings()
    except ConfigError as error:
        fail(str(error))
