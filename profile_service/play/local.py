"""A service of one's own on a free port and an embedded database, for demonstrations and tests; stopped at the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from profile_client import Target

from profile_service.engine.caller import Caller, CallerRole
from profile_service.identity.graph.model import Assurance
from profile_service.rpc.boundary.credentials import add_credential
from profile_service.store import embedded

STOP_SECONDS = 30


class LocalServiceError(Exception):
    """The service did not start; the message holds what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalService:
    """A running service: where it is, a token per role (and tenant), and its processes."""

    address: str
    home: Path
    tokens: Mapping[str, str]
    log: Path
    processes: tuple[int, ...]

    def target(self, role: str = "service") -> Target:
        """How to call it as a role."""
        return Target(address=self.address, token=self.tokens[role])


def make_credentials(path: Path, tenants: tuple[str, ...]) -> dict[str, str]:
    """Write a credential file with one caller per tenant and role; answers the tokens (`role`, or `tenant/role`)."""
    tokens: dict[str, str] = {}
    for tenant in tenants:
        for role in CallerRole:
            caller = Caller(
                tenant=tenant,
                name=f"{tenant}-{role.value}",
                role=role,
                sources=frozenset({"*"}),
                cap=Assurance.VERIFIED,
            )
            name = role.value if tenant == tenants[0] else f"{tenant}/{role.value}"
            tokens[name] = add_credential(path, caller)
    return tokens


@contextmanager
def _terminated_as_exited() -> Iterator[None]:
    """Within, SIGTERM ends the program as an exit does, so that what it started is stopped. Signals are the main
    thread's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def local_service(
    *,
    home: Path | None = None,
    settings: Mapping[str, str] | None = None,
    tenants: tuple[str, ...] = ("demo",),
    processes: int = 1,
) -> Iterator[LocalService]:
    """Run the service in processes of its own. Raises LocalServiceError."""
    folder = Path(tempfile.mkdtemp(prefix="profile-service-")) if home is None else home
    folder.mkdir(parents=True, exist_ok=True)
    if home is None:
        folder.chmod(0o711)
    tokens = make_credentials(folder / "credentials.toml", tenants)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PROFILE_")},
        "PROFILE_DATABASE__DATA_DIR": str(folder),
        "PROFILE_GRPC__ADDRESS": "127.0.0.1:0",
        "PROFILE_GRPC__DRAIN_S": "2",
        "PROFILE_PROCESSES": str(processes),
        **(settings or {}),
    }
    log = folder / "service.log"
    log.touch(mode=0o600)
    with _terminated_as_exited(), log.open("ab") as errors:
        service = subprocess.Popen(  # our own module
            [sys.executable, "-m", "profile_service", "serve", "--with-parent"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            port, workers = _wait_ready(service, log, processes)
            family = tuple(dict.fromkeys((service.pid, *workers)))
            yield LocalService(address=f"127.0.0.1:{port}", home=folder, tokens=tokens, log=log, processes=family)
        finally:
            _stop(service)
            embedded.stop(folder)
            if home is None:
                shutil.rmtree(folder, ignore_errors=True)


def _wait_ready(service: subprocess.Popen[bytes], log: Path, processes: int) -> tuple[int, list[int]]:
    port, workers = 0, list[int]()
    for line in service.stdout or ():
        said = json.loads(line)
        if said["event"] == "serving":
            port = said["port"]
            workers.append(said["process"])
        if len(workers) == processes:
            return port, workers
    raise LocalServiceError(f"the service did not start:\n{log.read_text()[-2000:]}")


def _stop(service: subprocess.Popen[bytes]) -> None:
    if service.poll() is None:
        service.send_signal(signal.SIGTERM)
    try:
        service.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()
    if service.stdout is not None:
        service.stdout.close()
