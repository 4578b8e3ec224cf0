"""Play case files against a service of their own: `make case FILE=...`.

A reported fault becomes a file in `tests/cases/files`, which `make test` plays from then on.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from profile_client import ProfileClient, ProfileError, Target

from profile_service import v1
from profile_service.engine.caller import Caller, CallerRole
from profile_service.identity.graph.model import Assurance
from profile_service.play.local import local_service
from profile_service.rpc.boundary.credentials import add_credential
from tests.cases.language import Answers, Line, base_of, calls_of

DEADLINE_S = 60.0
STEPS = frozenset({"ResolveProfile", "StartContact", "RecordInteraction", "EndContact"})
"""Calls that a case builds on: one that is refused, and that no expectation names, makes the case fail."""
Clients = Callable[[Line], ProfileClient]


def read_case(path: Path) -> list[Line]:
    """The lines of a file. Raises ValueError with the number of a line that is no JSON."""
    lines: list[Line] = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if text.strip():
            try:
                lines.append(json.loads(text))
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}:{number}: {error}") from None
    return lines


def play(lines: Sequence[Line], clients: Clients) -> list[str]:
    """Play a case; answers what fell short, a line each."""
    answers, short = Answers(base_of(lines, time.time())), list[str]()
    named = json.dumps([line["expect"] for line in lines if "expect" in line])
    for line in lines:
        if "expect" in line:
            if not answers.holds(line["expect"]):
                short.append(f"{line.get('why', 'expected')}: {json.dumps(line['expect'])}; {_got(answers, line)}")
            continue
        calls = calls_of([line])
        with ThreadPoolExecutor(max(1, len(calls))) as pool:
            sent = list(pool.map(lambda call: _send(call, answers, clients), calls))
        for call, answer in zip(calls, sent, strict=True):
            answers.kept[call["as"]] = answer
            if "error" in answer and call["call"] in STEPS and f'"{call["as"]}' not in named:
                short.append(f"{call['call']} {call['as']} was refused: {answer['error']}")
    return short


def _got(answers: Answers, line: Line) -> str:
    expected = line["expect"]
    paths = [expected[word] for word in ("path", "ok") if word in expected]
    paths += [*expected.get("same", ()), *expected.get("differs", ())]
    return ", ".join(f"{path} is {json.dumps(answers.get(path))[:300]}" for path in paths)


def _send(call: Line, answers: Answers, clients: Clients) -> Any:
    made = getattr(v1, f"{call['call']}Request")
    request = answers.filled(call["request"])
    if "request_id" in made.DESCRIPTOR.fields_by_name:
        request.setdefault("requestId", str(uuid.uuid4()))
    message = json_format.ParseDict(request, made())
    try:
        answer = clients(call).call(message, deadline_s=float(call.get("within", DEADLINE_S)))
    except ProfileError as error:
        return {"error": error.reason}
    return json_format.MessageToDict(answer)


def caller_of(call: Line, tenant: str) -> Caller:
    """Who makes a call: a role, the most that its proofs are worth, the sources that it speaks for."""
    given = call.get("caller", {"role": call.get("role", "service")})
    return Caller(
        tenant=tenant,
        name="-".join((given["role"], given.get("cap", "VERIFIED"), *given.get("sources", ()))),
        role=CallerRole(given["role"]),
        sources=frozenset(given.get("sources", ["*"])),
        cap=Assurance[given.get("cap", "VERIFIED")],
    )


def main() -> int:
    """Play the files that are named; exit 1 where one falls short."""
    files = [Path(name) for name in sys.argv[1:]]
    if not files:
        print("name a file: make case FILE=tests/cases/files/....json", file=sys.stderr)
        return 2
    cases = {f"case{number}": read_case(file) for number, file in enumerate(files)}
    callers = {caller_of(call, tenant) for tenant, lines in cases.items() for call in calls_of(lines)}
    failed = 0
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="profile-cases-")))
        home.chmod(0o711)
        tokens = {caller: add_credential(home / "credentials.toml", caller) for caller in callers}
        service = stack.enter_context(local_service(home=home))
        clients = {
            caller: stack.enter_context(ProfileClient(Target(address=service.address, token=token)))
            for caller, token in tokens.items()
        }
        for file, (tenant, lines) in zip(files, cases.items(), strict=True):
            short = play(lines, lambda call, tenant=tenant: clients[caller_of(call, tenant)])
            failed += bool(short)
            print(f"{'failed' if short else 'passed'}  {file}", *(f"    {line}" for line in short), sep="\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
