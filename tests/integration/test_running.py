"""The service as it is run: clients that are not ours, health, drain, the fallback, upkeep, start and stop."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from google.protobuf.timestamp_pb2 import Timestamp
from grpc_health.v1 import health_pb2, health_pb2_grpc
from profile_client import AsyncProfileClient, ProfileClient, ProfileError, Target, UnknownCustomer

from profile_service.config import ConfigError, load_settings
from profile_service.play.local import LocalService, local_service
from profile_service.store import embedded
from profile_service.store.embedded import cluster
from profile_service.store.keyring import KeyFileError, SealBroken, create_key_file, load_keyring
from profile_service.store.queries.imports import ImportState, open_import
from profile_service.usecases.upkeep.sweep import sweep
from profile_service.v1 import (
    Audience,
    Conversation,
    GetContextRequest,
    GetProfileRequest,
    SourceKey,
    StartContactRequest,
    StartContactResponse,
)
from tests.integration.desk import Desk, observed, ref, stamp, verified
from tests.integration.watched import Watched

BUF = Path(sys.prefix) / "bin" / "buf"
DAY_S = 86_400


def buf_curl(
    service: LocalService, method: str, body: dict[str, object], token: str
) -> subprocess.CompletedProcess[str]:
    """Call with a client that is not ours; it learns the schema by reflection."""
    url = f"http://{service.address}/profile_service.v1.{method}"
    header = f"authorization: Bearer {token}"
    command = [
        str(BUF),
        "curl",
        "--protocol",
        "grpc",
        "--http2-prior-knowledge",
        "-H",
        header,
        "-d",
        json.dumps(body),
        url,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "HOME": "/tmp"})


def test_buf_curl_calls_by_reflection(service: LocalService) -> None:
    """A call that succeeds, and an error with its reason."""
    body: dict[str, object] = {
        "sourceKey": {"source": "desk", "id": uuid.uuid4().hex},
        "channel": "voice",
        "occurTime": "2026-01-05T10:00:00Z",
    }
    done = buf_curl(service, "ContactService/StartContact", body, service.tokens["service"])
    assert json.loads(done.stdout)["outcome"] == "OUTCOME_CREATED", done.stderr
    refused = buf_curl(service, "ContactService/StartContact", body, "wrong")
    assert "unauthenticated" in refused.stderr
    assert "google.rpc.ErrorInfo" in refused.stderr


def test_health_needs_no_credential(service: LocalService) -> None:
    """Per service and for all."""
    with grpc.insecure_channel(service.address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its stub file knows no methods
        for name in ("", "profile_service.v1.ContactService"):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_asynchronous_client_falls_back_and_records_late(desk: Desk) -> None:
    """No answer in time: an unknown customer now, the contact recorded in the background."""
    request = desk.start_request("late-async", "app", verified("account", "late"))
    async with AsyncProfileClient(desk.target, start_deadline_s=0.0001) as client:
        assert isinstance(await client.start_contact(request), UnknownCustomer)
    assert desk.context("late-async").profile


def test_the_client_falls_back_and_records_late(desk: Desk) -> None:
    """The same from threads; with time enough it answers."""
    request = desk.start_request("late-sync", "app", verified("account", "late2"))
    with ProfileClient(desk.target, start_deadline_s=0.0001) as client:
        assert isinstance(client.start_contact(request), UnknownCustomer)
    assert desk.context("late-sync").profile
    with ProfileClient(desk.target, start_deadline_s=20) as client:
        assert not isinstance(client.start_contact(request), UnknownCustomer)


async def test_upkeep_closes_idle_conversations_and_ends_cookie_profiles(watched: Watched) -> None:
    """A month without a word, and a visitor who is nothing but a cookie."""
    long_ago = stamp(time.time() - 40 * DAY_S)
    async with AsyncProfileClient(watched.target) as client:

        async def start(key: str, occur_time: Timestamp | None = None) -> StartContactResponse:
            request = StartContactRequest(
                source_key=SourceKey(source="t", id=key),
                channel="web",
                identifiers=[observed("cookie", "c-1")],
                audience=Audience.AUDIENCE_AGENT,
                occur_time=occur_time,
            )
            return await client.call(request, deadline_s=20)

        first = await start("c1", occur_time=long_ago)
        closed, ended = await sweep(watched.service.runtime, "watched")
        assert closed >= 1 and ended >= 1
        context = (
            await client.call(GetContextRequest(contact=ref(first.contact), audience=Audience.AUDIENCE_AGENT))
        ).context
        assert context.conversation.state == Conversation.STATE_CLOSED
        second = await start("c2")
        assert second.profile != first.profile


async def test_upkeep_forgets_what_came_of_old_imports(watched: Watched) -> None:
    """Counts and reasons are kept for a month; those of an import that is not over are kept longer."""
    runtime, now = watched.service.runtime, int(time.time() * 1e6)
    kept: list[dict[str, int]] = []
    for state, days in ((ImportState.DONE, 40), (ImportState.DONE, 20), (ImportState.STAGED, 40)):
        name, began = str(uuid.uuid4()), now - int(days * DAY_S * 1e6)
        imports, _ = await open_import(runtime.database, "watched", os.urandom(32), name, began)
        await imports.stage([], {0: "no id"})
        await imports.move(state)
        await sweep(runtime, "watched")
        kept.append({**await imports.counts(), "reasons": len([page async for page in imports.rejects()])})
    expected = {"read": 1, "rejected": 1, "reasons": 1}
    assert kept == [{"reasons": 0}, expected, expected]


def test_a_service_starts_again_on_its_data(tmp_path: Path) -> None:
    """Several starts reuse the data directory and its keys; a clean stop is clean."""
    home = Path(f"/tmp/profile-again-{uuid.uuid4().hex[:8]}")
    request = StartContactRequest(
        source_key=SourceKey(source="t", id="1"), channel="app", identifiers=[verified("account", "again")]
    )
    names: list[str] = []
    try:
        for round_number in range(2):
            with local_service(home=home, tenants=(f"round{round_number}", "kept")) as service:
                with ProfileClient(Target(address=service.address, token=service.tokens["kept/service"])) as client:
                    names.append(client.call(request, deadline_s=20).profile)
                assert (home / "keys.json").stat().st_mode & 0o777 == 0o600
            assert not (home / "postgres" / "postmaster.pid").exists()
            assert "error" not in (home / "service.log").read_text().lower()
        assert names[0] == names[1]
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=True)


def test_a_drained_server_answers_what_is_under_way() -> None:
    """SIGTERM while calls are under way: each is answered, or ends as one that may be sent again; none hangs."""
    with local_service(settings={"PROFILE_GRPC__DRAIN_S": "20"}) as service:
        desk = Desk(service.target(), "demo")
        method = "/profile_service.v1.ContactService/StartContact"
        with grpc.insecure_channel(service.address) as channel:
            call = channel.unary_unary(method)
            requests = [
                desk.start_request("", "app", verified("account", f"d{n}")).SerializeToString() for n in range(40)
            ]
            futures = [call.future(request, timeout=20, metadata=desk.target.metadata()) for request in requests]
            futures[0].result()
            os.kill(service.processes[0], 15)
            codes = {future.code() for future in futures}
        desk.client.close()
    assert codes <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    assert grpc.StatusCode.OK in codes


def test_unknown_settings_fail_the_start() -> None:
    """Top-level and nested; plain text off loopback; half a TLS pair."""
    for environment in (
        {"PROFILE_TYPO": "1"},
        {"PROFILE_GRPC__TYPO": "1"},
        {"PROFILE_GRPC__ADDRESS": "0.0.0.0:1"},
        {"PROFILE_GRPC__TLS_KEY": "/x"},
    ):
        with pytest.raises(ConfigError):
            load_settings(environment)
    done = subprocess.run(
        [sys.executable, "-m", "profile_service", "serve"],
        env={**os.environ, "PROFILE_TYPO": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "PROFILE_TYPO is not a setting" in done.stderr


def test_keys_are_guarded(tmp_path: Path) -> None:
    """A key file that others can read is refused; a value that was moved to another row does not open."""
    path = tmp_path / "keys.json"
    create_key_file(path)
    keyring = load_keyring(path)
    sealed = keyring.seal("t", "node/value/1", b"x")
    assert keyring.open("t", "node/value/1", sealed) == b"x"
    for tenant, place in (("t", "node/value/2"), ("other", "node/value/1")):
        with pytest.raises(SealBroken):
            keyring.open(tenant, place, sealed)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_keyring(path)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "profile-service")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(1))
    signed = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(signed.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return chain, secret


def test_tls_is_served_where_a_certificate_is_configured(tmp_path: Path) -> None:
    """A client that trusts the certificate is served; plain text is not."""
    chain, secret = certificate(tmp_path)
    settings = {"PROFILE_GRPC__TLS_CERTIFICATE": str(chain), "PROFILE_GRPC__TLS_KEY": str(secret)}
    with local_service(settings=settings) as running:
        trusting = replace(running.target(), root_certificates=chain.read_bytes())
        assert Desk(trusting, "demo").start("app", verified("account", "tls")).profile
        with pytest.raises(ProfileError):
            ProfileClient(running.target()).call(GetProfileRequest(name="profiles/x"), deadline_s=2)


def test_a_client_is_run_beside_a_service_of_its_own() -> None:
    """It is told where the service is, and its exit code is ours; alone, an example says what is missing."""
    asking = (
        "import os, sys; from profile_client import ProfileClient, Target; from profile_service.v1 import *;"
        "client = ProfileClient(Target(address=os.environ['SERVICE_ADDRESS'], token=os.environ['SERVICE_TOKEN']));"
        "key = SourceKey(source='t', id='1');"
        "sys.exit(7 if client.call(StartContactRequest(source_key=key, channel='app')).contact else 1)"
    )
    command = [sys.executable, "-m", "profile_service.play", sys.executable, "-c", asking]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 7
    alone = subprocess.run(
        [sys.executable, "clients/examples/journeys.py"], check=False, capture_output=True, text=True
    )
    assert alone.returncode == 1
    assert "make run" in alone.stderr


@pytest.mark.parametrize("width", [80, 98, 160])
def test_the_journeys_hold_at_any_width(width: int) -> None:
    """No line is longer; the box of the README is the one that is printed where nobody says how wide it is."""
    command = [sys.executable, "-m", "profile_service.play", sys.executable, "clients/examples/journeys.py"]
    environment = {**os.environ, "COLUMNS": str(width)}
    run = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stdout
    printed = run.stdout[: run.stdout.index("Go on from here")]
    assert max(map(len, printed.splitlines()[1:])) <= width
    box = re.search(r"(?:    [╭│╰].*\n)+", Path("README.md").read_text())
    assert box is not None
    lines = [re.sub(r"\d\d \w+ \d\d:\d\d", "TIME", line[4:]) for line in box[0].splitlines()]
    there = re.sub(r"\d\d \w+ \d\d:\d\d", "TIME", printed)
    assert width != 98 or "\n".join(lines) in there


def test_a_program_that_is_terminated_stops_the_service_that_it_started() -> None:
    """SIGTERM, as systems send it: neither the service nor its database stays behind."""
    waiting = "import os, time; print(os.environ['SERVICE_ADDRESS'], flush=True); time.sleep(60)"
    command = [sys.executable, "-m", "profile_service.play", sys.executable, "-c", waiting]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        host, port = next(line for line in running.stdout if line.startswith("127.")).strip().split(":")
        socket.create_connection((host, int(port)), 5).close()
        running.terminate()
        assert running.wait(30) == 128 + signal.SIGTERM
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), 5)


@pytest.mark.parametrize(("limit", "cache"), [("1073741824", 128), ("8589934592", 512), ("max", None)])
def test_the_embedded_database_leaves_memory_to_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: str, cache: int | None
) -> None:
    """A sixteenth of what the container may have, within bounds; without a limit, of what the machine has."""
    (tmp_path / "memory.max").write_text(limit + "\n")
    monkeypatch.setattr(cluster, "CGROUP_LIMIT", tmp_path / "memory.max")
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 16 << 18}[name])
    assert embedded.cache_mb() == (cache or 1024)
