"""Who may call."""

from __future__ import annotations

from pathlib import Path

import click

from profile_service.cli.failure import read_settings
from profile_service.engine.caller import Caller, CallerRole
from profile_service.identity.graph.model import Assurance
from profile_service.rpc.boundary.credentials import add_credential


@click.group()
def credentials() -> None:
    """Who may call."""


@credentials.command("add")
@click.option("--tenant", required=True, help="The tenant that the caller speaks for.")
@click.option("--caller", "name", required=True, help="What the audit calls it.")
@click.option("--role", type=click.Choice([role.value for role in CallerRole]), required=True)
@click.option("--source", "sources", multiple=True, default=("*",), show_default=True, help="Sources that it covers.")
@click.option("--cap", type=click.Choice([level.name for level in Assurance]), default="VERIFIED", show_default=True)
def add(tenant: str, name: str, role: str, sources: tuple[str, ...], cap: str) -> None:
    """Add a credential and print its token, which is stored nowhere. Takes effect at the next start."""
    settings = read_settings()
    Path(settings.credentials).parent.mkdir(parents=True, exist_ok=True)
    caller = Caller(tenant=tenant, name=name, role=CallerRole(role), sources=frozenset(sources), cap=Assurance[cap])
    click.echo(add_credential(settings.credentials, caller))
