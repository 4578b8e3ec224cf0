"""Import customer records from files: with progress, rate and time left."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Coroutine, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click
import psycopg
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from profile_service.bulk.importer import Imported, ImportStopped, discard_abandoned, import_file
from profile_service.bulk.mapping import ColumnMap, MappingError, parse_map, parse_proofs, require_columns
from profile_service.bulk.rows import FileUnreadable, rows_of
from profile_service.bulk.worker import work
from profile_service.cli.failure import EXPECTED, fail, read_settings
from profile_service.config import Settings
from profile_service.errors import ServiceError
from profile_service.identity.matching.attributes import is_matched
from profile_service.identity.policies import shipped_policy
from profile_service.server import lay_foundation
from profile_service.tenants import load_tenants

ROWS_LOOKED_AT = 1000
"""Rows of a file that are looked at for the columns that the mapping names."""


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", required=True, help="Whose records they are.")
@click.option("--source", required=True, help="The source system that the records are of.")
@click.option("--id", "id_column", required=True, help="The column with the record's id.")
@click.option("--map", "pairs", multiple=True, required=True, help="ATTRIBUTE=COLUMN or NAMESPACE=COLUMN, by commas.")
@click.option("--proof", "proofs", multiple=True, help="NAMESPACE=METHOD: how the source proved these identifiers.")
@click.option("--time", "time_column", default="", help="The column with the time of the record. Not given: now.")
@click.option("--region", default="", help="Region of phone numbers without a country code.")
@click.option("--discard", is_flag=True, help="Give up imports of the tenant that stopped before their end.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_command(
    file: Path,
    tenant: str,
    discard: bool,
    as_json: bool,
    pairs: tuple[str, ...],
    proofs: tuple[str, ...],
    **columns: str,
) -> None:
    """Import customer records (CSV, JSON lines, Parquet) of a tenant, matching included; a running service goes on.

    Started again it goes on where it stopped; rows that are refused stand with their reasons in FILE.rejected.jsonl.
    """
    try:
        settings = read_settings()
        if discard:
            click.echo(f"{run_discard(settings, tenant)} rows given up", err=True)
        mapping = mapping_of(file, pairs, proofs, columns)
        readable = read_out(settings, tenant, file, mapping)
        imported = run_import(settings, tenant, file, mapping, quiet=as_json)
    except (*EXPECTED, MappingError, FileUnreadable, ImportStopped) as error:
        fail(str(error))
    except (ServiceError, psycopg.OperationalError):
        fail("the database cannot be reached; what was done is kept, start again to go on")
    except (KeyboardInterrupt, asyncio.CancelledError):
        fail("stopped; what was done is kept, start again to go on")
    if as_json:
        click.echo(json.dumps({**summary(imported), "read_out": readable}))
    else:
        click.echo(f"{describe(imported, file)}\n{describe_read_out(readable, imported.rows, mapping.source)}")


@click.command("import-worker", hidden=True)
@click.argument("tenant")
@click.argument("name")
def import_worker(tenant: str, name: str) -> None:
    """Resolve the staged rows of an import; `import` starts these."""
    settings = read_settings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the importer's; it ends its workers
    try:
        uvloop.run(work(settings, lay_foundation(settings), tenant, name))
    except (*EXPECTED, ServiceError) as error:
        fail(str(error))


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


def mapping_of(file: Path, pairs: Sequence[str], proofs: Sequence[str], columns: Mapping[str, str]) -> ColumnMap:
    """What the columns of a file are. Raises MappingError, FileUnreadable."""
    namespaces = frozenset(name for name in shipped_policy("default").namespaces if name not in ("record", "contact"))
    attributes, identifiers = parse_map(pairs, namespaces)
    methods = parse_proofs(proofs, identifiers)
    mapping = ColumnMap(attributes=attributes, identifiers=identifiers, proofs=methods, **columns)
    require_columns(mapping, islice(rows_of(file), ROWS_LOOKED_AT))
    return mapping


def read_out(settings: Settings, tenant: str, file: Path, mapping: ColumnMap) -> int:
    """How many rows can be read out to their customers after a password. Raises TenantFileError, FileUnreadable."""
    policy = load_tenants(settings.tenants_file, [tenant], settings.policy)[tenant].policy
    columns = [mapping.identifiers[namespace] for namespace in mapping.read_out_by(policy)]
    return sum(any(row.get(column, "").strip() for column in columns) for row in rows_of(file)) if columns else 0


def run_import(settings: Settings, tenant: str, file: Path, mapping: ColumnMap, *, quiet: bool) -> Imported:
    """Import a file. Raises what `import_file` raises."""
    console = Console(stderr=True)
    unread = sorted(name for name in mapping.attributes if not is_matched(name))
    if unread:
        console.print(f"kept, but not matched: {', '.join(unread)}", style="yellow")
    shown = (TextColumn(file.name), BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
    with Progress(*shown, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("", total=None if quiet else sum(1 for _ in rows_of(file)))

        def show(imported: Imported) -> None:
            progress.update(task, completed=imported.done)

        return asyncio.run(_until_told(import_file(settings, tenant, file, mapping, show)))


def run_discard(settings: Settings, tenant: str) -> int:
    """Give up what earlier imports left. Raises what `import_file` raises."""
    return asyncio.run(discard_abandoned(settings, tenant))


def summary(imported: Imported) -> dict[str, object]:
    """What came of a file, for programs."""
    return {"rows": imported.rows, "rejected": imported.rejected, "outcomes": dict(imported.outcomes)}


def describe_read_out(readable: int, rows: int, source: str) -> str:
    """How many customers can be told what their records say, and what to do where few can."""
    text = f"{readable:,} of {rows:,} can be read out to themselves"
    if readable:
        return f"{text} after a password to the phone or mailbox on file"
    return f"{text}: source `{source}` is not vouched for; see README.md, Sources of record"


def describe(imported: Imported, file: Path) -> str:
    """What came of a file, for people."""
    outcomes = ", ".join(f"{count} {name}" for name, count in imported.outcomes.most_common()) or "nothing new"
    rejected = f"; {imported.rejected} rejected, see {file.name}.rejected.jsonl" if imported.rejected else ""
    return f"{imported.rows} rows: {outcomes}{rejected}"
