"""`make bench-import ROWS=1000000`: import a large file beside a service that goes on answering.

Prints, twice a minute, how many rows are resolved, what the processes hold in memory, and how long known customers
wait.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psycopg
from rich.console import Console

from profile_service.play.local import LocalService, local_service
from profile_service.store import embedded
from tests.bench.bulk import import_of, p99, write_file
from tests.integration.desk import Desk, verified

TOLD_S, PAUSE_S = 30.0, 0.4


def memory_mb(process: int) -> list[int]:
    """The resident memory of a process and of its children, as far as they run."""
    pages: list[int] = []
    with suppress(FileNotFoundError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for child in (process, *children):
            pages.append(int(Path(f"/proc/{child}/statm").read_text().split()[1]))
    return [page * os.sysconf("SC_PAGE_SIZE") // 1024**2 for page in pages]


def follow(running: subprocess.Popen[str], service: LocalService, console: Console) -> None:
    """Probe the service until the import ends, and tell how far it is."""
    desk = Desk(service.target(), "demo")
    began, printed, waits = time.monotonic(), time.monotonic(), list[float]()
    with psycopg.connect(embedded.start(service.home).owner_url, autocommit=True) as sql:
        while running.poll() is None:
            started = time.perf_counter()
            desk.start("app", verified("account", "probe"))
            waits.append(time.perf_counter() - started)
            time.sleep(PAUSE_S)
            if time.monotonic() - printed < TOLD_S:
                continue
            counts = dict(sql.execute("SELECT outcome, records FROM bulk_count").fetchall())
            read, took = counts.pop("read", 0), time.monotonic() - began
            done = sum(counts.values())
            console.print(
                f"{took:6.0f} s  {read:,} staged  {done:,} resolved  {done / took:,.0f}/s"
                f"  memory {memory_mb(running.pid)} MB"
                f"  known customers p50 {1000 * median(waits):.0f} ms, p99 {p99(waits):.0f} ms"
            )
            printed, waits = time.monotonic(), []
    desk.client.close()


def main() -> int:
    """Import as many rows as the first argument says."""
    rows, console = int(sys.argv[1]), Console(width=140, highlight=False)
    with TemporaryDirectory() as folder, local_service(processes=1) as service:
        path = Path(folder) / "customers.csv"
        write_file(path, rows)
        command, environment = import_of(path, "demo", service)
        began = time.monotonic()
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
            follow(running, service, console)
            said = json.loads(running.communicate()[0])
        took = time.monotonic() - began
        console.print(
            f"{said['rows']:,} rows in {took:,.0f} s, {said['rows'] / took:,.0f} a second: {said['outcomes']}"
        )
        return running.returncode


if __name__ == "__main__":
    sys.exit(main())
