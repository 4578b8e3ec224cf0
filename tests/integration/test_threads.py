"""Which conversation a contact is in, whatever order its events arrive in (3.2)."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from profile_client import AsyncProfileClient, ProfileError

from profile_service.errors import Contention
from profile_service.v1 import (
    BatchResolveProfilesRequest,
    CloseConversationRequest,
    Conversation,
    Direction,
    Disclosure,
    EndContactRequest,
    GetContextRequest,
    Initiation,
    Interaction,
    IssueCarryOverCodeRequest,
    ListInteractionsRequest,
    RecordInteractionRequest,
    ResolveProfileRequest,
    SourceKey,
    SourceRecord,
    SplitConversationRequest,
    StartContactRequest,
)
from tests.integration.desk import Desk, observed, one, ref, stamp, verified
from tests.integration.watched import Watched

MAIL = "anna@example.org"
SAFE = Disclosure.DISCLOSURE_SAFE
CLOSED, OPEN = Conversation.STATE_CLOSED, Conversation.STATE_OPEN
CUSTOMER, AGENT, SYSTEM = Interaction.SPEAKER_CUSTOMER, Interaction.SPEAKER_AGENT, Interaction.SPEAKER_SYSTEM


def conversation(desk: Desk, contact: str) -> Any:
    """The conversation of a contact as it is now."""
    return desk.context(contact).context.conversation


def test_t3_who_is_identified_midway_goes_on_in_her_conversation(desk: Desk) -> None:
    """With the leg of nobody that followed; the old name answers with where the chat is."""
    mail = desk.start("email", verified("email", MAIL))
    chat = desk.start("webchat")
    leg = desk.start("webchat", previous_contacts=[ref(chat.contact)], initiation=Initiation.INITIATION_TRANSFER)
    assert leg.conversation == chat.conversation != mail.conversation
    desk.record(chat.contact, "I am Anna", speaker=CUSTOMER)
    known = desk.evidence(chat.contact, verified("email", MAIL))
    assert known.context.conversation.name == mail.conversation
    assert known.context.contact.channel_change
    assert conversation(desk, leg.contact).name == mail.conversation
    listed = desk.call(ListInteractionsRequest(parent=chat.conversation, contact=ref(chat.contact)))
    assert [said.text for said in listed.interactions] == ["I am Anna"]


@pytest.mark.parametrize("how", ["continued", "by a code"])
def test_t4_who_was_ruled_out_does_not_go_on_there(desk: Desk, how: str) -> None:
    """An agent says that it is not Anna; then a contact of hers names the conversation."""
    desk.crm("anna", verified("email", MAIL))
    call = desk.start("voice", verified("email", MAIL))
    corrected = desk.correct(call.contact).context
    named: dict[str, Any] = {
        "continue_conversation": call.conversation,
        "threading": StartContactRequest.THREADING_CONTINUE,
    }
    if how == "by a code":
        named = {"carry_over_code": desk.call(IssueCarryOverCodeRequest(contact=ref(call.contact))).code}
    hers = desk.start("voice", verified("email", MAIL), **named)
    assert hers.conversation != corrected.conversation.name
    assert conversation(desk, hers.contact).name == hers.conversation


def test_t0_an_act_is_not_before_the_contacts_that_it_names(desk: Desk) -> None:
    """Two contacts are split off: a leg of the first that begins before the second, and comes last, stays behind."""
    first = desk.start("webchat")
    leg_time = desk.tick()
    second = desk.start("webchat")
    split = SplitConversationRequest(request_id=str(uuid.uuid4()), occur_time=first.context.contact.start_time)
    split.contacts.extend([ref(first.contact), ref(second.contact)])
    desk.call(split)
    leg = desk.start(
        "webchat",
        previous_contacts=[ref(first.contact)],
        initiation=Initiation.INITIATION_TRANSFER,
        occur_time=leg_time,
    )
    assert leg.conversation != conversation(desk, first.contact).name


def test_t0_who_stands_behind_what_it_names_is_not_gone_on_with(desk: Desk) -> None:
    """Clocks differ: her call is told to go on with a contact that begins after it, and so stands behind that. Her chat
    between the two, known midway, is before it and begins a conversation of its own."""
    call_time, chat_time = desk.tick(), desk.tick()
    later = desk.start("email")
    continued = {
        "threading": StartContactRequest.THREADING_CONTINUE,
        "continue_conversation": later.conversation,
    }
    call = desk.start("voice", occur_time=call_time, **continued)
    desk.evidence(call.contact, verified("email", MAIL))
    chat = desk.start("webchat", occur_time=chat_time)
    desk.evidence(chat.contact, verified("email", MAIL))
    assert conversation(desk, call.contact).name == later.conversation
    assert conversation(desk, chat.contact).name == chat.conversation != later.conversation


def test_t6_an_id_that_leads_to_somebody_else_names_its_successors(desk: Desk) -> None:
    """The conversation was Anna's; both its contacts turn out to be of others, one after the other. To the contact that
    was told the id it names its own; to anybody else neither: it says where they went."""
    others = [desk.crm(name, verified("email", f"{name}@example.org")).profile for name in ("bela", "carl")]
    desk.crm("anna", verified("email", MAIL))
    chat = desk.start("webchat", verified("email", MAIL))
    call = desk.start("voice", verified("email", MAIL))
    assert call.conversation == chat.conversation
    for contact, profile in zip((chat, call), others, strict=True):
        desk.record(contact.contact, f"said to {profile}")
        desk.correct(contact.contact, profile)
    now = [conversation(desk, contact.contact).name for contact in (chat, call)]
    assert len({chat.conversation, *now}) == 3
    asked = ListInteractionsRequest(parent=chat.conversation, purpose="a complaint")
    for request in (asked, CloseConversationRequest(name=chat.conversation, occur_time=desk.tick())):
        with pytest.raises(ProfileError) as refused:
            desk.call(request)
        assert refused.value.reason == "CONVERSATION_SPLIT"
        assert {refused.value.metadata[f"successor_{number}"] for number in (1, 2)} == set(now)
    own = desk.call(ListInteractionsRequest(parent=now[0], contact=ref(chat.contact)))
    assert own.interactions[0].text == f"said to {others[0]}"


@pytest.mark.parametrize("given", [(), (verified("device", "d1"),), (verified("email", MAIL),)])
def test_t6_a_contact_that_is_corrected_alone_keeps_its_id(desk: Desk, given: tuple[Any, ...]) -> None:
    """Whoever it was of before; a leg of it, and an event that still names the conversation, find it."""
    desk.crm("anna", verified("email", MAIL))
    bela = desk.crm("bela", verified("email", "bela@example.org")).profile
    chat = desk.start("webchat", *given)
    corrected = desk.correct(chat.contact, bela).context
    leg = desk.start("webchat", previous_contacts=[ref(chat.contact)], initiation=Initiation.INITIATION_TRANSFER)
    assert {corrected.conversation.name, leg.conversation} == {chat.conversation}
    assert desk.call(ListInteractionsRequest(parent=chat.conversation, purpose="quality")).interactions


def test_t6_an_old_id_names_the_conversation_of_who_asks(desk: Desk) -> None:
    """A closing that comes late parts two mails that were told of one conversation: its id stays with the first of
    them, and the other asks by it for its own."""
    first = desk.start("email", verified("email", MAIL))
    closed = desk.tick()
    second = desk.start("email", verified("email", MAIL))
    desk.call(CloseConversationRequest(name=first.conversation, occur_time=closed))
    assert conversation(desk, second.contact).name != first.conversation == second.conversation

    def read(contact: Any) -> list[str]:
        listed = desk.call(ListInteractionsRequest(parent=first.conversation, contact=ref(contact.contact)))
        return [said.text for said in listed.interactions]

    desk.record(second.contact, "the other matter")
    assert (read(first), read(second)) == ([], ["the other matter"])


def test_t9_what_is_chained_between_two_customers_is_shown_to_neither(desk: Desk) -> None:
    """At once where both are known, and as soon as the second is; to the one that is left, when the other is not
    hers."""
    bela = desk.crm("bela", verified("email", "bela@example.org"))
    anna, other = desk.start("voice", verified("email", MAIL)), desk.start("voice")

    def is_shown(contact: str) -> bool:
        return "a word between" in str(desk.context(contact).context)

    between = desk.start("webchat", previous_contacts=[ref(anna.contact), ref(other.contact)])
    desk.record(between.contact, "a word between")
    assert between.conversation == anna.conversation
    assert is_shown(anna.contact)
    desk.evidence(other.contact, verified("email", "bela@example.org"))
    assert not is_shown(anna.contact)
    assert not is_shown(other.contact)
    assert is_shown(between.contact)
    late = desk.start("webchat", previous_contacts=[ref(anna.contact), ref(other.contact)])
    desk.record(late.contact, "a word between them too")
    assert not is_shown(anna.contact)
    assert bela.profile == desk.context(other.contact).profile
    desk.correct(other.contact)
    assert is_shown(anna.contact)


def test_t3_a_contact_that_was_told_to_be_new_stays_so(desk: Desk) -> None:
    """What the platform chose is a fact, also when the customer is known at last."""
    desk.start("email", verified("email", MAIL))
    chat = desk.start("webchat", threading=StartContactRequest.THREADING_NEW)
    assert desk.evidence(chat.contact, verified("email", MAIL)).context.conversation.name == chat.conversation


def test_t3_a_corrected_contact_goes_where_its_customer_is(desk: Desk) -> None:
    """And leaves the conversation of who it is not, which stays hers."""
    anna, ben = (desk.start("email", verified("email", f"{name}@example.org")) for name in ("anna", "ben"))
    call = desk.start("voice", verified("email", MAIL))
    assert call.conversation == anna.conversation
    assert desk.correct(call.contact, ben.profile).context.conversation.name == ben.conversation
    again = desk.start("voice", verified("email", MAIL))
    nobody = desk.correct(again.contact).context.conversation.name
    assert nobody not in (anna.conversation, ben.conversation)
    assert conversation(desk, anna.contact).name == anna.conversation


def test_t6_who_left_the_conversation_that_was_made_for_it_does_not_come_back(desk: Desk) -> None:
    """It is the customer's who was there; a contact of another one never takes its id again."""
    ben = desk.start("email", verified("email", "ben@example.org"), threading=StartContactRequest.THREADING_NEW)
    desk.end(ben.contact)
    chat = desk.start("webchat", threading=StartContactRequest.THREADING_NEW)
    desk.evidence(chat.contact, verified("email", MAIL))
    mail = desk.start("email", verified("email", MAIL))
    assert mail.conversation == chat.conversation
    apart = desk.correct(chat.contact, ben.profile).context.conversation.name
    desk.call(CloseConversationRequest(name=apart, occur_time=desk.tick()))
    assert conversation(desk, chat.contact).name == apart != mail.conversation
    assert conversation(desk, chat.contact).state == CLOSED
    stays = conversation(desk, mail.contact)
    assert (stays.name, stays.state) == (mail.conversation, OPEN)


def test_t2_starts_at_once_go_on_in_one_conversation(desk: Desk) -> None:
    """Of a customer who is known, and of one who is not yet."""
    known = desk.start("app", verified("account", "k"))
    desk.call(CloseConversationRequest(name=known.conversation, occur_time=desk.tick()))
    for account in ("k", "fresh"):
        requests = [desk.start_request("", "app", verified("account", account)) for _ in range(10)]
        with ThreadPoolExecutor(10) as pool:
            started = list(pool.map(desk.call, requests))
        assert len({contact.conversation for contact in started}) == 1


@pytest.mark.parametrize("as_customer", [True, False])
def test_t0_an_event_before_its_contact_keeps_it_nowhere(desk: Desk, as_customer: bool) -> None:
    """It is where it would be in order, with what was said in it."""
    first = desk.start("voice", verified("email", MAIL))
    desk.call(EndContactRequest(contact=ref("late"), occur_time=desk.tick(), summary="told to restart it"))
    given = [verified("email", MAIL)] if as_customer else []
    late = desk.start("voice", *given, key="late", previous_contacts=[ref(first.contact)])
    assert late.conversation == first.conversation
    assert "told to restart it" in str(desk.context(late.contact).context)


def test_d4_a_password_before_its_contact_counts(desk: Desk) -> None:
    """On the number that the start brings, and on a mailbox that it does not."""
    for shown in (verified("phone", "+491512345678"), verified("email", MAIL)):
        desk.start("email", shown)
        key = shown.namespace
        desk.evidence(key, shown)
        started = desk.start("voice", observed("phone", "+491512345678"), key=key)
        assert started.disclosure == SAFE, shown.namespace


def test_t7_what_was_closed_stays_closed(desk: Desk) -> None:
    """Not by what was said before, by receipts, notes, edits or calls of ours; by later words of the customer's."""
    chat = desk.start("whatsapp", verified("email", MAIL))
    before = desk.tick()
    desk.record(chat.contact, "bye", "m", speaker=CUSTOMER)
    desk.call(CloseConversationRequest(name=chat.conversation, occur_time=desk.tick()))
    desk.record(chat.contact, "said before", speaker=CUSTOMER, occur_time=before)
    desk.record(chat.contact, "read", speaker=SYSTEM, kind=Interaction.KIND_EVENT)
    desk.record(chat.contact, "a note", speaker=AGENT, kind=Interaction.KIND_NOTE)
    desk.record(chat.contact, "anything else?", speaker=AGENT)
    desk.record(chat.contact, "bye!", "m", speaker=CUSTOMER, source_revision=1)
    ours = desk.start(
        "voice",
        one("email", MAIL, "DIALLED"),
        previous_contacts=[ref(chat.contact)],
        direction=Direction.DIRECTION_OUTBOUND,
    )
    assert ours.conversation == chat.conversation
    assert conversation(desk, chat.contact).state == CLOSED
    desk.record(chat.contact, "one more thing", speaker=CUSTOMER)
    assert conversation(desk, chat.contact).state == OPEN


def test_t7_an_inbound_contact_that_names_it_opens_it(desk: Desk) -> None:
    """It was closed before that."""
    mail = desk.start("email", verified("email", MAIL))
    desk.call(CloseConversationRequest(name=mail.conversation, occur_time=desk.tick()))
    again = desk.start("email", verified("email", MAIL), previous_contacts=[ref(mail.contact)])
    assert (again.conversation, again.context.conversation.state) == (mail.conversation, OPEN)


def test_t4_a_name_that_does_not_fit_falls_to_the_next(desk: Desk) -> None:
    """Another customer's conversation, however it is named, is not gone on with."""
    anna, ben = (desk.start("email", verified("email", f"{name}@example.org")) for name in ("anna", "ben"))
    named = desk.start("voice", verified("email", MAIL), previous_contacts=[ref(ben.contact)])
    continued = desk.start(
        "voice",
        verified("email", MAIL),
        threading=StartContactRequest.THREADING_CONTINUE,
        continue_conversation=ben.conversation,
    )
    assert named.conversation == continued.conversation == anna.conversation


def test_t3_customers_who_turn_out_to_be_one_have_one_conversation(desk: Desk) -> None:
    """The contact that shows it is answered the one in which it stands."""
    app = desk.start("app", verified("device", "d1"))
    mail = desk.start("email", verified("email", MAIL))
    assert (app.profile, app.conversation) != (mail.profile, mail.conversation)
    both = desk.start("app", verified("device", "d1"), verified("email", MAIL))
    assert desk.context(app.contact).profile == desk.context(mail.contact).profile
    names = {conversation(desk, contact.contact).name for contact in (app, mail, both)}
    assert names == {app.conversation} == {both.conversation}


@pytest.mark.parametrize("together", [False, True], ids=["alone", "in a batch"])
def test_t3_customers_whom_a_record_makes_one_have_one_conversation(desk: Desk, *, together: bool) -> None:
    """In the transaction of the record: nothing is left to be done should the service stop after it."""
    app = desk.start("app", verified("device", "d1"))
    mail = desk.start("email", verified("email", MAIL))
    record = SourceRecord(source_key=SourceKey(source="crm", id="anna"))
    shown = [verified("device", "d1"), verified("email", MAIL)]
    request = ResolveProfileRequest(
        identifiers=shown, source_record=record, occur_time=desk.tick(), request_id=str(uuid.uuid4())
    )
    desk.call(BatchResolveProfilesRequest(requests=[request]) if together else request)
    assert desk.context(app.contact).profile == desk.context(mail.contact).profile
    assert {conversation(desk, contact.contact).name for contact in (app, mail)} == {app.conversation}


def test_t2_a_leg_identified_midway_makes_the_conversation_hers(desk: Desk) -> None:
    """Though it began with nobody: her next call goes on in it."""
    bot = desk.start("webchat")
    leg = desk.start("webchat", previous_contacts=[ref(bot.contact)], initiation=Initiation.INITIATION_TRANSFER)
    desk.evidence(leg.contact, verified("email", MAIL))
    assert desk.start("email", verified("email", MAIL)).conversation == bot.conversation


@pytest.mark.parametrize("merges", [False, True], ids=["known", "merges"])
def test_a_replayed_start_answers_what_it_was_told(desk: Desk, merges: bool) -> None:
    """Though the contact moved since: a platform that retries is told the same ids."""
    desk.start("app", verified("device", "d1"))
    desk.start("email", verified("email", MAIL))
    shown = [verified("device", "d1"), verified("email", MAIL)] if merges else [verified("email", MAIL)]
    request = desk.start_request("retried", "app", *shown)
    first = desk.call(request)
    moved = desk.correct(first.contact).context.conversation.name
    again = desk.call(request)
    assert again.replayed
    assert (again.contact, again.conversation) == (first.contact, first.conversation)
    assert conversation(desk, again.contact).name == moved != first.conversation


def ago(days: float) -> Any:
    """A time in the past."""
    return stamp(time.time() - days * 86_400)


def test_t3_a_start_that_comes_late_is_followed(desk: Desk) -> None:
    """What began after it goes on with it, and keeps the name that was told first."""
    call = desk.start("voice", verified("email", MAIL), occur_time=ago(1))
    chat = desk.start("webchat", verified("email", MAIL), occur_time=ago(3))
    assert chat.conversation == call.conversation
    assert desk.context(call.contact).context.contact.channel_change


def test_t3_a_word_that_comes_late_keeps_a_contact_alive(desk: Desk) -> None:
    """A call that began too late for the chat goes on with it after all."""
    chat = desk.start("webchat", verified("email", MAIL), occur_time=ago(10))
    call = desk.start("voice", verified("email", MAIL), occur_time=ago(1))
    assert chat.conversation != call.conversation
    desk.record(chat.contact, "any news?", speaker=CUSTOMER, occur_time=ago(5))
    names = {conversation(desk, contact.contact).name for contact in (chat, call)}
    assert names == {chat.conversation}


async def test_t3_a_late_word_that_is_sent_again_threads_what_failed_before(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word was recorded, and the caller told to send it again: nothing is lost."""
    who = verified("email", f"{uuid.uuid4().hex}@example.org")

    def start(days: float) -> StartContactRequest:
        key = SourceKey(source="test", id=uuid.uuid4().hex)
        return StartContactRequest(source_key=key, channel="voice", identifiers=[who], occur_time=ago(days))

    async def broken(*_: object) -> None:
        raise Contention

    async with AsyncProfileClient(watched.target) as client:
        first, last = [await client.call(start(days)) for days in (10, 1)]
        word = RecordInteractionRequest(
            contact=ref(first.contact),
            interaction=Interaction(
                source_key=SourceKey(source="test", id=uuid.uuid4().hex),
                kind=Interaction.KIND_MESSAGE,
                speaker=CUSTOMER,
                occur_time=ago(5),
                text="any news?",
            ),
        )
        with monkeypatch.context() as patch:
            patch.setattr("profile_service.usecases.conversations.record_interaction.rethread_late", broken)
            with pytest.raises(ProfileError):
                await client.call(word)
        assert (await client.call(word)).replayed
        name = (await client.call(GetContextRequest(contact=ref(last.contact)))).context.conversation.name
    assert name == first.conversation != last.conversation


def test_t3_who_followed_a_contact_that_leaves_is_placed_again(desk: Desk) -> None:
    """Without the call in the middle the last one began too late for the first."""
    first, middle, last = (desk.start("voice", verified("email", MAIL), occur_time=ago(days)) for days in (10, 5, 0.01))
    assert {first.conversation} == {middle.conversation, last.conversation}
    desk.correct(middle.contact)
    names = [conversation(desk, contact.contact).name for contact in (first, middle, last)]
    assert len(set(names)) == 3
    assert names[0] == first.conversation


def test_t0_a_leg_before_the_contact_that_it_names_follows_it(desk: Desk) -> None:
    """Though nobody is known in either."""
    leg = desk.start("voice", previous_contacts=[ref("late")], initiation=Initiation.INITIATION_TRANSFER)
    call = desk.start("voice", key="late", occur_time=stamp(desk.now - 30))
    assert conversation(desk, leg.contact).name == conversation(desk, call.contact).name
