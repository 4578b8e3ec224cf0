"""Who may call."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from profile_service.cli.failure import fail, read_settings
from profile_service.engine.caller import Caller, CallerRole
from profile_service.identity.graph.model import Assurance
from profile_service.rpc.boundary.credentials import (
    CredentialFileError,
    add_credential,
    expiry_of,
    load_credentials,
    revoke_credentials,
)

COLUMNS = {"tenant": 16, "caller": 24, "role": 10, "cap": 9, "expires": 10, "person": 12, "sources": 0}


@click.group()
def credentials() -> None:
    """Who may call."""


@credentials.command("add")
@click.option("--tenant", required=True, help="The tenant that the caller speaks for.")
@click.option("--caller", "name", required=True, help="What the audit calls it.")
@click.option("--role", type=click.Choice([role.value for role in CallerRole]), required=True)
@click.option("--source", "sources", multiple=True, default=("*",), show_default=True, help="Sources that it covers.")
@click.option("--cap", type=click.Choice([level.name for level in Assurance]), default="VERIFIED", show_default=True)
@click.option("--person", default="", help="The attendant whose contacts alone it is for. Default: all of its sources.")
@click.option("--expires", default="", help="When the token ends: 2027-01-31, or a time (ISO 8601). Default: never.")
def add(**given: Any) -> None:
    """Add a credential and print its token, which is stored nowhere. A running service takes it up within a second."""
    settings = read_settings()
    Path(settings.credentials).parent.mkdir(parents=True, exist_ok=True)
    try:
        expire_time_us = expiry_of(given["expires"]) if given["expires"] else None
    except ValueError:
        fail(f"--expires {given['expires']!r} is no date: write it as 2027-01-31")
    caller = Caller(
        tenant=given["tenant"],
        name=given["name"],
        role=CallerRole(given["role"]),
        sources=frozenset(given["sources"]),
        cap=Assurance[given["cap"]],
        person=given["person"],
        expire_time_us=expire_time_us,
    )
    click.echo(add_credential(settings.credentials, caller))


@credentials.command("revoke")
@click.option("--tenant", required=True, help="The tenant that the caller speaks for.")
@click.option("--caller", "name", required=True, help="What the audit calls it.")
def revoke(tenant: str, name: str) -> None:
    """Take all tokens of a caller away. A running service refuses them within a second."""
    try:
        count = revoke_credentials(read_settings().credentials, tenant, name)
    except CredentialFileError as error:
        fail(str(error))
    if not count:
        fail(f"{tenant} has no caller {name}: `profile-service credentials list` names them")
    click.echo(f"{count} token{'s' if count > 1 else ''} of {name} revoked")


@credentials.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """Who may call."""
    try:
        known = load_credentials(read_settings().credentials).by_hash.values()
    except CredentialFileError as error:
        fail(str(error))
    rows = [_shown(caller) for caller in sorted(known, key=lambda caller: (caller.tenant, caller.name))]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo("  ".join(f"{row[name]:<{width}}" for name, width in COLUMNS.items()).rstrip())


def _shown(caller: Caller) -> dict[str, str]:
    expires = caller.expire_time_us
    return {
        "tenant": caller.tenant,
        "caller": caller.name,
        "role": caller.role.value,
        "cap": caller.cap.name,
        "sources": ",".join(sorted(caller.sources)),
        "person": caller.person,
        "expires": "never" if expires is None else datetime.fromtimestamp(expires / 1_000_000, UTC).date().isoformat(),
    }
