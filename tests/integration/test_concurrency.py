"""Many calls at once, against two server processes: the locks, the re-check and the keys."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import grpc
import psycopg
import pytest
from profile_client import AsyncProfileClient, ProfileError, Target

from profile_service import v1
from profile_service.v1 import GetContextRequest, Initiation, Outcome, StartContactRequest
from tests.integration.desk import Desk, ref, verified

CLIENTS = 8


async def at_once(target: Target, requests: Sequence[Any]) -> list[Any]:
    """Send all requests at once, over several connections, so that both processes serve them."""
    clients = [AsyncProfileClient(target) for _ in range(CLIENTS)]
    try:
        calls = [clients[n % CLIENTS].call(request, deadline_s=60) for n, request in enumerate(requests)]
        return list(await asyncio.gather(*calls))
    finally:
        await asyncio.gather(*(client.close() for client in clients))


def owners(sql: psycopg.Connection, tenant: str) -> set[str]:
    """The profiles that own a node, and whether each is live."""
    rows = sql.execute(
        "SELECT DISTINCT n.profile_id::text, p.state FROM node AS n"
        " LEFT JOIN profile AS p ON p.tenant_id = n.tenant_id AND p.profile_id = n.profile_id"
        " WHERE n.tenant_id = %s",
        (tenant,),
    ).fetchall()
    assert all(state == "live" for _, state in rows), rows
    return {name for name, _ in rows}


def starts(desk: Desk, pairs: Sequence[tuple[str, str]]) -> list[StartContactRequest]:
    """One contact per pair of devices, each bound by a login."""
    return [desk.start_request("", "app", *(verified("device", name) for name in pair)) for pair in pairs]


async def test_i2_100_overlapping_contacts_end_as_one_profile(
    desk: Desk, target: Callable[[str], Target], sql: psycopg.Connection
) -> None:
    """Contact i brings device i and i+1: whatever the interleaving, there is one customer at the end."""
    run = uuid.uuid4().hex
    pairs = [(f"{run}-{number}", f"{run}-{number + 1}") for number in range(100)]
    answers = await at_once(target("service"), starts(desk, pairs))
    assert len(owners(sql, desk.tenant)) == 1
    places = await at_once(target("service"), [GetContextRequest(contact=ref(answer.contact)) for answer in answers])
    assert len({place.profile for place in places}) == 1


async def test_i2_merges_of_known_customers_at_once_end_as_one_profile(
    desk: Desk, target: Callable[[str], Target], sql: psycopg.Connection
) -> None:
    """Rounds of 40 known customers whom 39 contacts join pair by pair, all at once: none is lost on the way."""
    for _ in range(4):
        run = uuid.uuid4().hex
        names = [f"{run}-{number}" for number in range(40)]
        await at_once(target("service"), starts(desk, [(name, name) for name in names]))
        await at_once(target("service"), starts(desk, list(itertools.pairwise(names))))
        found = await at_once(target("service"), starts(desk, [(name, name) for name in names]))
        assert len({profile.profile for profile in found}) == 1
    assert len(owners(sql, desk.tenant)) == 4


async def test_i2_100_contacts_with_the_same_new_identifiers_create_one_profile(
    desk: Desk, target: Callable[[str], Target], sql: psycopg.Connection
) -> None:
    """One creates, the others find."""
    run = uuid.uuid4().hex
    answers = await at_once(target("service"), starts(desk, [(f"{run}-a", f"{run}-b")] * 100))
    assert len({answer.profile for answer in answers}) == 1
    assert [answer.outcome for answer in answers].count(Outcome.OUTCOME_CREATED) == 1
    assert len(owners(sql, desk.tenant)) == 1


async def test_i8_the_same_key_sent_many_times_at_once_is_one_contact(
    desk: Desk, target: Callable[[str], Target], sql: psycopg.Connection
) -> None:
    """The key commits with the effect: one contact, one conversation, and the others are replays. Ten keys, ten times
    each, all mixed: the copies of a key are decided on before any of them is written."""
    requests = [desk.start_request(f"key {number}", "voice") for number in range(10)]
    answers = await at_once(target("service"), requests * 10)
    assert len({answer.contact for answer in answers}) == 10
    assert sum(not answer.replayed for answer in answers) == 10
    counts = sql.execute(
        "SELECT (SELECT count(*) FROM contact WHERE tenant_id = %(t)s),"
        " (SELECT count(*) FROM conversation WHERE tenant_id = %(t)s)",
        {"t": desk.tenant},
    ).fetchone()
    assert counts == (10, 10)


async def test_i7_the_same_interaction_sent_at_once_is_recorded_once(
    desk: Desk, target: Callable[[str], Target]
) -> None:
    """50 deliveries of one event through both processes."""
    from profile_service.v1 import Interaction, RecordInteractionRequest, SourceKey

    chat = desk.start("webchat", verified("account", uuid.uuid4().hex))
    request = RecordInteractionRequest(
        contact=ref(chat.contact),
        interaction=Interaction(
            source_key=SourceKey(source="test", id="x"),
            kind=Interaction.KIND_MESSAGE,
            occur_time=desk.tick(),
            text="once",
        ),
    )
    answers = await at_once(target("service"), [request] * 50)
    assert len({answer.interaction for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert desk.timeline(chat.profile) == ["once"]


async def test_t0_words_and_the_start_of_their_contact_at_once_make_one_contact(
    desk: Desk, target: Callable[[str], Target], sql: psycopg.Connection
) -> None:
    """Whichever comes first makes the contact known, also where the start is of a leg, which inherits."""
    names = [f"{uuid.uuid4().hex}-{number}" for number in range(60)]
    calls = await at_once(target("service"), starts(desk, [(name, name) for name in names]))
    transfer = Initiation.INITIATION_TRANSFER
    begun = [
        desk.start_request("", "webchat", previous_contacts=[ref(call.contact)], initiation=transfer) for call in calls
    ]
    words = [
        v1.RecordInteractionRequest(
            contact=v1.ContactReference(source_key=start.source_key),
            interaction=v1.Interaction(
                source_key=v1.SourceKey(source="test", id=uuid.uuid4().hex),
                kind=v1.Interaction.KIND_MESSAGE,
                occur_time=desk.tick(),
                text="hello",
            ),
        )
        for start in begun
    ]
    answers = await at_once(target("service"), [request for pair in zip(begun, words, strict=True) for request in pair])
    counted = sql.execute("SELECT count(*) FROM contact WHERE tenant_id = %s", (desk.tenant,)).fetchone()
    assert counted == (120,)
    assert {tuple(desk.timeline(start.profile)) for start in answers[::2]} == {("hello",)}


def _other_contents(desk: Desk, kind: str) -> list[Any]:
    """Eight requests under one key, each with another content."""
    run, request_id, now = uuid.uuid4().hex, str(uuid.uuid4()), desk.tick()
    words = [f"{run} {number}" for number in range(CLIENTS)]
    if kind == "StartContact":
        return [desk.start_request(run, "voice", business_endpoint=text, occur_time=now) for text in words]
    chat = desk.start("app", verified("account", run))
    crm = desk.crm(run, verified("account", run), given_name="Ann", family_name=run)
    interactions = [
        v1.Interaction(
            source_key=v1.SourceKey(source="test", id=run), kind=v1.Interaction.KIND_NOTE, occur_time=now, text=text
        )
        for text in words
    ]
    identifiers = [verified("account", f"{run}-{number}") for number in range(CLIENTS)]
    common: dict[str, Any] = {"request_id": request_id, "occur_time": now}
    if kind == "RecordInteraction with facts":
        for interaction in interactions:
            interaction.facts.add(key="k", value="v")
    made: dict[str, Callable[[int], Any]] = {
        "EndContact": lambda n: v1.EndContactRequest(contact=ref(chat.contact), occur_time=now, summary=words[n]),
        "RecordInteraction": lambda n: v1.RecordInteractionRequest(
            contact=ref(chat.contact), interaction=interactions[n]
        ),
        "AddEvidence": lambda n: v1.AddEvidenceRequest(
            contact=ref(chat.contact), identifiers=[identifiers[n]], **common
        ),
        "CheckAnswers": lambda n: v1.CheckAnswersRequest(
            contact=ref(chat.contact), answers={"birth_date": f"1980-01-0{n + 1}"}, **common
        ),
        "CorrectContact": lambda n: v1.CorrectContactRequest(contact=ref(chat.contact), reason=words[n], **common),
        "ResolveProfile": lambda n: v1.ResolveProfileRequest(identifiers=[identifiers[n]], **common),
        "UpdateProfile": lambda n: v1.UpdateProfileRequest(
            profile=v1.Profile(name=crm.profile, pins={"name": words[n]}), **common
        ),
        "RecordConsent": lambda n: v1.RecordConsentRequest(
            profile=crm.profile,
            consent=v1.Consent(purpose=f"p{n}", state=v1.Consent.STATE_GRANTED, occur_time=now),
            request_id=request_id,
        ),
        "ReleaseIdentifier": lambda n: v1.ReleaseIdentifierRequest(identifier=identifiers[n], **common),
        "ReplaceIdentifier": lambda n: v1.ReplaceIdentifierRequest(
            old_identifier=verified("account", run), new_identifier=identifiers[n], **common
        ),
    }
    return [made[kind.removesuffix(" with facts") if kind not in made else kind](number) for number in range(CLIENTS)]


KEYED = (
    "StartContact",
    "EndContact",
    "RecordInteraction",
    "RecordInteraction with facts",
    "AddEvidence",
    "CheckAnswers",
    "CorrectContact",
    "ResolveProfile",
    "UpdateProfile",
    "RecordConsent",
    "ReleaseIdentifier",
    "ReplaceIdentifier",
)


@pytest.mark.parametrize("kind", KEYED)
async def test_i8_of_eight_contents_under_one_key_one_wins(
    desk: Desk, target: Callable[[str], Target], kind: str
) -> None:
    """One is taken, the others are ALREADY_EXISTS: in every round."""
    clients = [AsyncProfileClient(target("service")) for _ in range(CLIENTS)]
    try:
        for _ in range(8):
            requests = await asyncio.to_thread(_other_contents, desk, kind)
            calls = (client.call(request, deadline_s=60) for client, request in zip(clients, requests, strict=True))
            answers = await asyncio.gather(*calls, return_exceptions=True)
            failed = [answer for answer in answers if isinstance(answer, BaseException)]
            assert len(failed) == CLIENTS - 1, failed
            assert all(
                isinstance(error, ProfileError) and error.code is grpc.StatusCode.ALREADY_EXISTS for error in failed
            )
    finally:
        await asyncio.gather(*(client.close() for client in clients))
