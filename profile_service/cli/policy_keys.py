"""The keys of the policy that say what may be told, and to whom: the README's table is made of this."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args, get_type_hints

import click
import msgspec

from profile_service.identity.policies import shipped_text
from profile_service.identity.policy_tables import DESCRIBED


class Key(NamedTuple):
    """A key of the policy: its name, what ships, what it does."""

    name: str
    default: str
    text: str


@click.command("policy-keys")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def policy_keys_command(as_json: bool) -> None:
    """Print the keys of the policy that say what may be told, and to whom, with what ships."""
    if as_json:
        click.echo(json.dumps([key._asdict() for key in policy_keys()], indent=2))
    else:
        click.echo(policy_table())


def policy_table() -> str:
    """The keys as a Markdown table."""
    rows = [f"| `{key.name}` | {key.default} | {key.text} |" for key in policy_keys()]
    return "\n".join(["| key | default | what it does |", "|---|---|---|", *rows])


def policy_keys() -> list[Key]:
    """The keys that are described in the policy's own document."""
    shipped = tomllib.loads(shipped_text("default"))
    return [key for prefix, struct in DESCRIBED for key in _keys_of(struct, prefix, {} if prefix else shipped)]


def _keys_of(struct: type[msgspec.Struct], prefix: str, shipped: Mapping[str, Any]) -> Iterator[Key]:
    hints = get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        described = (meta.description for meta in get_args(hints[field.name])[1:] if isinstance(meta, msgspec.Meta))
        text = next((description for description in described if description), "")
        if text:
            default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
            yield Key(prefix + field.name, shown(shipped.get(field.name, default)), text)


def shown(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(each)}" for name, each in value.items()) or "none"
    if isinstance(value, list | tuple | frozenset):
        return ", ".join(sorted(map(shown, value))) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
