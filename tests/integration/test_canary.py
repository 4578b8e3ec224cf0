"""No personal value in a log line, span, metric, error message, or plain column of the database.

The fixture `service` checks the same for all values of the whole run, when it ends.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import grpc
import msgspec
import psycopg
import pytest
from profile_client import AsyncProfileClient, ProfileError

from profile_service.store.embedded.place import place_of
from profile_service.store.keyring import Keyring
from profile_service.v1 import (
    AddEvidenceRequest,
    Audience,
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


async def calls(client: AsyncProfileClient, errors: list[str], key: str = KEY) -> None:
    """Calls that succeed and calls that fail, each full of personal values."""

    async def attempt(request: Any) -> Any:
        try:
            return await client.call(request, deadline_s=20)
        except ProfileError as error:
            errors.append(f"{error} {error.metadata}")
            return None

    record = SourceRecord(source_key=SourceKey(source="crm", id=key), attributes={"name": NAME})
    await attempt(ResolveProfileRequest(identifiers=[verified("email", f"{MAIL}@example.org")], source_record=record))
    start = StartContactRequest(
        source_key=SourceKey(source="test", id=key),
        channel="app",
        identifiers=[verified("email", f"{MAIL}@example.org")],
        audience=Audience.AUDIENCE_AGENT,
    )
    contact = (await attempt(start)).contact
    fact, promise = Fact(key="k", value=FACT), Promise(key="p", what=FACT)
    words = Interaction(
        source_key=SourceKey(source="test", id=key),
        kind=Interaction.KIND_MESSAGE,
        text=WORDS,
        facts=[fact],
        promises=[promise],
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
            source_key=SourceKey(source="test", id=f"{BAD}{key}"), channel="app", identifiers=[claimed("phone", BAD)]
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

    monkeypatch.setattr("profile_service.rpc.services.contact.start_contact", broken)
    async with AsyncProfileClient(watched.target) as client:
        with pytest.raises(ProfileError) as caught:
            await client.call(StartContactRequest(source_key=SourceKey(source="t", id="x"), channel="app"))
    assert caught.value.code is grpc.StatusCode.INTERNAL
    assert caught.value.reason == "INTERNAL_ERROR"
    assert MAIL not in f"{caught.value} {caught.value.metadata} {watched.reports()}"
    line = json.loads(watched.log.getvalue().splitlines()[-1])
    assert (line["event"], line["type"]) == ("internal_error", "ValueError")
    assert line["request_id"] == caught.value.metadata["request_id"]


async def test_no_stored_digest_can_be_guessed_back(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of everything that is hashed, the database's files hold the keyed hash and no plain one; nor a plain hash of a
    canary by itself."""
    hashed: dict[bytes, bytes] = {}
    keyed_fields, keyed_parts = Keyring.digest_fields, Keyring.digests

    def note_fields(keyring: Keyring, tenant: str, purpose: str, fields: Sequence[object]) -> bytes:
        digest = keyed_fields(keyring, tenant, purpose, fields)
        hashed[digest] = msgspec.json.encode(fields, order="sorted")
        return digest

    def note_parts(keyring: Keyring, tenant: str, purpose: str, values: Iterable[Sequence[str]]) -> list[bytes]:
        listed = list(values)
        digests = keyed_parts(keyring, tenant, purpose, listed)
        hashed.update(zip(digests, ("\x00".join(parts).encode() for parts in listed), strict=True))
        return digests

    monkeypatch.setattr(Keyring, "digest_fields", note_fields)
    monkeypatch.setattr(Keyring, "digests", note_parts)
    async with AsyncProfileClient(watched.target) as client:
        await calls(client, [], key=f"{KEY}again")
    with psycopg.connect(watched.owner_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    data = place_of(watched.home).data
    stored = b"".join(
        path.read_bytes()
        for folder in ("base", "pg_wal")
        for path in sorted((data / folder).rglob("*"))
        if path.is_file()
    )
    found = [digest for digest in hashed if digest in stored]
    assert len(found) > 5, "the keyed hashes are there, so this test looks in the right place"
    plain = {text for text in hashed.values()} | {text.encode() for text in CANARIES} | {f"{MAIL}@example.org".encode()}
    for make in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        for text in plain:
            digest = make(text)
            assert digest.digest() not in stored
            assert digest.hexdigest().encode() not in stored
