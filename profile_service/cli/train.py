"""Learn match weights from a tenant's records, or take them from a Splink model file."""

from __future__ import annotations

import json
from pathlib import Path

import click
import psycopg

from profile_service.cli.failure import EXPECTED, UNREACHABLE, fail, read_settings
from profile_service.train.training import TrainError, import_splink, train_tenant


@click.command("train")
@click.option("--tenant", required=True, help="Whose records to learn from.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The model file to write.")
@click.option(
    "--spark", help="Learn on Spark: its master, as in local[*] or spark://host:7077. Not given: DuckDB, here."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def train_command(tenant: str, out: Path, spark: str | None, as_json: bool) -> None:
    """Learn match weights from a tenant's records, without labels.

    The tenants file names the model file as `model_file`; it takes effect at the next start.
    """
    try:
        trained = train_tenant(read_settings(), tenant, out, lambda text: click.echo(text, err=True), spark)
    except (*EXPECTED, TrainError) as error:
        fail(str(error))
    except psycopg.OperationalError:
        fail(UNREACHABLE)
    summary = {"model": trained.model.label, "records": trained.records, "levels_learned": trained.learned}
    if as_json:
        click.echo(json.dumps({**summary, "file": str(out) if trained.learned else None}))
    else:
        click.echo(
            f"{trained.model.label}: {out}" if trained.learned else f"kept {trained.model.label}; nothing written"
        )


@click.command("import-model")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The model file to write.")
@click.option("--name", default="imported", show_default=True, help="What the model is called.")
def import_model(source: Path, out: Path, name: str) -> None:
    """Take the weights of a Splink model file (JSON) whose comparisons and levels have our names."""
    try:
        click.echo(f"{import_splink(source, out, name).label}: {out}")
    except TrainError as error:
        fail(str(error))
