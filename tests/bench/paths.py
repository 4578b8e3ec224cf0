"""The calls that are measured: a service with known customers, and the requests that drive it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from profile_service.play.local import LocalService
from profile_service.v1 import (
    AddEvidenceRequest,
    Audience,
    BatchRecordInteractionsRequest,
    Consistency,
    GetContextRequest,
    Interaction,
    RecordInteractionRequest,
    SourceKey,
    StartContactRequest,
)
from tests.bench.cpu import Measure, Meter, postmaster_of
from tests.integration.desk import Desk, ref, verified

SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
KNOWN = int(os.environ.get("BENCH_KNOWN", "2000"))
"""Known customers: so many that each has a few live contacts, as customers have, and not dozens."""
CONTACT = "/profile_service.v1.ContactService/"


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
def echo(kind: str, size: int, service: LocalService) -> Iterator[tuple[str, int]]:
    """An echo server's address and process."""
    command = [sys.executable, "-m", "tests.bench.echo_server", kind, str(size), str(service.home / "credentials.toml")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        yield f"127.0.0.1:{int(server.stdout.readline())}", server.pid
    finally:
        server.terminate()
        server.communicate()


LASTING_S, STEP_S = 3000, 0.00001
"""How long ago the known customers' contacts began, and what is between two events."""
YEAR_S = 300 * 86_400
"""How far back a customer's visits go."""


class Bench:
    """One service, and what is measured against it."""

    def __init__(self, service: LocalService, stack: ExitStack) -> None:
        self.service, self.stack = service, stack
        self.meter = Meter(service.processes, postmaster_of(service.home))
        self.token = service.tokens["service"]
        self.desk = Desk(service.target(), "demo", now=time.time() - LASTING_S, step_s=STEP_S)
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
        """The service under one kind of call, with what a call costs; the requests are made before."""

        def measure() -> dict[str, float]:
            made = requests()
            return self.meter.metered(lambda: load(self.service.address, method, self.token, in_flight, made, *flags))()

        return measure

    def echo(self, size: int, kind: str = "ours", in_flight: int = 32) -> Measure:
        """An echo of the same size under the same load."""
        address, process = self.stack.enter_context(echo(kind, size, self.service))
        request = GetContextRequest(contact=ref(self.known[0].contact)).SerializeToString()
        return Meter([process]).metered(
            lambda: load(address, "GetContext", self.token, in_flight, [request], "--again")
        )

    def contexts(self) -> list[bytes]:
        """Strong reads of the known customers' contexts."""
        strong = Consistency(strong=True)
        return [
            GetContextRequest(
                contact=ref(customer.contact), audience=Audience.AUDIENCE_AGENT, consistency=strong
            ).SerializeToString()
            for customer in self.known
        ]

    def starts(self, name: Callable[[int], str]) -> list[bytes]:
        """Contacts that begin now, as a platform's do."""
        self.desk.now, count = max(self.desk.now, time.time()), int(SECONDS * 6000)
        return [
            self.desk.start_request("", "app", verified("account", name(number))).SerializeToString()
            for number in range(count)
        ]

    def records(self) -> list[bytes]:
        """Interactions, as they happen."""
        made: list[bytes] = []
        self.desk.now = max(self.desk.now, time.time())
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

    def starts_of_known(self) -> list[bytes]:
        """Contacts of known customers."""
        return self.starts(lambda number: f"known-{number % KNOWN}")

    def starts_of_new(self) -> list[bytes]:
        """Contacts of customers who were never there."""
        return self.starts(lambda _: uuid.uuid4().hex)

    def identified_midway(self) -> list[bytes]:
        """Contacts of nobody, each of which turns out to be a known customer's."""
        self.desk.now = max(self.desk.now, time.time())
        contacts = [self.desk.start("webchat").contact for _ in range(int(SECONDS * 600))]
        return [
            AddEvidenceRequest(
                contact=ref(contact),
                request_id=str(uuid.uuid4()),
                occur_time=self.desk.tick(),
                identifiers=[verified("account", f"known-{number % KNOWN}")],
                audience=Audience.AUDIENCE_AGENT,
            ).SerializeToString()
            for number, contact in enumerate(contacts)
        ]

    def paths(self) -> dict[str, Measure]:
        """What a call costs is told of: crowded, and alone."""
        return {
            "GetContext, 32 in flight": self.drive("GetContext", self.contexts, 32, "--again"),
            "GetContext, 1": self.drive("GetContext", self.contexts, 1, "--again"),
            "RecordInteraction, 64": self.drive("RecordInteraction", self.records, 64),
            "StartContact new, 32": self.drive("StartContact", self.starts_of_new, 32),
            "StartContact known, 1": self.drive("StartContact", self.starts_of_known, 1),
            "StartContact known, 32": self.drive("StartContact", self.starts_of_known, 32),
            "AddEvidence midway, 32": self.drive("AddEvidence", self.identified_midway, 32),
        }

    def fill(self, account: str, count: int) -> Any:
        """A customer with many interactions."""
        contact = self.desk.start("webchat", verified("account", account))
        for first in range(0, count, 500):
            self.say([contact.contact] * min(500, count - first))
        return contact

    def visits(self, account: str, count: int) -> str:
        """A customer with many ended contacts, spread over most of a year."""
        desk = Desk(self.service.target(), "demo", now=time.time() - YEAR_S, step_s=YEAR_S / (count * 2 + 20))
        for _ in range(count):
            desk.end(desk.start("app", verified("account", account)).contact)
        return account

    def timed_threads(self, account: str, call: Callable[[Any, str], Any]) -> Measure:
        """What threads one more contact of the customer, which ends again."""

        def measure() -> dict[str, float]:
            times: list[float] = []
            for _ in range(15):
                self.desk.now = max(self.desk.now, time.time())
                nobody = self.desk.start("webchat")
                began = time.perf_counter()
                answer = call(nobody, account)
                times.append(time.perf_counter() - began)
                for contact in {nobody.contact, getattr(answer, "contact", nobody.contact)}:
                    self.desk.end(contact)
            return {"p50_ms": 1000 * statistics.median(times)}

        return measure

    def threads(self) -> dict[str, Callable[[Any, str], Any]]:
        """A start in a conversation of its own, one that goes on with the last, and a contact identified midway."""
        new = StartContactRequest.THREADING_NEW
        return {
            "new": lambda _, account: self.desk.start("app", verified("account", account), threading=new),
            "continued": lambda _, account: self.desk.start("app", verified("account", account)),
            "midway": lambda nobody, account: self.desk.evidence(nobody.contact, verified("account", account)),
        }

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
