"""No personal value in a log line, span, metric, error message, or plain column of the database.

The fixture `service` checks the same for all values of the whole run, when it ends.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

import grpc
import pytest
from profile_client import AsyncProfileClient, ProfileError

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
from tests.integration.watched import Watched
from tests.integration.whole_run import dump

RUN = uuid.uuid4().hex[:8]
CANARIES = [
    f"{word}{RUN}" for word in ("mailcanary", "namecanary", "wordcanary", "factcanary", "keycanary", "badcanary")
]
MAIL, NAME, WORDS, FACT, KEY, BAD = CANARIES


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
    everything += dump(watched.owner_url)
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
