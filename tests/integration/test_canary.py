"""No personal value in a log line, span, metric, error message, or plain column of the database."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
import pytest_asyncio
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from profile_client import AsyncProfileClient, ProfileError, Target

from profile_service.config import Settings, TelemetrySettings
from profile_service.play.local import make_credentials
from profile_service.rpc.credentials import load_credentials
from profile_service.server import build, lay_foundation
from profile_service.store import embedded
from profile_service.telemetry import Log, Telemetry
from profile_service.v1 import (
    AddEvidenceRequest,
    Fact,
    Interaction,
    Promise,
    RecordInteractionRequest,
    ResolveProfileRequest,
    SourceKey,
    SourceRecord,
    StartContactRequest,
)
from tests.integration.desk import claimed, one, ref, verified

RUN = uuid.uuid4().hex[:8]
CANARIES = [
    f"{word}{RUN}" for word in ("mailcanary", "namecanary", "wordcanary", "factcanary", "keycanary", "badcanary")
]
MAIL, NAME, WORDS, FACT, KEY, BAD = CANARIES


class Watched:
    """A service in this process, with everything that it reports in memory."""

    def __init__(self, home: Path) -> None:
        self.log, self.spans, self.metrics = io.StringIO(), InMemorySpanExporter(), InMemoryMetricReader()
        home.chmod(0o711)
        tokens = make_credentials(home / "credentials.toml", ("watched",))
        settings = Settings.model_validate({"database": {"data_dir": str(home)}, "grpc": {"address": "127.0.0.1:0"}})
        self.foundation = lay_foundation(settings)
        telemetry = Telemetry(
            TelemetrySettings(sample_ratio=1.0),
            log=Log(self.log),
            readers=(self.metrics,),
            processors=(SimpleSpanProcessor(self.spans),),
        )
        self.service = build(settings, self.foundation, load_credentials(settings.credentials), telemetry)
        self.target = Target(address=f"127.0.0.1:{self.service.port}", token=tokens["service"])

    def reports(self) -> str:
        """Everything as text."""
        data = self.metrics.get_metrics_data()
        spans = "\n".join(span.to_json() for span in self.spans.get_finished_spans())
        return "\n".join([self.log.getvalue(), spans, data.to_json() if data else ""])


@pytest_asyncio.fixture(loop_scope="session")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    """Started and stopped."""
    import shutil
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="profile-canary-"))
    held = Watched(home)
    await held.service.start()
    yield held
    await held.service.stop()
    embedded.stop(home)
    shutil.rmtree(home, ignore_errors=True)


async def calls(client: AsyncProfileClient, errors: list[str]) -> None:
    """Calls that succeed and calls that fail, each full of personal values."""

    async def attempt(request: Any) -> Any:
        try:
            return await client.call(request, deadline_s=20)
        except ProfileError as error:
            errors.append(f"{error} {error.metadata}")
            return None

    record = SourceRecord(source_key=SourceKey(source="crm", id=KEY), attributes={"name": NAME})
    await attempt(ResolveProfileRequest(identifiers=[verified("email", f"{MAIL}@example.org")], source_record=record))
    start = StartContactRequest(
        source_key=SourceKey(source="test", id=KEY),
        channel="app",
        identifiers=[verified("email", f"{MAIL}@example.org")],
        audience=1,
    )
    contact = (await attempt(start)).contact
    fact, promise = Fact(key="k", value=FACT), Promise(key="p", what=FACT)
    words = Interaction(
        source_key=SourceKey(source="test", id=KEY), kind=1, text=WORDS, facts=[fact], promises=[promise]
    )
    words.occur_time.GetCurrentTime()
    await attempt(RecordInteractionRequest(contact=ref(contact), interaction=words))
    words.text += " changed"
    await attempt(RecordInteractionRequest(contact=ref(contact), interaction=words))
    await attempt(AddEvidenceRequest(contact=ref(BAD), identifiers=[claimed("email", BAD)]))
    await attempt(
        AddEvidenceRequest(contact=ref(contact), identifiers=[one("email", BAD, "STATED", role="UNSPECIFIED")])
    )
    start.brand = BAD
    await attempt(start)
    await attempt(
        StartContactRequest(
            source_key=SourceKey(source="test", id=BAD), channel="app", identifiers=[claimed("phone", BAD)]
        )
    )


async def test_no_personal_value_leaves_the_sealed_columns(watched: Watched) -> None:
    """Logs, spans, metrics and error messages; then every column of every table, and PostgreSQL's own log."""
    errors: list[str] = []
    async with AsyncProfileClient(watched.target) as client:
        await calls(client, errors)
    assert len(errors) >= 3
    everything = watched.reports() + "\n".join(errors)
    assert "rpc.server.call.duration" in everything
    assert "StartContact" in everything
    await watched.service.runtime.audit.flush()
    with psycopg.connect(watched.foundation.url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (name,) in tables.fetchall():
            rows = connection.execute(f'SELECT to_jsonb(t)::text FROM "{name}" AS t').fetchall()  # pyright: ignore[reportArgumentType]
            everything += "\n".join(text for (text,) in rows)
    for canary in CANARIES:
        assert canary not in everything, canary
        assert canary.encode().hex() not in everything, canary


async def test_an_unexpected_exception_tells_nobody_its_text(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """INTERNAL with a fixed text and a request id; the log has type and place."""

    async def broken(*_: object, **__: object) -> None:
        raise ValueError(f"duplicate key value: {MAIL}@example.org")

    monkeypatch.setattr("profile_service.rpc.contact_servicer.start_contact", broken)
    async with AsyncProfileClient(watched.target) as client:
        with pytest.raises(ProfileError) as caught:
            await client.call(StartContactRequest(source_key=SourceKey(source="t", id="x"), channel="app"))
    assert caught.value.code is grpc.StatusCode.INTERNAL
    assert caught.value.reason == "INTERNAL_ERROR"
    assert MAIL not in f"{caught.value} {caught.value.metadata} {watched.reports()}"
    line = json.loads(watched.log.getvalue().splitlines()[-1])
    assert (line["event"], line["type"]) == ("internal_error", "ValueError")
    assert line["request_id"] == caught.value.metadata["request_id"]
