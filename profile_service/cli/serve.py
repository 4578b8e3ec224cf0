"""Serve, in one process or several."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import click
import psycopg
import uvloop

from profile_service.cli.failure import EMPTY, EXPECTED, UNREACHABLE, fail, read_settings
from profile_service.config import Settings
from profile_service.server import STOPPING, Foundation, lay_foundation, serve
from profile_service.store import embedded

PARENT_POLL_S = 0.2


@click.command("serve")
@click.option("--with-parent", is_flag=True, help="Stop when the process that started this one ends.")
def serve_command(with_parent: bool) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP. Without PROFILE_DATABASE__URL it runs its own PostgreSQL."""
    settings = read_settings()
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
        fail(str(error))
    except psycopg.OperationalError:
        fail(UNREACHABLE)
    except psycopg.errors.UndefinedTable:
        fail(EMPTY)


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
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind((host.strip("[]") or "127.0.0.1", int(port)))
        address = f"{host}:{reserved.getsockname()[1]}"
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
        fail(f"server processes ended with {codes}")


@click.command("serve-one", hidden=True)
def serve_one() -> None:
    """One of several processes; `serve` starts these."""
    settings = read_settings()
    stop_with_parent()
    try:
        uvloop.run(serve(settings, lay_foundation(settings), _say_ready))
    except EXPECTED as error:
        fail(str(error))


@click.command("stop-database")
def stop_database() -> None:
    """Stop the embedded database, whoever uses it."""
    embedded.stop(read_settings().home)
