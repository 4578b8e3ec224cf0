"""The process that runs the embedded PostgreSQL for as long as somebody uses it. Standard library alone: it is started
as a script, and takes some 10 MB.

Whoever uses the database holds a shared lock on one file. The keeper asks for that lock alone: it gets it when the last
user has left, however that ended, and then stops the server. While it lives it holds a lock of its own, so that anybody
can wait for its end. Dies the keeper, the kernel tells the server to stop (Linux).
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TypedDict, cast

POLL_S = 0.05
FAST_S, IMMEDIATE_S = 30.0, 5.0
"""How long a fast stop, and then an immediate one, may take."""
PR_SET_PDEATHSIG = 1


class Plan(TypedDict):
    """What the keeper runs, as the JSON of its one argument. `uid`: the user that the server runs as."""

    command: list[str]
    log: str
    uid: int | None
    keeper_lock: str
    users_lock: str


def stop_with_the_keeper() -> None:
    """In the child, before it becomes the server: a fast stop when the keeper is gone (prctl(2))."""
    if sys.platform == "linux":
        prctl = cast("Callable[[int, int], int]", ctypes.CDLL(None).prctl)
        prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def launch(plan: Plan) -> subprocess.Popen[bytes]:
    """Start the server, as its own user where one is named."""
    log = os.open(plan["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        uid = plan["uid"]
        return subprocess.Popen[bytes](  # our own binaries, no shell
            plan["command"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env={"LC_ALL": "C.UTF-8", "PATH": ""},
            preexec_fn=stop_with_the_keeper,
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
        )
    finally:
        os.close(log)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Fast (clients are disconnected, everything is on disk), else immediate, else at once."""
    for number, seconds in ((signal.SIGINT, FAST_S), (signal.SIGQUIT, IMMEDIATE_S)):
        server.send_signal(number)
        try:
            server.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            continue
    server.kill()
    server.wait()


def try_lock(descriptor: int) -> bool:
    """Whether the lock could be taken for the keeper alone."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main() -> int:
    """Run the server until nobody uses it, or until SIGTERM; 1 where it ended by itself. Goes on as a process of its
    own, which outlives whoever started it where others use the server."""
    if os.fork():
        return 0
    plan = cast("Plan", json.loads(sys.argv[1]))
    signals: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: signals.append(number))
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    own = os.open(plan["keeper_lock"], os.O_RDWR)
    if not try_lock(own):
        return 0  # another keeper was faster
    os.truncate(own, 0)
    os.write(own, str(os.getpid()).encode())
    users = os.open(plan["users_lock"], os.O_RDWR)
    server = launch(plan)
    while server.poll() is None:
        if signals or try_lock(users):
            stop(server)
            return 0
        time.sleep(POLL_S)
    return 1


if __name__ == "__main__":
    sys.exit(main())
