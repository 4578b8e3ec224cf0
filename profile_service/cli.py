"""profile-service: serve, migrate, check-config, credentials. What needs the database or the keys, and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

import click
import psycopg
import uvloop
from profile_client import Target

from profile_service import __version__
from profile_service.bulk.command import describe, run_discard, run_import
from profile_service.bulk.importer import ImportStopped
from profile_service.bulk.mapping import MappingError
from profile_service.bulk.rows import FileUnreadable
from profile_service.bulk.worker import work
from profile_service.config import ConfigError, Settings, load_settings
from profile_service.engine.caller import Caller, CallerRole
from profile_service.errors import ServiceError
from profile_service.identity.graph.model import Assurance
from profile_service.identity.policy import PolicyError
from profile_service.play.command import play_files
from profile_service.play.formats import UnknownFormat
from profile_service.play.local import LocalServiceError
from profile_service.rpc.boundary.credentials import CredentialFileError, add_credential
from profile_service.server import STOPPING, Foundation, lay_foundation, serve
from profile_service.store import embedded, migrate
from profile_service.store.key_check import is_written_with_keys
from profile_service.store.keyring import KeyFileError, create_key_file
from profile_service.tenants import TenantFileError
from profile_service.train.command import TrainError, import_splink, train_tenant

EXPECTED = (
    ConfigError,
    CredentialFileError,
    TenantFileError,
    PolicyError,
    KeyFileError,
    embedded.EmbeddedError,
    migrate.MigrationError,
)


PARENT_POLL_S = 0.2


def _fail(message: str) -> NoReturn:
    click.echo(f"profile-service: {message}", err=True)
    raise SystemExit(2)


def _settings() -> Settings:
    try:
        return load_settings()
    except ConfigError as error:
        _fail(str(error))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Real-time identity resolution and unified customer profiles over gRPC.

    Settings are PROFILE_* variables; `profile-service check-config` prints them all.
    Shell completion: eval "$(_PROFILE_SERVICE_COMPLETE=bash_source profile-service)".
    """


@main.command("serve")
@click.option("--with-parent", is_flag=True, help="Stop when the process that started this one ends.")
def serve_command(with_parent: bool) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP. Without PROFILE_DATABASE__URL it runs its own PostgreSQL."""
    settings = _settings()
    if with_parent:
        stop_with_parent()
    try:
        foundation = lay_foundation(settings, lambda name: click.echo(f"migrated: {name}", err=True))
        try:
            if settings.processes > 1:
                _serve_many(settings, foundation)
            else:
                uvloop.run(serve(settings, foundation, _say_ready))
        finally:
            if foundation.embedded:
                embedded.release(settings.home)
    except EXPECTED as error:
        _fail(str(error))
    except psycopg.OperationalError:
        _fail("the database cannot be reached: check PROFILE_DATABASE__URL")
    except psycopg.errors.UndefinedTable:
        _fail("the database is empty: run `profile-service migrate` first")


def stop_with_parent() -> None:
    """From here on, end as on SIGTERM when the process that started this one has ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL_S)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _say_ready(port: int) -> None:
    click.echo(json.dumps({"event": "serving", "port": port, "process": os.getpid()}))
    sys.stdout.flush()


def _serve_many(settings: Settings, foundation: Foundation) -> None:
    """Serve from several processes that share a port (SO_REUSEPORT); ends when one of them ends or on a signal."""
    host, _, port = settings.grpc.address.rpartition(":")
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((host.strip("[]") or "127.0.0.1", int(port)))
        address = f"{host}:{held.getsockname()[1]}"
        environment = {
            **os.environ,
            "PROFILE_DATABASE__URL": foundation.url,
            "PROFILE_KEY_FILE": str(settings.keys),
            "PROFILE_CREDENTIALS_FILE": str(settings.credentials),
            "PROFILE_GRPC__ADDRESS": address,
            "PROFILE_PROCESSES": str(settings.processes),
        }
        command = [sys.executable, "-m", "profile_service", "serve-one"]
        workers = [subprocess.Popen(command, env=environment) for _ in range(settings.processes)]

        def pass_on(number: int, _: object) -> None:
            for worker in workers:
                if worker.poll() is None:
                    worker.send_signal(number)

        for number in STOPPING:
            signal.signal(number, pass_on)
        lost: list[int] = []

        def lose() -> None:
            lost.append(1)
            pass_on(signal.SIGTERM, None)

        if foundation.embedded:
            embedded.when_lost(settings.home, lose)
        codes = [worker.wait() for worker in workers]
    if lost:
        raise embedded.EmbeddedError(embedded.LOST)
    if any(codes):
        _fail(f"server processes ended with {codes}")


@main.command("serve-one", hidden=True)
def serve_one() -> None:
    """One of several processes; `serve` starts these."""
    settings = _settings()
    stop_with_parent()
    try:
        uvloop.run(serve(settings, lay_foundation(settings), _say_ready))
    except EXPECTED as error:
        _fail(str(error))


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database of PROFILE_DATABASE__URL up to this release."""
    settings = _settings()
    if settings.database.url is None:
        _fail("set PROFILE_DATABASE__URL: the embedded database migrates by itself")
    try:
        ran = migrate.migrate(settings.database.url.get_secret_value(), lambda name: click.echo(f"migrated: {name}"))
    except (migrate.MigrationError, psycopg.OperationalError) as error:
        _fail(str(error) if isinstance(error, migrate.MigrationError) else "the database cannot be reached")
    click.echo("up to date" if ran == 0 else f"{ran} migrations ran")


@main.command("check-config")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_config(as_json: bool) -> None:
    """Print the settings in force, secrets masked; exit 2 where they do not fit."""
    tree = _settings().model_dump(mode="json")
    if as_json:
        click.echo(json.dumps(tree, indent=2))
        return
    for name, value in tree.items():
        for leaf, held in value.items() if isinstance(value, dict) else [("", value)]:
            variable = f"PROFILE_{name}__{leaf}" if leaf else f"PROFILE_{name}"
            click.echo(f"{variable.upper()}={'' if held is None else held}")


@main.group()
def keys() -> None:
    """The keys that stored values are sealed with."""


@keys.command("create")
def create_keys() -> None:
    """Make the key file of a new database. The embedded database gets its own by itself."""
    settings = _settings()
    try:
        if settings.database.url is not None and is_written_with_keys(settings.database.url.get_secret_value()):
            _fail("this database was written with keys already: restore their file, new ones could not read it")
        settings.keys.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_key_file(settings.keys)
    except FileExistsError:
        _fail(f"{settings.keys} is there already: it is never overwritten")
    except psycopg.errors.UndefinedTable:
        _fail("the database is empty: run `profile-service migrate` first")
    except psycopg.OperationalError:
        _fail("the database cannot be reached: check PROFILE_DATABASE__URL")
    click.echo(
        f"{settings.keys}\nKeep a copy of this file apart from the database's: without it nothing that is stored can be"
        " read, and nobody can make it again."
    )


@main.group()
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
    settings = _settings()
    Path(settings.credentials).parent.mkdir(parents=True, exist_ok=True)
    caller = Caller(tenant=tenant, name=name, role=CallerRole(role), sources=frozenset(sources), cap=Assurance[cap])
    click.echo(add_credential(settings.credentials, caller))


@main.command("play")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--address", help="A running service. Not given: one of its own for each file, on a fresh database.")
@click.option("--token", envvar="PROFILE_TOKEN", help="Its token (or $PROFILE_TOKEN).")
@click.option("--policy", default="default", show_default=True, help="The policy of a service of its own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def play_command(files: tuple[Path, ...], address: str | None, token: str | None, policy: str, as_json: bool) -> None:
    """Play files of contacts, customers or dialogues, and say what came of them."""
    if (address is None) != (token is None):
        _fail("--address and --token go together")
    target = None if address is None or token is None else Target(address=address, token=token)
    try:
        play_files(files, target=target, policy=policy, as_json=as_json)
    except (UnknownFormat, LocalServiceError) as error:
        _fail(str(error))


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", required=True, help="Whose records they are.")
@click.option("--source", required=True, help="The source system that the records are of.")
@click.option("--id", "id_column", required=True, help="The column with the record's id.")
@click.option("--map", "pairs", multiple=True, required=True, help="ATTRIBUTE=COLUMN or NAMESPACE=COLUMN, by commas.")
@click.option("--time", "time_column", default="", help="The column with the time of the record. Not given: now.")
@click.option("--region", default="", help="Region of phone numbers without a country code.")
@click.option("--discard", is_flag=True, help="Give up imports of the tenant that stopped before their end.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_command(
    file: Path, tenant: str, discard: bool, as_json: bool, pairs: tuple[str, ...], **columns: str
) -> None:
    """Import customer records (CSV, JSON lines, Parquet) of a tenant, matching included; a running service goes on.

    Started again it goes on where it stopped; rows that are refused stand with their reasons in FILE.rejected.jsonl.
    """
    try:
        settings = _settings()
        if discard:
            click.echo(f"{run_discard(settings, tenant)} rows given up", err=True)
        imported = run_import(settings, tenant, file, pairs, columns, quiet=as_json)
    except (*EXPECTED, MappingError, FileUnreadable, ImportStopped) as error:
        _fail(str(error))
    except (ServiceError, psycopg.OperationalError):
        _fail("the database cannot be reached; what was done is kept, start again to go on")
    except (KeyboardInterrupt, asyncio.CancelledError):
        _fail("stopped; what was done is kept, start again to go on")
    summary = {"rows": imported.rows, "rejected": imported.rejected, "outcomes": dict(imported.outcomes)}
    click.echo(json.dumps(summary) if as_json else describe(imported, file))


@main.command("import-worker", hidden=True)
@click.argument("tenant")
@click.argument("name")
def import_worker(tenant: str, name: str) -> None:
    """Resolve the staged rows of an import; `import` starts these."""
    settings = _settings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the importer's; it ends its workers
    try:
        uvloop.run(work(settings, lay_foundation(settings), tenant, name))
    except (*EXPECTED, ServiceError) as error:
        _fail(str(error))


@main.command("train")
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
        trained = train_tenant(_settings(), tenant, out, lambda text: click.echo(text, err=True), spark)
    except (*EXPECTED, TrainError) as error:
        _fail(str(error))
    except psycopg.OperationalError:
        _fail("the database cannot be reached: check PROFILE_DATABASE__URL")
    summary = {"model": trained.model.label, "records": trained.records, "levels_learned": trained.learned}
    if as_json:
        click.echo(json.dumps({**summary, "file": str(out) if trained.learned else None}))
    else:
        click.echo(
            f"{trained.model.label}: {out}" if trained.learned else f"kept {trained.model.label}; nothing written"
        )


@main.command("import-model")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The model file to write.")
@click.option("--name", default="imported", show_default=True, help="What the model is called.")
def import_model(source: Path, out: Path, name: str) -> None:
    """Take the weights of a Splink model file (JSON) whose comparisons and levels have our names."""
    try:
        click.echo(f"{import_splink(source, out, name).label}: {out}")
    except TrainError as error:
        _fail(str(error))


@main.command("stop-database")
def stop_database() -> None:
    """Stop the embedded database, whoever uses it."""
    embedded.stop(_settings().home)
