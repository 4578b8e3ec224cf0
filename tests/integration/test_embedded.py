"""The embedded database: nobody else on the machine reaches it, it ends with the service, and every restart works."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from profile_client import ProfileClient, ProfileError, Target

from profile_service.engine.caller import Caller, CallerRole
from profile_service.identity.graph.model import Assurance
from profile_service.play.local import local_service, make_credentials
from profile_service.rpc.boundary.credentials import CredentialFileError, add_credential, load_credentials
from profile_service.store import embedded
from profile_service.store.embedded.cluster import clear_leftovers, servers_of
from profile_service.store.embedded.place import BINARIES, SYSTEM_HOME, place_of
from profile_service.v1 import Interaction, ListProfileInteractionsRequest, RecordInteractionRequest, SourceKey
from tests.integration.desk import Desk, ref, stamp, verified

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 30 if os.environ.get("PROVE_FULL") == "1" else 4
ENDS_S = 20.0
NOBODY = 65_534
LOGINS = ("profile_owner", "profile_service", "profile_app", "postgres", "nobody")


@pytest.fixture
def home() -> Iterator[Path]:
    """A data directory whose server is stopped at the end."""
    path = Path(f"/tmp/profile-kill-{uuid.uuid4().hex[:8]}")
    yield path
    embedded.stop(path)
    subprocess.run(["rm", "-rf", str(path)], check=True)


def listening(process_ids: list[int]) -> list[str]:
    """The TCP addresses that processes listen on, as the kernel lists them."""
    sockets = set[str]()
    for process_id in process_ids:
        for entry in Path(f"/proc/{process_id}/fd").iterdir():
            target = os.readlink(entry)
            if target.startswith("socket:["):
                sockets.add(target.removeprefix("socket:[").rstrip("]"))
    rows = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == "0A" and row[9] in sockets]


def test_the_server_listens_on_no_port_and_its_login_is_no_superuser(home: Path) -> None:
    """A socket in a folder of its own; the service cannot read a file or run a program through SQL."""
    server = embedded.start(home)
    assert listening(servers_of(place_of(home).data)) == []
    with psycopg.connect(server.url, autocommit=True) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
        for statement in ("COPY (SELECT 1) TO PROGRAM 'id'", "SELECT pg_read_file('/etc/hostname')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # pyright: ignore[reportArgumentType]


def as_nobody(files: list[Path], url: str) -> list[str]:
    """Become the user nobody in a child, and try everything; answers what could be read, and who could connect."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            found = [str(path) for path in files if _can_read(path)]
            found += [user for user in LOGINS if _can_connect(url.replace("profile_owner", user))]
            os.write(writing, json.dumps([os.geteuid(), *found]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        uid, *found = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert uid == NOBODY
    return found


def _can_read(path: Path) -> bool:
    try:
        return bool(os.listdir(path) if path.is_dir() else path.read_bytes() is not None)
    except OSError:
        return False


def _can_connect(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run as root to have it tried")
def test_nobody_on_the_machine_connects_or_reads_a_file() -> None:
    """Really as the user nobody, whatever the umask was: no file of the data directory, no login. The server's programs
    are everybody's."""
    old = os.umask(0)
    try:
        with local_service() as running:
            url = embedded.start(running.home).owner_url
            (running.home / "token").touch(mode=0o600)
            files = [running.home, *(path for path in running.home.rglob("*") if BINARIES not in path.parts)]
            assert len(files) > 100
            assert _can_connect(url)
            assert as_nobody(files, url) == []
    finally:
        os.umask(old)


@pytest.mark.parametrize("name", ["with space", "a&b=1%41,c", 'quote"d', "x" * 120])
def test_a_data_directory_may_have_any_name(home: Path, name: str) -> None:
    """Also one that is too long for a socket."""
    directory, before = home / name, set(SYSTEM_HOME.glob("*"))
    server = embedded.start(directory)
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        embedded.stop(directory)
        for folder in set(SYSTEM_HOME.glob("*")) - before:
            shutil.rmtree(folder)


def test_files_that_others_can_read_are_refused(tmp_path: Path) -> None:
    """Credentials are written for their owner alone, whatever the umask, and checked when they are read."""
    old = os.umask(0)
    try:
        path = tmp_path / "credentials.toml"
        caller = Caller(tenant="t", name="c", role=CallerRole.SERVICE, sources=frozenset({"*"}), cap=Assurance.VERIFIED)
        add_credential(path, caller)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_credentials(path).tenants == {"t"}
    path.chmod(0o640)
    with pytest.raises(CredentialFileError, match="chmod 600"):
        load_credentials(path)


def test_a_stale_number_is_no_reason_to_signal_an_innocent_process(home: Path) -> None:
    """postmaster.pid names a process that is no server: it goes on, and the server starts."""
    embedded.start(home)
    embedded.stop(home)
    place = place_of(home)
    with subprocess.Popen(["sleep", "60"]) as innocent:
        pid_file = place.data / "postmaster.pid"
        pid_file.write_text(f"{innocent.pid}\n{place.data}\n1\n5432\n{place.sockets}\n\n\nready\n")
        place.give(pid_file)
        clear_leftovers(place)
        assert psycopg.connect(embedded.start(home).url).close() is None
        embedded.stop(home)
        assert innocent.poll() is None
        innocent.kill()


class Run:
    """`make serve` in a data directory: the process of make, the service, and the postmaster."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PROFILE_")}
        environment = {**kept, "PROFILE_GRPC__ADDRESS": self.address}
        command = ["make", "serve", f"DATA={home}"]
        self.make = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self.service = 0
        for line in self.make.stdout or ():
            if line.startswith("{"):
                self.service = json.loads(line)["process"]
                break
        assert self.service, "make serve did not come up"
        self.servers = servers_of(place_of(home).data)
        self.postmaster = int((place_of(home).data / "postmaster.pid").read_text().splitlines()[0])

    def kill(self, what: str) -> None:
        """End some of it in some way."""
        kinds = {"terminated": signal.SIGTERM, "interrupted": signal.SIGINT, "hung up": signal.SIGHUP}
        if what in kinds:
            os.killpg(self.make.pid, kinds[what])
        elif what == "make":
            self.make.kill()
        else:
            targets = {"service": (self.service,), "postmaster": (self.postmaster,)}
            for process_id in targets.get(what, (self.service, self.postmaster)):
                os.kill(process_id, signal.SIGKILL)

    def wait_until_nothing_is_left(self, home: Path) -> None:
        """Nothing of it runs any more."""
        deadline = time.monotonic() + ENDS_S
        while left := [*servers_of(place_of(home).data), *(n for n in (self.service,) if _lives(n))]:
            assert time.monotonic() < deadline, f"left behind: {left}"
            time.sleep(0.05)
        self.make.wait(ENDS_S)
        if self.make.stdout is not None:
            self.make.stdout.close()


def _lives(process_id: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return False


KILLS = ("service", "postmaster", "both", "make", "terminated", "interrupted", "hung up")


def test_after_any_kill_the_first_restart_works_and_nothing_is_lost_or_left(home: Path) -> None:
    """Rounds of words, then a kill: the next start serves, has every acknowledged word, and nothing else runs on."""
    home.mkdir(mode=0o700)
    token = make_credentials(home / "credentials.toml", ("demo",))["service"]
    (home / "token").write_text(token)
    random_, said, profile = random.Random(os.environ.get("PROVE_SEED", "1")), list[str](), ""
    for number in range(ROUNDS):
        run = Run(home)
        with ProfileClient(Target(address=run.address, token=token)) as client:
            desk = Desk(Target(address=run.address, token=token), "demo")
            contact = desk.start("app", verified("account", "kept"))
            profile = contact.profile
            assert set(said) <= _heard(client, profile), f"round {number}"
            kill = KILLS[number % len(KILLS)]
            deadline = time.monotonic() + random_.uniform(0.05, 0.4)
            killed = False
            for word in range(10_000):
                text = f"{number}/{word}"
                try:
                    client.call(_words(contact.contact, text), deadline_s=5)
                except ProfileError:
                    break
                said.append(text)
                if not killed and time.monotonic() > deadline:
                    run.kill(kill)
                    killed = True
            assert killed
            desk.client.close()
        run.wait_until_nothing_is_left(home)
    print(f"figure: {ROUNDS} rounds of kills ({', '.join(KILLS)}): {len(said)} acknowledged words kept, nothing left")


def _heard(client: ProfileClient, profile: str) -> set[str]:
    """Every word of the customer."""
    request, found = ListProfileInteractionsRequest(parent=profile, page_size=500), set[str]()
    while True:
        answer = client.call(request, deadline_s=20)
        found |= {interaction.text for interaction in answer.interactions}
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token


def _words(contact: str, text: str) -> RecordInteractionRequest:
    key = SourceKey(source="test", id=text)
    words = Interaction(source_key=key, kind=Interaction.KIND_MESSAGE, occur_time=stamp(time.time()), text=text)
    return RecordInteractionRequest(contact=ref(contact), interaction=words)
