"""A PostgreSQL of the operator's own: its keys are never made by themselves, and its silence is not waited for."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from profile_service.errors import DatabaseUnavailable, DeadlinePassed, Overloaded, ServiceError
from profile_service.store import embedded, migrate
from profile_service.store.database import Database, with_limits
from profile_service.store.turns import NestedAcquire, Party, Turns
from tests.integration.desk import DEADLINE_S


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedServer]:
    """A migrated database that is not the service's own."""
    home = tmp_path_factory.mktemp("external")
    postgres = embedded.start(home)
    migrate.migrate(postgres.owner_url, login=embedded.SERVICE)
    yield postgres
    embedded.stop(home)


def profile_service(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the program to its end; a service that comes up is ended."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROFILE_")}
    environment = {**kept, "PROFILE_DATABASE__DATA_DIR": str(home), "PROFILE_GRPC__ADDRESS": "127.0.0.1:0", **settings}
    command = [sys.executable, "-m", "profile_service", *arguments]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        out = ""
        for line in running.stdout or ():
            out += line
            if line.startswith("{"):
                running.terminate()
        _, errors = running.communicate(timeout=DEADLINE_S)
    return subprocess.CompletedProcess(command, running.returncode, out, errors)


def test_keys_of_another_database_are_refused(tmp_path: Path) -> None:
    """A valid key file that is not the one that the data was written with; nothing is written."""
    home = tmp_path / "home"
    assert profile_service(home, "serve").returncode == 0
    kept = (home / "keys.json").read_text()
    other = json.dumps({"current": 1, "keys": {"1": "ab" * 32}})
    (home / "keys.json").write_text(other)
    refused = profile_service(home, "serve")
    assert refused.returncode == 2
    assert "is not the one that this database was written with" in refused.stderr
    assert "restore" in refused.stderr
    (home / "keys.json").unlink()
    gone = profile_service(home, "serve")
    assert gone.returncode == 2
    assert "there is no key file" in gone.stderr
    rotated = json.loads(kept)
    rotated = {"current": 2, "keys": {**rotated["keys"], "2": "cd" * 32}}
    (home / "keys.json").write_text(json.dumps(rotated))
    (home / "keys.json").chmod(0o600)
    assert profile_service(home, "serve").returncode == 0
    (home / "keys.json").write_text(kept)
    back = profile_service(home, "serve")
    assert back.returncode == 2
    assert "key 2 is missing" in back.stderr


def test_keys_of_an_external_database_are_made_by_a_command_alone(
    server: embedded.EmbeddedServer, tmp_path: Path
) -> None:
    """It says where they lie, and that they have to be kept; a second file for the same database is refused."""
    url = {"PROFILE_DATABASE__URL": server.url}
    refused = profile_service(tmp_path, "serve", **url)
    assert refused.returncode == 2
    assert "profile-service keys create" in refused.stderr
    assert not (tmp_path / "keys.json").exists()
    made = profile_service(tmp_path, "keys", "create", **url)
    assert made.returncode == 0
    assert str(tmp_path / "keys.json") in made.stdout
    assert "Keep a copy" in made.stdout
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert profile_service(tmp_path, "keys", "create", **url).returncode == 2
    assert profile_service(tmp_path, "serve", **url).returncode == 0
    again = profile_service(tmp_path / "other", "keys", "create", **url)
    assert again.returncode == 2
    assert "was written with keys already" in again.stderr


def test_the_limits_of_a_connection_are_there_unless_the_url_says_otherwise() -> None:
    """Silence, statements and locks; what the URL sets stays."""
    plain = with_limits("postgresql://a@db.example/x")
    for part in ("tcp_user_timeout=7000", "keepalives=1", "connect_timeout=5", "statement_timeout", "lock_timeout"):
        assert part in plain
    own = with_limits("postgresql://a@db.example/x?connect_timeout=9&options=-c%20lock_timeout%3D1s")
    assert "connect_timeout=9" in own
    assert own.rindex("lock_timeout=1s") > own.index("lock_timeout=10s")


class Line:
    """A TCP connection to the database that can fall silent: it takes what is sent, and says nothing."""

    def __init__(self, socket_path: str) -> None:
        self.socket_path, self.silent = socket_path, asyncio.Event()
        self.tasks, self.writers = set[asyncio.Task[None]](), list[asyncio.StreamWriter]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect a client with the database."""
        far_reader, far_writer = await asyncio.open_unix_connection(self.socket_path)
        self.writers += [writer, far_writer]
        for source, target in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pass_on(source, target))
            self.tasks.add(task)

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            if not self.silent.is_set():
                target.write(data)
        target.close()


@asynccontextmanager
async def silencable(server: embedded.EmbeddedServer) -> AsyncIterator[tuple[Line, str]]:
    """A line to the database, and the URL that leads over it."""
    folder = server.url.partition("host=")[2].partition("&")[0]
    line = Line(f"{folder}/.s.PGSQL.5432")
    listening = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield line, f"postgresql://{embedded.SERVICE}@127.0.0.1:{port}/postgres"
    listening.close()
    for task in line.tasks:
        task.cancel()
    for writer in line.writers:
        writer.close()
    await asyncio.gather(*line.tasks, *(writer.wait_closed() for writer in line.writers), return_exceptions=True)


async def test_a_database_that_falls_silent_holds_nobody_for_ever(server: embedded.EmbeddedServer) -> None:
    """Calls that wait end at their deadlines, and give their connections back: the next is answered."""
    async with silencable(server) as (line, url):
        database = Database(url=url, size=4, wait_s=1.0)
        assert await database.run("t", "graph_size", {})
        line.silent.set()
        started = time.monotonic()
        for _ in range(2):
            with pytest.raises((TimeoutError, ServiceError)):
                async with asyncio.timeout(1):
                    await database.run("t", "graph_size", {})
        line.silent.clear()
        assert await database.run("t", "graph_size", {})
        assert time.monotonic() - started < 40
        await database.close()


async def test_a_second_connection_is_never_taken_while_one_is_held(server: embedded.EmbeddedServer) -> None:
    """With all of them held so, every call would wait for every other."""
    database = Database(url=server.url, size=8)
    async with database.acquire("t"):
        with pytest.raises(NestedAcquire):
            await database.run("t", "graph_size", {})
        with pytest.raises(NestedAcquire):
            await asyncio.create_task(database.run("t", "graph_size", {}))
    assert await database.run("t", "graph_size", {})
    await database.close()


async def test_turns_are_bounded_per_caller_and_tenant_and_go_to_who_holds_the_fewest() -> None:
    """A quarter for a caller, half for a tenant's callers; who waits too long is told to come again."""
    turns = Turns(size=8, wait_s=0.05)
    greedy, second, other = Party("a", "greedy"), Party("a", "second"), Party("b", "other")
    await turns.take(greedy)
    await turns.take(greedy)
    with pytest.raises(Overloaded):
        await turns.take(greedy)
    await turns.take(second)
    await turns.take(second)
    with pytest.raises(Overloaded):
        await turns.take(Party("a", "third"))
    await turns.take(other)
    await turns.take(other)
    waiting = [asyncio.create_task(turns.take(party)) for party in (greedy, Party("a", "third"))]
    await asyncio.sleep(0)
    turns.give_back(second)
    await waiting[1]
    with pytest.raises(Overloaded):
        await waiting[0]
    gone = asyncio.create_task(turns.take(greedy))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    for party in (greedy, greedy, second, Party("a", "third"), other, other):
        turns.give_back(party)
    for party in (greedy, second, other) * 2:
        await turns.take(party)


async def test_nobody_waits_for_ever_behind_parties_that_always_wait() -> None:
    """Sixteen callers of eight tenants keep their queues full; the ninth tenant's call has its turn, and the service
    itself the next."""
    turns = Turns(size=4, wait_s=2.0)
    flood = [Party(f"t{number // 2}", f"caller {number}") for number in range(16)]
    served = list[str]()

    async def call(party: Party) -> None:
        await turns.take(party)
        served.append(party.name)
        await asyncio.sleep(0)
        turns.give_back(party)

    crowd = [asyncio.create_task(call(party)) for party in flood * 50]
    await asyncio.sleep(0)
    await asyncio.gather(call(Party("victim", "victim")), call(Party("t0", "")))
    assert len(served) < 2 * len(flood) + 4
    await asyncio.gather(*crowd)


async def test_errors_of_the_database_are_ours(server: embedded.EmbeddedServer) -> None:
    """Too long, and not there."""
    database = Database(url=server.url, size=4)
    with pytest.raises(DeadlinePassed):
        async with database.acquire("t") as connection:
            await connection.execute("SET statement_timeout = '10ms'")
            await connection.execute("SELECT pg_sleep(1)")
    await database.close()
    with pytest.raises(DatabaseUnavailable):
        await Database(url="postgresql://a@127.0.0.1:1/x", size=4).open()
