"""The namespaces of the shipped policy and how their values are read: the README's table is made of this."""

from __future__ import annotations

import json
from typing import NamedTuple

import click

from profile_service.identity.policies import shipped_policy
from profile_service.identity.policy import Lifecycle, Namespace
from profile_service.identity.text.normalise import FORMS


class Row(NamedTuple):
    """A namespace as people read it."""

    namespace: str
    canonical: str
    invalid: str
    blocked: str
    policy: str


@click.command("namespaces")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def namespaces_command(as_json: bool) -> None:
    """Print what the shipped policy knows of identifiers, and how their values are read."""
    if as_json:
        click.echo(json.dumps([row._asdict() for row in namespace_rows()], indent=2))
    else:
        click.echo(namespace_table())


def namespace_table() -> str:
    """The namespaces as a Markdown table."""
    rows = ["| namespace | keyed as | INVALID | BLOCKED | policy |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *(f"| `{row[0]}` | {' | '.join(row[1:])} |" for row in namespace_rows())])


def namespace_rows() -> list[Row]:
    """Each namespace of the policy with its form; those that are alike together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, rules in shipped_policy("default").namespaces.items():
        form = FORMS.get(name)
        if form is not None:
            refused = form.invalid or "hidden in part, over 512", form.blocked or "placeholders"
            alike.setdefault((form.canonical, *refused, _of(rules)), []).append(name)
    return [Row("`, `".join(names), *rest) for rest, names in alike.items()]


def _of(rules: Namespace) -> str:
    """What the policy says: how many a customer has, scope, lifecycle."""
    words = [f"at most {rules.limit}" if rules.limit else "any number"]
    words += ["by scope"] if rules.scoped else []
    words += [] if rules.lifecycle is Lifecycle.STABLE else [rules.lifecycle.value]
    return ", ".join([*words, *([] if rules.opens else ["only finds"])])
