"""Invariants of the design against the running service: I2, I4, I7, I8, I13-I16, I18."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import msgspec
import psycopg
import pytest
from profile_client import ProfileClient, ProfileError, Target
from psycopg.rows import dict_row

from profile_service.play.local import LocalService
from profile_service.store.audit import AuditLog, ChainedEntry, Entry, Head, read_chain, verify_chain
from profile_service.store.keyring import load_keyring
from profile_service.v1 import (
    AddEvidenceRequest,
    BatchRecordInteractionsRequest,
    Consent,
    ContactServiceStub,
    Disclosure,
    GetProfileRequest,
    IdentifierResult,
    Interaction,
    ListInteractionsRequest,
    ListReviewsRequest,
    LookupProfileRequest,
    Outcome,
    Profile,
    RecordConsentRequest,
    RecordInteractionRequest,
    ReplaceIdentifierRequest,
    Review,
    SourceKey,
    UpdateProfileRequest,
)
from tests.integration.desk import AGENT, AUTOMATED, Desk, claimed, observed, one, ref, stamp, verified
from tests.integration.watched import Watched


def consents(desk: Desk, profile: str) -> dict[str, int]:
    """Purpose to state."""
    return {consent.purpose: consent.state for consent in desk.profile(profile).consents}


def say(desk: Desk, profile: str, *, granted: bool) -> None:
    """Record a marketing consent."""
    state = Consent.STATE_GRANTED if granted else Consent.STATE_WITHDRAWN
    consent = Consent(purpose="marketing", state=state, occur_time=desk.tick())
    desk.call(RecordConsentRequest(profile=profile, consent=consent))


def test_i4_a_merge_conserves_and_old_ids_resolve(desk: Desk) -> None:
    """Identifiers, interactions and conversations of both sides are there; the older id lives."""
    mail = desk.start("email", verified("email", "lena@example.org"))
    call = desk.start("voice", verified("phone", "+33644556690"))
    desk.record(mail.contact, "by mail")
    desk.record(call.contact, "by phone")
    assert mail.profile != call.profile
    app = desk.start("app", verified("email", "lena@example.org"), verified("phone", "+33644556690"))
    assert (app.outcome, app.profile) == (Outcome.OUTCOME_MERGED, mail.profile)
    assert desk.timeline(app.profile) == ["by mail", "by phone"]
    old = desk.profile(call.profile)
    assert (old.state, old.name, old.requested_name) == (Profile.STATE_REDIRECTED, mail.profile, call.profile)
    assert {point.namespace for point in old.contact_points} == {"email", "phone"}
    again = desk.start("app", verified("email", "lena@example.org"), verified("phone", "+33644556690"))
    assert (again.outcome, again.profile) == (Outcome.OUTCOME_MATCHED, mail.profile)


def test_i7_each_interaction_is_in_one_timeline_once(desk: Desk) -> None:
    """A replay changes nothing, a higher revision supersedes, the same with other content is refused; the key tells."""
    chat = desk.start("webchat", verified("account", "moe"))
    same = {"occur_time": desk.tick(), "event": "e1"}
    first = desk.record(chat.contact, "one", **same)
    assert desk.record(chat.contact, "one", **same).replayed
    with pytest.raises(ProfileError, match="REVISION_CONFLICT"):
        desk.record(chat.contact, "two", **same)
    assert desk.timeline(chat.profile) == ["one"]
    higher = desk.record(chat.contact, "two", **same, source_revision=5)
    assert higher.interaction == first.interaction
    assert desk.record(chat.contact, "older", **same, source_revision=3).replayed
    assert desk.timeline(chat.profile) == ["two"]
    for event in ("e2", "e3"):  # a customer who says the same twice at once has said it twice
        desk.record(chat.contact, "again", occur_time=same["occur_time"], event=event)
    assert sorted(desk.timeline(chat.profile)) == ["again", "again", "two"]


def test_i8_one_key_one_effect(desk: Desk) -> None:
    """StartContact and AddEvidence replay; another payload under the key is refused and changes nothing."""
    request = desk.start_request("k1", "app", verified("account", "nia"))
    first, second = desk.call(request), desk.call(request)
    assert second.replayed
    assert (first.contact, first.outcome, first.profile) == (second.contact, second.outcome, second.profile)
    other = desk.start_request("k1", "app", verified("account", "somebody"))
    with pytest.raises(ProfileError, match="KEY_REUSED"):
        desk.call(other)
    key = str(uuid.uuid4())
    evidence = AddEvidenceRequest(
        contact=ref(first.contact),
        request_id=key,
        identifiers=[verified("email", "nia@example.org")],
        occur_time=desk.tick(),
    )
    assert desk.call(evidence).outcome == desk.call(evidence).outcome == Outcome.OUTCOME_LINKED
    evidence.identifiers[0].value = "other@example.org"
    with pytest.raises(ProfileError, match="KEY_REUSED"):
        desk.call(evidence)
    assert "other@example.org" not in str(desk.profile(first.profile))


def test_batches_are_index_aligned_and_each_item_stands_alone(desk: Desk) -> None:
    """A bad item fails by itself."""
    chat = desk.start("webchat", verified("account", "oli"))
    items = [
        RecordInteractionRequest(
            contact=ref(name),
            interaction=Interaction(
                source_key=SourceKey(source="test", id=event), kind=kind, occur_time=desk.tick(), text=text
            ),
        )
        for name, event, kind, text in [
            (chat.contact, "b1", Interaction.KIND_MESSAGE, "first"),
            (
                "conversations/00000000-0000-7000-8000-000000000000/contacts/00000000-0000-7000-8000-000000000000",
                "b2",
                Interaction.KIND_MESSAGE,
                "nowhere",
            ),
            (chat.contact, "b3", Interaction.KIND_MAIL, "third"),
        ]
    ]
    answer = desk.call(BatchRecordInteractionsRequest(requests=items))
    assert [item.WhichOneof("result") for item in answer.items] == ["response", "error", "response"]
    assert answer.items[1].error.reason == "CONTACT_NOT_FOUND"
    assert desk.timeline(chat.profile) == ["first", "third"]
    assert desk.timeline(chat.profile, kinds=[Interaction.KIND_MAIL]) == ["third"]


def test_i16_merged_consent_is_the_strictest(desk: Desk) -> None:
    """A STOP on one side binds both; a STOP by an identifier that nobody used yet binds its later profile."""
    mail = desk.start("email", verified("email", "pia@example.org"))
    call = desk.start("voice", verified("phone", "+33644556691"))
    say(desk, mail.profile, granted=True)
    say(desk, call.profile, granted=False)
    assert consents(desk, mail.profile) == {"marketing": Consent.STATE_GRANTED}
    merged = desk.start("app", verified("email", "pia@example.org"), verified("phone", "+33644556691"))
    assert consents(desk, merged.profile) == {"marketing": Consent.STATE_WITHDRAWN}
    stop = Consent(purpose="marketing", state=Consent.STATE_WITHDRAWN, occur_time=desk.tick())
    desk.call(RecordConsentRequest(identifier=claimed("phone", "+33644556692"), consent=stop))
    later = desk.start("voice", verified("phone", "+33644556692"))
    assert consents(desk, later.profile) == {"marketing": Consent.STATE_WITHDRAWN}


def test_r8_a_released_number_begins_anew_and_late_events_find_the_owner_of_their_day(desk: Desk) -> None:
    """The next owner gets nothing; an event of before the release still belongs to the old one."""
    old = desk.start("voice", verified("phone", "+33644556693"), verified("account", "rex"))
    before = desk.tick()
    desk.release(claimed("phone", "+33644556693"), old.contact)
    new = desk.start("voice", verified("phone", "+33644556693"))
    assert new.profile != old.profile
    assert new.outcome == Outcome.OUTCOME_CREATED
    late = desk.start("voice", verified("phone", "+33644556693"), occur_time=before)
    assert late.profile == old.profile


def test_replaced_identifiers_stay_with_their_customer(desk: Desk) -> None:
    """A WhatsApp user id that changed with the number: the new one finds the profile, the old one too."""
    old = one("whatsapp", "US.111", "SIGNED_WEBHOOK", scope="portfolio-1")
    new = one("whatsapp", "US.222", "SIGNED_WEBHOOK", scope="portfolio-1")
    first = desk.start("whatsapp", old)
    contact = ref(first.contact)
    request = ReplaceIdentifierRequest(old_identifier=old, new_identifier=new, occur_time=desk.tick(), contact=contact)
    replaced = desk.call(request)
    assert replaced.profile == first.profile
    assert desk.start("whatsapp", new).profile == first.profile
    assert desk.start("whatsapp", old).profile == first.profile
    with pytest.raises(ProfileError, match="IDENTIFIER_NOT_FOUND"):
        desk.call(
            ReplaceIdentifierRequest(
                old_identifier=one("whatsapp", "US.9", "SIGNED_WEBHOOK", scope="p"),
                new_identifier=new,
                occur_time=desk.tick(),
            )
        )


def test_lookups_have_no_effect_and_one_shape(desk: Desk) -> None:
    """For automated readers hit and miss are the same bytes; an agent gets candidates and a question."""
    desk.crm("1", verified("crm", "1"), verified("email", "sia@example.org"))
    hit = LookupProfileRequest(identifiers=[claimed("email", "sia@example.org")], audience=AUTOMATED)
    miss = LookupProfileRequest(identifiers=[claimed("email", "nobody@example.org")], audience=AUTOMATED)
    assert desk.call(hit).SerializeToString() == desk.call(miss).SerializeToString()
    hit.audience = AGENT
    answer = desk.call(hit)
    assert answer.disclosure == Disclosure.DISCLOSURE_VERIFY_FIRST
    assert len(answer.candidates) == 1
    later = desk.start("email", verified("email", "nobody@example.org"))
    assert later.identifier_results[0].result == IdentifierResult.RESULT_NEW


def test_updates_need_the_current_etag_and_a_known_mask(desk: Desk) -> None:
    """Pins win over sources; a stale etag is ABORTED, an unknown path INVALID_ARGUMENT."""
    made = desk.crm("1", verified("crm", "1"), name="Tess")
    before = desk.profile(made.profile)
    update = UpdateProfileRequest(
        profile=Profile(name=made.profile, etag=before.etag, pins={"name": "Theresa"}), occur_time=desk.tick()
    )
    update.profile.preferences.language = "de-AT"
    after = desk.call(update)
    assert {golden.attribute: golden.value for golden in after.golden_record} == {"name": "Theresa"}
    assert after.preferences.language == "de-AT"
    assert after.etag != before.etag
    stale = UpdateProfileRequest(profile=Profile(name=made.profile, etag=before.etag), occur_time=desk.tick())
    with pytest.raises(ProfileError, match="ETAG_STALE"):
        desk.call(stale)
    wrong = UpdateProfileRequest(profile=Profile(name=made.profile), occur_time=desk.tick())
    wrong.update_mask.paths.append("golden_record")
    with pytest.raises(ProfileError, match="FIELD_INVALID"):
        desk.call(wrong)


def test_reviews_are_listed(desk: Desk) -> None:
    """Several identifiers of one profile came with a new customer number."""
    phone, mail = verified("phone", "+33644556694"), verified("email", "uma@example.org")
    desk.crm("1", verified("crm", "1"), phone, mail)
    desk.crm("2", verified("crm", "2"), phone, mail)
    listed = desk.call(ListReviewsRequest())
    assert listed.total_size == 1
    assert listed.reviews[0].reason == Review.REASON_CHANGED_VALUE
    assert len(set(listed.reviews[0].profiles)) == 2


def test_pages_are_bound_to_their_query_and_tenant(desk: Desk) -> None:
    """Every interaction once, in order, over pages; a token of another query is refused."""
    chat = desk.start("webchat", verified("account", "val"))
    for number in range(7):
        desk.record(chat.contact, f"{number}")
    texts: list[str] = []
    request = ListInteractionsRequest(parent=chat.conversation, page_size=3)
    while True:
        page = desk.call(request)
        texts += [item.text for item in page.interactions]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert texts == [f"{number}" for number in range(7)]
    other = ListInteractionsRequest(parent=chat.conversation, newest_first=True, page_token=request.page_token)
    with pytest.raises(ProfileError, match="PAGE_TOKEN_INVALID"):
        desk.call(other)


def test_i14_tenants_cannot_see_each_other(
    desk: Desk, service: LocalService, free_tenants: object, sql: psycopg.Connection
) -> None:
    """Same identifiers, other tenant: nothing. Row-level security alone hides the rows, and so does WHERE alone."""
    mine = desk.start("app", verified("account", "wim"))
    stranger = ProfileClient(Target(address=service.address, token=service.tokens["service"]))
    other = Desk(stranger.target, "t000")
    assert other.start("app", verified("account", "wim")).outcome == Outcome.OUTCOME_CREATED
    for request in (GetProfileRequest(name=mine.profile), ListInteractionsRequest(parent=mine.conversation)):
        with pytest.raises(ProfileError, match="NOT_FOUND"):
            other.call(request)
    stranger.close()
    with sql.transaction():
        sql.execute("SET LOCAL ROLE profile_app")
        assert sql.execute("SELECT count(*) FROM node").fetchone() == (0,)
        sql.execute("SELECT set_config('profile.tenant', %s, true)", (desk.tenant,))
        assert sql.execute("SELECT count(DISTINCT tenant_id), min(tenant_id) FROM node").fetchone() == (1, desk.tenant)


def test_i14_the_tenant_comes_from_the_credential(desk: Desk) -> None:
    """Naming another tenant in the metadata changes nothing."""
    stub = ContactServiceStub(desk.target.channel())
    request = desk.start_request("", "app", verified("account", "wanda"))
    metadata = (*desk.target.metadata(), ("tenant", "t000"))
    made = stub.StartContact(request, metadata=metadata, timeout=20)
    assert desk.profile(made.profile).name == made.profile


def test_i13_every_change_and_read_is_audited_and_tampering_shows(
    desk: Desk, service: LocalService, sql: psycopg.Connection
) -> None:
    """One row per call, ids only, chained; an edit, a gap and a truncation are found."""
    import time

    call = desk.start("app", verified("account", "xena"))
    desk.record(call.contact, "secret words")
    desk.context(call.contact)
    query = "SELECT * FROM audit WHERE tenant_id = %s AND sequence IS NOT NULL ORDER BY sequence"
    deadline = time.monotonic() + 5
    entries: list[ChainedEntry] = []
    while len(entries) < 4 and time.monotonic() < deadline:
        time.sleep(0.2)
        rows = sql.cursor(row_factory=dict_row).execute(query, (desk.tenant,)).fetchall()
        entries = msgspec.convert(rows, list[ChainedEntry])
    heads = sql.cursor(row_factory=dict_row).execute("SELECT * FROM audit_head WHERE tenant_id = %s", (desk.tenant,))
    head = msgspec.convert(heads.fetchone(), Head)
    assert sorted((entry.kind, entry.method) for entry in entries) == [
        ("change", "RecordInteraction"),
        ("change", "StartContact"),
        ("read", "GetContext"),
        ("read", "StartContact"),
    ]
    assert "secret" not in str(entries)
    keyring = load_keyring(service.home / "keys.json")
    assert verify_chain(keyring, desk.tenant, entries, head) is None
    edited = msgspec.structs.replace(entries[1], caller="x")
    assert verify_chain(keyring, desk.tenant, [entries[0], edited, *entries[2:]], head) == "entry 2 was changed"
    assert verify_chain(keyring, desk.tenant, [entries[0], *entries[2:]], head) == "entry 2 is missing"
    assert verify_chain(keyring, desk.tenant, entries[:-1], head) == "entries after 3 are missing"


async def test_i13_a_read_whose_commit_was_answered_by_nobody_is_written_once(watched: Watched) -> None:
    """The writer tries again with what it holds, finds what is there already, and goes on."""
    audit, now = watched.service.runtime.audit, watched.service.runtime.clock
    old, new = (
        Entry(
            entry_id=str(uuid.uuid4()),
            caller="service",
            method="GetContext",
            policy="default@1",
            subject={},
            record_time_us=now(),
        )
        for _ in range(2)
    )
    audit.read("watched", old)
    await audit.flush()
    audit.read("watched", old)
    audit.read("watched", new)
    await audit.flush()
    entries, head = await read_chain(watched.service.runtime.database, "watched")
    ids = [entry.entry_id for entry in entries]
    assert [name for name in ids if name in (old.entry_id, new.entry_id)] == [old.entry_id, new.entry_id]
    assert verify_chain(watched.foundation.keyring, "watched", entries, head) is None


async def test_i13_a_writer_that_dies_leaves_one_gap_row(watched: Watched) -> None:
    """However soon it is started again, and though it had read nothing for a while; one that lives leaves none, and so
    does one that signed off."""
    audit, now = watched.service.runtime.audit, [watched.service.runtime.clock()]
    writers = {
        name: AuditLog(audit.database, audit.keyring, ["watched"], lambda: now[0], str(uuid.uuid4()))
        for name in ("dead", "stopped", "alive", "next")
    }
    for name in ("dead", "stopped", "alive"):
        await writers[name].start()
    await writers["stopped"].stop()
    await writers["next"].start()
    for _ in range(5):
        now[0] += 60_000_000
        await audit.watch("watched")  # the service's own, by its own clock
        for name in ("alive", "next"):
            await writers[name].watch("watched")
    await writers["next"].flush()
    for writer in writers.values():
        await writer.stop()
    entries, head = await read_chain(audit.database, "watched")
    gaps = [entry for entry in entries if entry.kind == "gap"]
    assert [gap.subject["writer"] for gap in gaps if gap.subject["writer"] != audit.writer_id] == [
        writers["dead"].writer_id
    ]
    assert verify_chain(watched.foundation.keyring, "watched", entries, head) is None


def test_i18_limits_are_typed_errors(desk: Desk) -> None:
    """Too many identifiers, too long a text, a time in the future, an unknown channel or namespace."""
    many = [observed("email", f"n{number}@example.org") for number in range(26)]
    with pytest.raises(ProfileError, match="FIELD_INVALID"):
        desk.start("app", *many)
    chat = desk.start("webchat")
    with pytest.raises(ProfileError, match="FIELD_INVALID"):
        desk.record(chat.contact, "x" * 65_537)
    with pytest.raises(ProfileError, match="TIME_IN_FUTURE"):
        desk.record(chat.contact, "x", occur_time=stamp(desk.now + 2 * 86_400))
    with pytest.raises(ProfileError, match="NOT_REGISTERED"):
        desk.start("smoke_signal")
    with pytest.raises(ProfileError, match="NOT_REGISTERED"):
        desk.start("app", observed("passport", "1"))


def test_credentials_and_roles(target: Callable[[str], Target], service: LocalService, desk: Desk) -> None:
    """No token, a wrong one, a role that may not, a source that is not covered."""
    wrong = Desk(Target(address=service.address, token="wrong"), "")
    with pytest.raises(ProfileError, match="CREDENTIAL_INVALID"):
        wrong.start("app")
    steward = Desk(target("steward"), "")
    with pytest.raises(ProfileError, match="METHOD_DENIED"):
        steward.start("app")
    for reader in (wrong, steward):
        reader.client.close()


def test_text_of_payment_cards_is_masked_everywhere(desk: Desk, sql: psycopg.Connection) -> None:
    """Text, summary and attributes; an order number that passes Luhn alone stays."""
    chat = desk.start("webchat", verified("account", "yan"))
    desk.record(
        chat.contact,
        "4111 1111 1111 1111, order 3348917502",
        summary="5500005555555559",
        attributes={"a": "340000000000009"},
    )
    (shown,) = desk.context(chat.contact).context.open_contacts[0].interactions
    assert shown.text == "[card ending 1111], order 3348917502"
    assert (shown.summary, shown.attributes["a"]) == ("[card ending 5559]", "[card ending 0009]")
