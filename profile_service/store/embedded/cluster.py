"""The data directory of the embedded PostgreSQL: made, opened to the service alone, cleared of what a kill left."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.rows import scalar_row

from profile_service.store.embedded.place import EmbeddedError, Place

OWNER, SERVICE, DATABASE = "profile_owner", "profile_service", "postgres"
"""The superuser, who migrates; the login of the service, who is none; the database."""
INITIALISERS = ("bin", "daemon", "nobody")
"""initdb asks for its user's name: one of these lends it to make the empty directory, which is then given away."""
PORT = 5432
LEFT_S = 10.0
"""How long processes that a kill left behind may take to end."""
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def initialise(place: Place, install: Path) -> None:
    """Make the data directory, where there is none, and write who may connect. Raises EmbeddedError."""
    if not (place.data / "PG_VERSION").exists():
        if place.data.exists():
            raise EmbeddedError(f"{place.data} is no data directory of PostgreSQL: restore it, or move it away")
        partial = place.home / f"postgres.{os.getpid()}"
        partial.mkdir(mode=0o700)
        options = ["--locale=C.UTF-8", "--encoding=UTF8", "--auth=peer", f"--username={OWNER}", "--no-sync"]
        _as_somebody([str(install / "bin" / "initdb"), "-D", str(partial), *options], place, partial)
        partial.rename(place.data)
    if place.uid is not None and place.data.stat().st_uid != place.uid:
        for folder, _, files in os.walk(place.data):
            for path in (Path(folder), *(Path(folder) / name for name in files)):
                place.give(path)
    place.data.chmod(0o700)
    names = {pwd.getpwuid(os.geteuid()).pw_name, "root"}
    maps = [f"service {name} {role}\n" for name in sorted(names) for role in (OWNER, SERVICE)]
    for name, text in (("pg_hba.conf", "local all all peer map=service\n"), ("pg_ident.conf", "".join(maps))):
        path = place.data / name
        path.write_text(text)
        path.chmod(0o600)
        place.give(path)


def _as_somebody(command: list[str], place: Place, folder: Path) -> None:
    lender = None
    if place.uid is not None:
        lender = next(filter(None, map(_user, INITIALISERS)), None)
        if lender is None:
            raise EmbeddedError(
                f"PostgreSQL does not run as root, and none of {', '.join(INITIALISERS)} is a user here"
            )
        os.chown(folder, lender.pw_uid, lender.pw_gid)
    done = subprocess.run(  # our own binaries, no shell
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"LC_ALL": "C.UTF-8", "PATH": ""},
        user=lender.pw_uid if lender else None,
        group=lender.pw_gid if lender else None,
        extra_groups=[] if lender else None,
    )
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise EmbeddedError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def cache_mb() -> int:
    """A sixteenth of the memory of the machine or container, from 128 MB to 1 GB: others run beside it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        memory = min(memory, int(CGROUP_LIMIT.read_text()))
    return min(max(128, memory // 16 // 1024**2), 1024)


def server_command(place: Place, install: Path, settings: dict[str, str]) -> list[str]:
    """How the server is started: no TCP, a socket in a folder of its own, personal values in no log."""
    options = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": '"{}"'.format(str(place.sockets).replace('"', '""')),
        "unix_socket_permissions": "0700",
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
    return [str(install / "bin" / "postgres"), "-D", str(place.data), *arguments]


def url_of(place: Place, user: str) -> str:
    """The connection string of a login."""
    return f"postgresql://{user}@/{DATABASE}?host={quote(str(place.sockets), safe='/')}&port={PORT}"


def answers(place: Place) -> bool:
    """Whether a server of this data directory takes connections."""
    try:
        with psycopg.connect(url_of(place, OWNER), connect_timeout=2) as connection:
            folder = connection.cursor(row_factory=scalar_row).execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    return Path(str(folder)).resolve() == place.data.resolve()


def make_login(place: Place) -> None:
    """The login of the service: no superuser, and no rights but those of the role that the migrations make."""
    with psycopg.connect(url_of(place, OWNER), autocommit=True) as connection:
        connection.execute(
            "DO $$ BEGIN CREATE ROLE profile_service LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOINHERIT;"
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )


def clear_leftovers(place: Place) -> None:
    """Nobody keeps the server, so whatever a kill left of it ends first. What `postmaster.pid` names is signalled only
    where its executable and its working directory say that it is a server of this data directory: another process may
    have its number by now. Raises EmbeddedError."""
    if sys.platform != "linux":
        return
    deadline = time.monotonic() + LEFT_S
    number = signal.SIGINT
    while left := servers_of(place.data):
        for process_id in left:
            with suppress(ProcessLookupError):
                os.kill(process_id, number)
        if time.monotonic() > deadline:
            if number == signal.SIGKILL:
                raise EmbeddedError(
                    f"PostgreSQL processes {left} of {place.data} do not end: end them, then start again"
                )
            number, deadline = signal.SIGKILL, deadline + LEFT_S
        time.sleep(0.1)
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    for path in place.sockets.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)


def servers_of(data: Path) -> list[int]:
    """The processes that are PostgreSQL in this data directory: postmaster and backends."""
    processes: list[int] = []
    folder = str(data.resolve())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                executable = os.readlink(entry / "exe").removesuffix(" (deleted)")
                if Path(executable).name == "postgres" and os.readlink(entry / "cwd") == folder:
                    processes.append(int(entry.name))
    return processes
