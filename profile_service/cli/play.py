"""Play files of contacts, customers or dialogues through a service, with progress and a summary."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click
from profile_client import Target
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from profile_service.cli.failure import fail
from profile_service.play.formats import UnknownFormat, steps_of
from profile_service.play.local import LocalServiceError, local_service
from profile_service.play.player import Played, play


@click.command("play")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--address", help="A running service. Not given: one of its own for each file, on a fresh database.")
@click.option("--token", envvar="PROFILE_TOKEN", help="Its token (or $PROFILE_TOKEN).")
@click.option("--policy", default="default", show_default=True, help="The policy of a service of its own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def play_command(files: tuple[Path, ...], address: str | None, token: str | None, policy: str, as_json: bool) -> None:
    """Play files of contacts, customers or dialogues, and say what came of them."""
    if (address is None) != (token is None):
        fail("--address and --token go together")
    target = None if address is None or token is None else Target(address=address, token=token)
    try:
        play_files(files, target=target, policy=policy, as_json=as_json)
    except (UnknownFormat, LocalServiceError) as error:
        fail(str(error))


def _table(name: str, played: Played) -> Table:
    table = Table(title=name, title_justify="left", show_header=False, box=None)
    table.add_column(style="bold blue")
    table.add_column()
    summary = played.summary()
    table.add_row("calls", f"{played.steps} in {played.seconds:.1f} s, {summary['steps_per_s']} a second")
    for title, counts in (
        ("outcomes", played.outcomes),
        ("identifiers", played.results),
        ("refused", played.refused),
    ):
        text = ", ".join(f"{count} {kind.lower().replace('_', ' ')}" for kind, count in counts.most_common())
        table.add_row(title, text or "none")
    table.add_row("reviews", f"{played.reviews} open")
    score = played.score
    if score is not None:
        table.add_row("profiles", f"{score.profiles}, the largest with {score.largest} contacts")
        table.add_row(
            "against truth",
            f"precision {score.precision:.3f}, recall {score.recall:.3f}, F1 {score.f1:.3f},"
            f" B-cubed F1 {score.b3_f1:.3f}",
        )
        table.add_row(
            "people",
            f"{score.share_at_most_3:.2%} of profiles have at most 3 true people,"
            f" none has more than {score.people_most}",
        )
    return table


def play_files(files: Sequence[Path], *, target: Target | None, policy: str, as_json: bool) -> None:
    """Play files one after the other, each against a service of its own unless `target` is given.

    Raises UnknownFormat, LocalServiceError.
    """
    console = Console(stderr=as_json)
    answers: dict[str, object] = {}
    for file in files:
        steps = steps_of(file)
        with ExitStack() as stack:
            if target is None:
                service = stack.enter_context(local_service(settings={"PROFILE_POLICY": policy}))
                aim = service.target()
            else:
                aim = target
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            progress = stack.enter_context(Progress(*columns, console=console, transient=True))
            task = progress.add_task(file.name, total=len(steps))
            played = asyncio.run(play(aim, steps, partial(progress.advance, task)))
        answers[file.name] = played.summary()
        if not as_json:
            console.print(_table(file.name, played))
    if as_json:
        Console(width=10_000).print_json(json.dumps(answers))
