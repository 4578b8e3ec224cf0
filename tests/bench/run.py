"""`make bench`: ratios taken side by side in one run, in interleaved rounds; writes build/bench.json.

Every side is driven by a load process of its own; PostgreSQL runs with fsync on, the audit is on, 10 % is traced.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from profile_service.play.local import LocalService, local_service
from profile_service.store import embedded
from profile_service.v1 import (
    Audience,
    BatchRecordInteractionsRequest,
    Consistency,
    GetContextRequest,
    Interaction,
    RecordInteractionRequest,
    SourceKey,
)
from tests.bench.bulk import bulk
from tests.bench.scorer import scorer_vs_rapidfuzz
from tests.integration.desk import Desk, ref, verified

ROUNDS, SECONDS = int(os.environ.get("BENCH_ROUNDS", "5")), float(os.environ.get("BENCH_SECONDS", "2"))
LARGE, SMALL = int(os.environ.get("BENCH_LARGE", "100000")), 100
KNOWN = 2000
"""Known customers: so many that each has a few live contacts, as customers have, and not dozens."""
CONTACT = "/profile_service.v1.ContactService/"
WANTED = {
    "interceptors_vs_bare_echo": (0.7, ">="),
    "context_strong_vs_echo": (0.6, ">="),
    "start_known_vs_echo": (0.4, ">="),
    "record_vs_echo": (0.6, ">="),
    "start_new_vs_psycopg": (0.5, ">="),
    "coalescing_p50_1": (1.1, "<="),
    "context_growth": (1.5, "<="),
    "merge_growth": (1.5, "<="),
    "scorer_vs_rapidfuzz": (10.0, "<="),
    "batch_vs_psycopg": (0.3, ">="),
    "import_vs_copy": (0.3, ">="),
    "known_resolve_growth": (1.3, "<="),
    "scored_resolve_growth": (1.5, "<="),
}
Measure = Callable[[], dict[str, float]]


def python(*arguments: str, data: bytes = b"") -> dict[str, float]:
    """Run a module of this folder to its end and read the JSON that it prints."""
    done = subprocess.run([sys.executable, "-m", *arguments], input=data, capture_output=True, check=True)
    answer = json.loads(done.stdout)
    if answer.get("failed"):
        raise RuntimeError(f"{arguments[0]}: {answer['failed']} calls failed: {answer['first_failure']}")
    return answer


def load(
    address: str, method: str, token: str, in_flight: int, requests: Sequence[bytes], *flags: str
) -> dict[str, float]:
    """Drive one side for a round."""
    lines = b"\n".join(b64encode(request) for request in requests)
    return python(
        "tests.bench.load", address, CONTACT + method, token, str(in_flight), str(SECONDS), *flags, data=lines
    )


@contextmanager
def echo(kind: str, size: int, service: LocalService) -> Iterator[str]:
    """An echo server's address."""
    command = [sys.executable, "-m", "tests.bench.echo_server", kind, str(size), str(service.home / "credentials.toml")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        yield f"127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.communicate()


def side_by_side(left: Measure, right: Measure, figure: str = "rate") -> dict[str, Any]:
    """The median of the rounds' ratios, left over right."""
    left()
    right()
    rounds = [(left()[figure], right()[figure]) for _ in range(ROUNDS)]
    ratios = sorted(a / b for a, b in rounds)
    return {
        "ratio": statistics.median(ratios),
        "least": ratios[0],
        "most": ratios[-1],
        "left": statistics.median(a for a, _ in rounds),
        "right": statistics.median(b for _, b in rounds),
    }


class Bench:
    """One service, and what is measured against it."""

    def __init__(self, service: LocalService, stack: ExitStack) -> None:
        self.service, self.stack = service, stack
        self.token = service.tokens["service"]
        self.desk = Desk(service.target(), "demo", step_s=0.001)
        self.known = [self.desk.start("app", verified("account", f"known-{number}")) for number in range(KNOWN)]
        for first in range(0, KNOWN, 100):
            self.say([contact.contact for contact in self.known[first : first + 100] for _ in range(5)])

    def say(self, contacts: Sequence[str]) -> None:
        """Record a message in each of at most 500 contacts."""
        items = [
            RecordInteractionRequest(
                contact=ref(contact),
                interaction=Interaction(
                    source_key=SourceKey(source="fill", id=uuid.uuid4().hex),
                    kind=Interaction.KIND_MESSAGE,
                    occur_time=self.desk.tick(),
                    text="a message of a usual length, as people type them in a chat",
                ),
            )
            for contact in contacts
        ]
        self.desk.call(BatchRecordInteractionsRequest(requests=items))

    def drive(self, method: str, requests: Callable[[], Sequence[bytes]], in_flight: int, *flags: str) -> Measure:
        """The service under one kind of call."""
        return lambda: load(self.service.address, method, self.token, in_flight, requests(), *flags)

    def echo(self, size: int, kind: str = "ours", in_flight: int = 32) -> Measure:
        """An echo of the same size under the same load."""
        address = self.stack.enter_context(echo(kind, size, self.service))
        request = GetContextRequest(contact=ref(self.known[0].contact)).SerializeToString()
        return lambda: load(address, "GetContext", self.token, in_flight, [request], "--again")

    def contexts(self) -> list[bytes]:
        """Strong reads of the known customers' contexts."""
        strong = Consistency(strong=True)
        return [
            GetContextRequest(
                contact=ref(one.contact), audience=Audience.AUDIENCE_AGENT, consistency=strong
            ).SerializeToString()
            for one in self.known
        ]

    def starts(self, name: Callable[[int], str]) -> list[bytes]:
        """Contacts that begin."""
        count = int(SECONDS * 6000)
        return [
            self.desk.start_request("", "app", verified("account", name(number))).SerializeToString()
            for number in range(count)
        ]

    def records(self) -> list[bytes]:
        """Interactions."""
        made: list[bytes] = []
        for number in range(int(SECONDS * 8000)):
            interaction = Interaction(
                source_key=SourceKey(source="bench", id=uuid.uuid4().hex),
                kind=Interaction.KIND_MESSAGE,
                occur_time=self.desk.tick(),
                text="a message of a usual length, as people type them in a chat",
            )
            contact = ref(self.known[number % KNOWN].contact)
            made.append(RecordInteractionRequest(contact=contact, interaction=interaction).SerializeToString())
        return made

    def fill(self, account: str, count: int) -> Any:
        """A customer with many interactions."""
        contact = self.desk.start("webchat", verified("account", account))
        for first in range(0, count, 500):
            self.say([contact.contact] * min(500, count - first))
        return contact

    def timed_contexts(self, contact: Any) -> Measure:
        """Fresh contexts: something is said before each, so that none can be one that was kept."""

        def measure() -> dict[str, float]:
            times: list[float] = []
            for _ in range(40):
                self.desk.record(contact.contact, "one more")
                began = time.perf_counter()
                self.desk.context(contact.contact)
                times.append(time.perf_counter() - began)
            return {"p50_ms": 1000 * statistics.median(times)}

        return measure

    def timed_merges(self, account: str) -> Measure:
        """Merges of a fresh one-e-mail profile into the customer."""

        def measure() -> dict[str, float]:
            times: list[float] = []
            for _ in range(2):
                mail = verified("email", f"{uuid.uuid4().hex}@example.org")
                self.desk.start("email", mail)
                began = time.perf_counter()
                merged = self.desk.start("app", verified("account", account), mail)
                times.append(time.perf_counter() - began)
                assert merged.outcome == 4, merged.outcome
            return {"p50_ms": 1000 * statistics.median(times)}

        return measure


def measure(console: Console) -> dict[str, Any]:
    """All ratios."""
    results: dict[str, Any] = {}

    def note(key: str, result: dict[str, Any]) -> None:
        results[key] = result
        console.print(f"{key}: {result['ratio']:.2f}", style="dim")

    note("scorer_vs_rapidfuzz", scorer_vs_rapidfuzz())
    with ExitStack() as stack:
        service = stack.enter_context(local_service())
        bench = Bench(service, stack)
        context_bytes = bench.desk.context(bench.known[0].contact).ByteSize()
        start_bytes = bench.known[0].ByteSize()
        note("interceptors_vs_bare_echo", side_by_side(bench.echo(context_bytes), bench.echo(context_bytes, "bare")))
        contexts = bench.drive("GetContext", bench.contexts, 32, "--again")
        note("context_strong_vs_echo", side_by_side(contexts, bench.echo(context_bytes)))
        known = bench.drive("StartContact", lambda: bench.starts(lambda number: f"known-{number % KNOWN}"), 32)
        note("start_known_vs_echo", side_by_side(known, bench.echo(start_bytes)))
        records = bench.drive("RecordInteraction", bench.records, 64)
        note("record_vs_echo", side_by_side(records, bench.echo(80, in_flight=64)))
        url = embedded.start(service.home).owner_url
        new = bench.drive("StartContact", lambda: bench.starts(lambda _: uuid.uuid4().hex), 32)
        note(
            "start_new_vs_psycopg",
            side_by_side(new, lambda: python("tests.bench.bare_psycopg", url, "32", str(SECONDS))),
        )
        one = bench.drive("GetContext", bench.contexts, 1, "--again")
        off = stack.enter_context(local_service(settings={"PROFILE_COALESCE": "false"}))
        alone = Bench(off, stack).drive("StartContact", lambda: bench.starts(lambda n: f"known-{n % KNOWN}"), 1)
        together = bench.drive("StartContact", lambda: bench.starts(lambda n: f"known-{n % KNOWN}"), 1)
        note("coalescing_p50_1", side_by_side(together, alone, "p50_ms"))
        results["mixed_load_start_p99_ms"] = mixed(bench)
        results["context_1_in_flight"] = one()
        large, small = bench.fill("large", LARGE), bench.fill("small", SMALL)
        note("context_growth", side_by_side(bench.timed_contexts(large), bench.timed_contexts(small), "p50_ms"))
        note("merge_growth", side_by_side(bench.timed_merges("large"), bench.timed_merges("small"), "p50_ms"))
    with TemporaryDirectory() as folder:
        bulk(note, Path(folder))
    return results


def mixed(bench: Bench) -> float:
    """p99 of StartContact while interactions are recorded and contexts are read."""
    lines = b"\n".join(b64encode(request) for request in bench.records())
    command = [
        sys.executable,
        "-m",
        "tests.bench.load",
        bench.service.address,
        f"{CONTACT}RecordInteraction",
        bench.token,
    ]
    other = subprocess.Popen([*command, "8", str(SECONDS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdin is not None
    other.stdin.write(lines)
    other.stdin.close()
    starts = load(bench.service.address, "StartContact", bench.token, 16, bench.starts(lambda n: f"known-{n % KNOWN}"))
    other.wait()
    return starts["p99_ms"]


def main() -> int:
    """Measure, print a table, write build/bench.json; exit 1 where a ratio is not reached."""
    console = Console()
    results = measure(console)
    table = Table("measure", "ratio", "least to most", "wanted", "left", "right")
    missed: list[str] = []
    for key, (bound, sign) in WANTED.items():
        held = results[key]
        reached = held["ratio"] >= bound if sign == ">=" else held["ratio"] <= bound
        if not reached:
            missed.append(key)
        style = "green" if reached else "red"
        span = f"{held['least']:.2f} to {held['most']:.2f}"
        table.add_row(
            key,
            f"{held['ratio']:.2f}",
            span,
            f"{sign} {bound}",
            f"{held['left']:.1f}",
            f"{held['right']:.1f}",
            style=style,
        )
    console.print(table)
    console.print(f"p99 of StartContact under a mixed load: {results['mixed_load_start_p99_ms']:.1f} ms")
    machine = {"python": platform.python_version(), "machine": platform.platform(), "cores": os.cpu_count()}
    sizes = {"known_customers": KNOWN, "large": LARGE, "small": SMALL, "rounds": ROUNDS, "seconds": SECONDS}
    Path("build").mkdir(exist_ok=True)
    Path("build/bench.json").write_text(json.dumps({**results, "machine": machine, "sizes": sizes}, indent=2))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
