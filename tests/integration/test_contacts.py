"""Contacts from start to end: threading, handoff, evidence, correction."""

from __future__ import annotations

import pytest
from profile_client import ProfileError

from profile_service.v1 import (
    AddEvidenceRequest,
    CloseConversationRequest,
    Disclosure,
    ExternalReference,
    Fact,
    HandoffContext,
    IdentifierResult,
    Initiation,
    Interaction,
    ListInteractionsRequest,
    LookupProfileRequest,
    Outcome,
    Promise,
    ResolveProfileRequest,
    StartContactRequest,
)
from tests.integration.desk import AGENT, AUTOMATED, Desk, agent, claimed, observed, ref, verified

CUSTOMER = Interaction.SPEAKER_CUSTOMER


def test_a_channel_change_goes_on_in_the_conversation(desk: Desk) -> None:
    """The chat's words, facts and channel are in the call's context, in the same answer."""
    chat = desk.start("webchat", verified("account", "anna"))
    desk.record(chat.contact, "my order is late", intent="late order", facts=[Fact(key="order", value="4711")])
    call = desk.start("voice", verified("account", "anna"), verified("phone", "+49151901820"))
    assert (call.conversation, call.profile) == (chat.conversation, chat.profile)
    assert call.outcome == Outcome.OUTCOME_LINKED
    assert call.context.contact.channel_change
    assert list(call.context.conversation.channels) == ["webchat", "voice"]
    assert [(fact.key, fact.value) for fact in call.context.facts] == [("order", "4711")]
    texts = [item.text for live in call.context.open_contacts for item in live.interactions]
    assert texts == ["my order is late"]


def test_a_withheld_number_is_taken_and_joins_later(desk: Desk) -> None:
    """Zero identifiers make a contact of its own; what it said is in the customer's timeline once it is proved."""
    known = desk.start("app", verified("account", "bela"))
    call = desk.start("voice", threading=StartContactRequest.THREADING_NEW)
    assert call.profile != known.profile
    assert call.disclosure == Disclosure.DISCLOSURE_WITHHOLD
    desk.record(call.contact, "it is me")
    proved = desk.evidence(call.contact, verified("account", "bela"))
    assert proved.profile == known.profile
    assert proved.disclosure == Disclosure.DISCLOSURE_SAFE
    assert desk.timeline(known.profile) == ["it is me"]
    assert desk.profile(call.profile).name == known.profile


def test_a_transfer_hands_over_who_it_was(desk: Desk) -> None:
    """The second agent sees the customer; what the legs brought themselves is nothing to tell."""
    first = desk.start("voice", verified("account", "cleo"), attendants=[agent("jo")])
    second = desk.start("voice", previous_contacts=[ref(first.contact)], initiation=Initiation.INITIATION_TRANSFER)
    assert (second.conversation, second.profile) == (first.conversation, first.profile)
    assert second.disclosure == Disclosure.DISCLOSURE_VERIFY_FIRST
    assert second.context.last_agent.id == "jo"


def test_a_listening_supervisor_is_not_the_last_agent(desk: Desk) -> None:
    """The last agent is the one who answered."""
    first = desk.start("voice", verified("account", "dora"), attendants=[agent("jo"), agent("boss", "SUPERVISOR")])
    desk.end(first.contact)
    second = desk.start("voice", verified("account", "dora"))
    assert second.context.last_agent.id == "jo"


def test_a_reference_threads_and_proves_nothing(desk: Desk) -> None:
    """A customer goes on by her ticket number; a stranger who knows it does not, and sees nothing of it (T5)."""
    ticket = ExternalReference(kind="ticket", value="T-99")
    owner = desk.start("email", observed("email", "owner@example.org"), external_references=[ticket])
    desk.record(owner.contact, "the owner's words")
    desk.call(CloseConversationRequest(name=owner.conversation, occur_time=desk.tick()))
    again = desk.start("email", observed("email", "owner@example.org"), external_references=[ticket])
    stranger = desk.start("email", observed("email", "stranger@example.org"), external_references=[ticket])
    nobody = desk.start("webchat", external_references=[ticket])
    other_brand = desk.start("webchat", external_references=[ticket], brand="other")
    assert again.conversation == owner.conversation
    assert len({contact.conversation for contact in (owner, stranger, nobody, other_brand)}) == 4
    assert "the owner's words" not in str(stranger.context) + str(nobody.context)


def test_threading_new_and_continue(desk: Desk) -> None:
    """NEW opens a conversation, CONTINUE goes on in the named one, an unknown one is refused."""
    first = desk.start("app", verified("account", "emil"))
    second = desk.start("app", verified("account", "emil"), threading=StartContactRequest.THREADING_NEW)
    assert second.conversation != first.conversation
    assert first.conversation in second.open_conversations
    third = desk.start(
        "app",
        verified("account", "emil"),
        threading=StartContactRequest.THREADING_CONTINUE,
        continue_conversation=first.conversation,
    )
    assert third.conversation == first.conversation
    with pytest.raises(ProfileError, match="CONVERSATION_NOT_FOUND"):
        desk.start(
            "app",
            threading=StartContactRequest.THREADING_CONTINUE,
            continue_conversation="conversations/00000000-0000-7000-8000-000000000000",
        )


def test_a_closed_conversation_is_not_continued_unless_something_is_said_in_it(desk: Desk) -> None:
    """Closing ends AUTO threading; a follow-up in an old contact opens it again."""
    first = desk.start("app", verified("account", "fay"))
    desk.call(CloseConversationRequest(name=first.conversation, occur_time=desk.tick()))
    second = desk.start("app", verified("account", "fay"))
    assert second.conversation != first.conversation
    desk.record(first.contact, "one more thing")
    assert first.conversation in [
        other_conversation.name for other_conversation in desk.context(second.contact).context.other_conversations
    ]


def test_the_landline_of_two_account_holders_asks_which(desk: Desk) -> None:
    """Both keep the landline; a call from it names nobody, ranks both, and asks what tells them apart."""
    ruth = desk.crm("1", verified("crm", "1"), verified("phone", "+43123456789"), birth_date="1956-01-09")
    emil = desk.crm("2", verified("crm", "2"), verified("phone", "+43123456789"), birth_date="1953-11-30")
    call = desk.start("voice", observed("phone", "+43123456789"))
    assert call.outcome == Outcome.OUTCOME_AMBIGUOUS
    assert {candidate.profile for candidate in call.context.candidates} == {ruth.profile, emil.profile}
    assert call.identifier_results[0].result == IdentifierResult.RESULT_SHARED
    assert call.context.ask.separates == 2
    assert not call.context.HasField("profile")
    points = desk.profile(ruth.profile).contact_points
    assert [(point.namespace, point.shared) for point in points if point.namespace == "phone"] == [("phone", True)]


def test_who_could_be_meant_is_ranked_by_probability(desk: Desk) -> None:
    """The landline alone says as much for each; a typed address makes one likelier, proves nothing, and a question
    tells them apart. The same for a contact, a look-up and a record's identifiers."""
    landline = verified("phone", "+43123456789")
    names = {
        who: desk.crm(who, verified("crm", who), landline, verified("email", f"{who}@example.org"), birth_date=born)
        for who, born in (("ruth", "1956-01-09"), ("emil", "1953-11-30"))
    }
    even = desk.start("voice", observed("phone", "+43123456789"))
    first, second = even.context.candidates
    assert 0.3 < first.probability == second.probability <= 0.5
    given = [observed("phone", "+43123456789"), claimed("email", "emil@example.org")]
    call = desk.start("voice", *given)
    looked = desk.call(LookupProfileRequest(identifiers=given, audience=AGENT))
    resolved = desk.call(ResolveProfileRequest(identifiers=given, occur_time=desk.tick()))
    for candidates, ask in (
        (call.context.candidates, call.context.ask),
        (looked.candidates, looked.ask),
        (resolved.candidates, resolved.ask),
    ):
        assert [candidate.profile for candidate in candidates] == [names["emil"].profile, names["ruth"].profile]
        assert candidates[0].probability > 0.9 > 0.1 > candidates[1].probability
        assert candidates[0].probability + candidates[1].probability <= 1.0
        assert (ask.separates, ask.key) == (2, "crm")
    assert resolved.outcome == Outcome.OUTCOME_AMBIGUOUS


def test_a_context_says_how_many_contacts_of_the_conversation_it_leaves_out(desk: Desk) -> None:
    """It holds the latest 20; nothing is left out in silence (I18)."""
    first = desk.start("app", verified("account", "busy"))
    for _ in range(22):
        desk.start("app", verified("account", "busy"), previous_contacts=[ref(first.contact)])
    context = desk.context(first.contact).context
    assert len(context.open_contacts) == 20
    assert {omission.part: omission.count for omission in context.omissions} == {"contacts": 3}


def test_several_contacts_may_be_live_and_a_busy_chat_does_not_crowd_out_the_call(desk: Desk) -> None:
    """Ten interactions per open contact, the last five ended contacts with their summaries."""
    call = desk.start("voice", verified("account", "gus"))
    desk.end(call.contact, summary="promised a refund", promises=[Promise(key="r", what="refund")])
    chat = desk.start("webchat", verified("account", "gus"))
    for number in range(15):
        desk.record(chat.contact, f"message {number}")
    mail = desk.start("email", verified("account", "gus"))
    live = {open_contact.contact.channel: open_contact for open_contact in mail.context.open_contacts}
    assert [item.text for item in live["webchat"].interactions] == [f"message {number}" for number in range(5, 15)]
    assert live["webchat"].has_older
    assert [ended_contact.contact.summary for ended_contact in mail.context.ended_contacts] == ["promised a refund"]
    assert [open_promise.what for open_promise in mail.context.open_promises] == ["refund"]
    assert HandoffContext.WARNING_OTHER_CONTACT_LIVE in mail.context.warnings


def test_an_event_before_its_contact_creates_it_and_the_start_fills_it_in(desk: Desk) -> None:
    """Platforms deliver out of order; nothing is lost."""
    recorded = desk.record("late-contact", "the first words")
    started = desk.start("webchat", verified("account", "hana"), key="late-contact")
    assert recorded.interaction.startswith(started.conversation)
    assert not started.replayed
    assert desk.timeline(started.profile) == ["the first words"]


def test_correct_contact_supersedes_what_the_contact_said(desk: Desk) -> None:
    """The links of the contact fall, its interactions move, its checks fall, and a stale etag is refused."""
    vera = desk.crm("vera", verified("crm", "v"), verified("phone", "+33644556677"), birth_date="1980-01-01")
    paul = desk.crm("paul", verified("crm", "p"), birth_date="1990-07-15")
    call = desk.start("voice", observed("phone", "+33644556677"), observed("email", "paul@example.org"))
    assert call.profile == vera.profile
    desk.record(call.contact, "paul's words")
    desk.check(call.contact, birth_date="1.1.1980")
    with pytest.raises(ProfileError, match="ETAG_STALE"):
        desk.correct(call.contact, paul.profile, etag="nonsense")
    etag = desk.context(call.contact).context.profile.etag
    moved = desk.correct(call.contact, paul.profile, etag=etag)
    assert moved.profile == paul.profile
    assert not moved.context.attributes_checked
    assert "paul's words" in desk.timeline(paul.profile)
    assert desk.timeline(vera.profile) == []
    assert "paul@example.org" not in str(desk.profile(vera.profile))


def test_correct_contact_without_a_name_leaves_the_contact_alone(desk: Desk) -> None:
    """Not this one: the contact stands by itself, and nothing of the profile is shown."""
    vera = desk.crm("vera", verified("crm", "v"), verified("phone", "+33644556678"), name="Vera")
    call = desk.start("voice", observed("phone", "+33644556678"))
    assert call.profile == vera.profile
    moved = desk.correct(call.contact)
    assert moved.profile != vera.profile
    assert "Vera" not in str(moved.context)


def test_checks_are_limited_and_disclose_nothing(desk: Desk) -> None:
    """Five wrong answers are enough; right ones on top of an observed number make it safe."""
    desk.crm("1", verified("crm", "1"), verified("phone", "+33644556679"), birth_date="1990-07-15", postcode="75011")
    call = desk.start("voice", observed("phone", "+33644556679"))
    right = desk.check(call.contact, birth_date="15.07.1990", postcode="75 011")
    assert right.disclosure == Disclosure.DISCLOSURE_SAFE
    other = desk.start("voice", observed("phone", "+33644556679"))
    assert other.disclosure == Disclosure.DISCLOSURE_VERIFY_FIRST
    for number in range(5):
        assert desk.check(other.contact, birth_date=f"1990-01-0{number + 1}").attempts_left == 4 - number
    with pytest.raises(ProfileError, match="CHECKS_EXHAUSTED"):
        desk.check(other.contact, birth_date="1990-07-15")


def test_results_per_identifier(desk: Desk) -> None:
    """Blocked, invalid, claimed, new and joined are told apart."""
    started = desk.start(
        "app",
        verified("account", "ida"),
        verified("email", "ida@example.org"),
        verified("email", "test@test.com"),
        claimed("phone", "+33644556680"),
        observed("phone", "12"),
        observed("email", "cc@example.org", role="PARTICIPANT"),
    )
    result = IdentifierResult
    assert [identifier_result.result for identifier_result in started.identifier_results] == [
        result.RESULT_JOINED,
        result.RESULT_JOINED,
        result.RESULT_BLOCKED,
        result.RESULT_TOO_WEAK,
        result.RESULT_INVALID,
        result.RESULT_TOO_WEAK,
    ]
    assert "cc@example.org" not in str(started.context.profile)


def test_the_context_keeps_its_budget_and_says_what_it_left_out(desk: Desk) -> None:
    """64 KiB messages against a budget of 16 KiB."""
    chat = desk.start("webchat", verified("account", "jon"))
    for number in range(6):
        desk.record(chat.contact, f"{number}" * 6000)
    answer = desk.context(chat.contact, context_max_bytes=16_384)
    assert answer.context.ByteSize() <= 16_384
    assert {omission.part: omission.count for omission in answer.context.omissions} == {"interactions": 4}


def test_automated_readers_below_safe_get_only_what_the_contact_brought(desk: Desk) -> None:
    """The same contact, read by an agent and by a bot."""
    desk.crm("1", verified("crm", "1"), verified("phone", "+33644556681"), name="Kira Novak")
    call = desk.start("voice", observed("phone", "+33644556681"))
    desk.record(call.contact, "own words")
    assert "Kira" in str(desk.context(call.contact).context)
    bare = desk.context(call.contact, AUTOMATED).context
    assert "Kira" not in str(bare)
    assert "own words" in str(bare)


def test_a_transfer_that_repeats_the_callers_number_is_one_customer(desk: Desk) -> None:
    """As platforms send it: the second leg brings the number again, and names two legs that brought it."""
    number = observed("phone", "+4915112345678")
    first = desk.start("voice", number)
    second = desk.start(
        "voice", number, previous_contacts=[ref(first.contact)], initiation=Initiation.INITIATION_TRANSFER
    )
    third = desk.start(
        "voice",
        number,
        previous_contacts=[ref(first.contact), ref(second.contact)],
        initiation=Initiation.INITIATION_TRANSFER,
    )
    assert {first.profile, second.profile} == {third.profile}
    assert third.conversation == first.conversation


def test_interactions_of_one_second_stand_by_their_sequence(desk: Desk) -> None:
    """In whatever order they come, forwards, backwards, by pages and in the context."""
    chat = desk.start("webchat", verified("email", "anna@example.org"))
    second = desk.tick()
    for place in (3, 1, 4, 2):
        desk.record(chat.contact, f"word {place}", occur_time=second, sequence=place, speaker=CUSTOMER)
    words = [f"word {place}" for place in range(1, 5)]
    assert [said.text for said in desk.context(chat.contact).context.open_contacts[0].interactions] == words
    for newest_first, expected in ((False, words), (True, words[::-1])):
        listed: list[str] = []
        token = ""
        while not listed or token:
            page = desk.call(
                ListInteractionsRequest(
                    parent=chat.conversation, page_size=3, newest_first=newest_first, page_token=token
                )
            )
            listed += [said.text for said in page.interactions]
            token = page.next_page_token
        assert listed == expected


def test_evidence_names_the_channel_of_a_contact_that_is_not_known_yet(desk: Desk) -> None:
    """Else a proof there is worth a claim."""
    at = desk.tick()
    for channel, outcome in (("", Outcome.OUTCOME_CREATED), ("webchat", Outcome.OUTCOME_MATCHED)):
        desk.start("email", verified("email", "anna@example.org"))
        known = desk.call(
            AddEvidenceRequest(
                contact=ref(f"early {channel}"),
                identifiers=[verified("email", "anna@example.org")],
                occur_time=at,
                channel=channel,
            )
        )
        assert known.outcome == outcome
