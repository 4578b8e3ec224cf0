"""List what a source has twice."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime

import click
import psycopg

from profile_service.bulk.duplicates import tell_duplicates
from profile_service.cli.failure import EXPECTED, UNREACHABLE, fail, read_settings
from profile_service.store.queries.reviews import Duplicate

COLUMNS = ("record", "duplicate", "profile", "since")


@click.command("duplicates")
@click.option("--tenant", required=True, help="Whose records.")
@click.option("--source", required=True, help="The source of the records, as in --source of an import.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each pair, instead of CSV.")
def duplicates_command(tenant: str, source: str, as_json: bool) -> None:
    """List records of a source that are of one customer: they state one identifier, and agree in given name and birth
    date, or in a document. For the source to clean up; a pair is gone once it does.

    How many there are is told on standard error.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")

    def tell(duplicate: Duplicate) -> None:
        row = _row(duplicate)
        if as_json:
            click.echo(json.dumps(dict(zip(COLUMNS, row, strict=True))))
        else:
            writer.writerow(row)

    if not as_json:
        writer.writerow(COLUMNS)
    try:
        number = tell_duplicates(read_settings(), tenant, source, tell)
    except EXPECTED as error:
        fail(str(error))
    except psycopg.OperationalError:
        fail(UNREACHABLE)
    click.echo(f"{number} {'pair' if number == 1 else 'pairs'} of records in {source}", err=True)


def _row(duplicate: Duplicate) -> tuple[str, str, str, str]:
    since = datetime.fromtimestamp(duplicate.since_us // 1_000_000, UTC)
    return (*duplicate.records, duplicate.profile or "", since.isoformat())
