"""The settings in force."""

from __future__ import annotations

import json

import click

from profile_service.cli.failure import read_settings


@click.command("check-config")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_config(as_json: bool) -> None:
    """Print the settings in force, secrets masked; exit 2 where they do not fit."""
    tree = read_settings().model_dump(mode="json")
    if as_json:
        click.echo(json.dumps(tree, indent=2))
        return
    for name, value in tree.items():
        for leaf, setting in value.items() if isinstance(value, dict) else [("", value)]:
            variable = f"PROFILE_{name}__{leaf}" if leaf else f"PROFILE_{name}"
            click.echo(f"{variable.upper()}={'' if setting is None else setting}")
