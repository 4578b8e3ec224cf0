"""`profile-service import FILE`: with progress, rate and time left."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from profile_service.bulk.importer import Imported, discard_abandoned, import_file
from profile_service.bulk.mapping import ColumnMap, parse_map, require_columns
from profile_service.bulk.rows import rows_of
from profile_service.config import Settings
from profile_service.identity.matching.attributes import is_matched
from profile_service.identity.policy import shipped_policy

ROWS_LOOKED_AT = 1000
"""Rows of a file that are looked at for the columns that the mapping names."""


class RateColumn(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        """As text."""
        return Text(f"{task.speed or 0:,.0f} rows/s")


async def _until_told(importing: Coroutine[Any, Any, Imported]) -> Imported:
    """End in order on SIGTERM too: the workers with it."""
    task = asyncio.ensure_future(importing)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def run_import(
    settings: Settings, tenant: str, file: Path, pairs: Sequence[str], columns: Mapping[str, str], *, quiet: bool
) -> Imported:
    """Import a file. Raises MappingError and what `import_file` raises."""
    namespaces = frozenset(name for name in shipped_policy("default").namespaces if name not in ("record", "contact"))
    attributes, identifiers = parse_map(pairs, namespaces)
    held = ColumnMap(attributes=attributes, identifiers=identifiers, **columns)
    require_columns(held, islice(rows_of(file), ROWS_LOOKED_AT))
    console = Console(stderr=True)
    unread = sorted(name for name in attributes if not is_matched(name))
    if unread:
        console.print(f"kept, but not matched: {', '.join(unread)}", style="yellow")
    shown = (TextColumn(file.name), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    with Progress(*shown, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("", total=None if quiet else sum(1 for _ in rows_of(file)))

        def show(imported: Imported) -> None:
            progress.update(task, completed=imported.done)

        return asyncio.run(_until_told(import_file(settings, tenant, file, held, show)))


def run_discard(settings: Settings, tenant: str) -> int:
    """Give up what earlier imports left. Raises what `import_file` raises."""
    return asyncio.run(discard_abandoned(settings, tenant))


def describe(imported: Imported, file: Path) -> str:
    """What came of a file, for people."""
    outcomes = ", ".join(f"{count} {name}" for name, count in imported.outcomes.most_common()) or "nothing new"
    rejected = f"; {imported.rejected} rejected, see {file.name}.rejected.jsonl" if imported.rejected else ""
    return f"{imported.rows} rows: {outcomes}{rejected}"
