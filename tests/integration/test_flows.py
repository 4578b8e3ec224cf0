"""Ten flows as platforms play them, each with the calls that a platform makes: one a step."""

from __future__ import annotations

from typing import Any

from profile_service.v1 import (
    Direction,
    Disclosure,
    ExternalReference,
    HandoffContext,
    Initiation,
    Interaction,
    Promise,
    ReplaceIdentifierRequest,
    UpdateContactRequest,
)
from tests.integration.desk import AUTOMATED, Desk, agent, claimed, observed, one, ref, verified

NUMBER, OTHER, LANDLINE = "+4915112345678", "+4915112345679", "+493023125014"
MAIL = "anna@example.org"
SAFE, VERIFY_FIRST = Disclosure.DISCLOSURE_SAFE, Disclosure.DISCLOSURE_VERIFY_FIRST
CUSTOMER, BOT = Interaction.SPEAKER_CUSTOMER, Interaction.SPEAKER_BOT
TRANSFER, CONSULT = Initiation.INITIATION_TRANSFER, Initiation.INITIATION_CONSULT
OUTBOUND = Direction.DIRECTION_OUTBOUND
ANNA = {"given_name": "Anna", "family_name": "Arendt", "birth_date": "1984-03-12", "postcode": "10115"}


def on_file(desk: Desk, *more: Any) -> Any:
    """Anna's row in the CRM."""
    stated = [one("crm", "a", "SYSTEM_OF_RECORD"), one("phone", NUMBER, "SYSTEM_OF_RECORD")]
    return desk.crm("a", *stated, one("email", MAIL, "SYSTEM_OF_RECORD"), *more, **ANNA)


def words(context: HandoffContext) -> str:
    """All that was said, as the next agent reads it."""
    timelines = (*context.open_contacts, *context.ended_contacts)
    return " ".join(said.text or said.summary for timeline in timelines for said in timeline.interactions)


def test_1_an_anonymous_chat_a_mailbox_midway_a_password(desk: Desk) -> None:
    """Nobody, then a claim that opens nothing, then the password on it, at once."""
    on_file(desk)
    chat = desk.start("webchat", audience=AUTOMATED)
    assert chat.disclosure == Disclosure.DISCLOSURE_WITHHOLD
    desk.record(chat.contact, "my machine leaks", speaker=CUSTOMER)
    claimed_only = desk.evidence(chat.contact, claimed("email", MAIL), audience=AUTOMATED)
    assert (claimed_only.disclosure, claimed_only.context.profile.golden_record) == (Disclosure.DISCLOSURE_WITHHOLD, [])
    proved = desk.evidence(chat.contact, verified("email", MAIL), audience=AUTOMATED)
    assert proved.disclosure == SAFE
    assert "Anna" in {value.value for value in proved.context.profile.golden_record}


def test_2_a_call_back_to_another_number(desk: Desk) -> None:
    """What was said in the call is there when we call her other number; whoever answers is not read it."""
    on_file(desk, one("phone", OTHER, "SYSTEM_OF_RECORD"))
    call = desk.start("voice", observed("phone", NUMBER))
    desk.record(call.contact, "call me at work", speaker=CUSTOMER)
    desk.end(call.contact, promises=[Promise(key="callback", what="call back at work")])
    back = desk.start(
        "voice",
        one("phone", OTHER, "DIALLED"),
        direction=OUTBOUND,
        initiation=Initiation.INITIATION_CALLBACK,
        previous_contacts=[ref(call.contact)],
    )
    assert (back.conversation, back.disclosure) == (call.conversation, VERIFY_FIRST)
    assert "call me at work" in words(back.context)
    assert [promise.what for promise in back.context.open_promises] == ["call back at work"]


def test_3_a_mail_with_a_ticket_number(desk: Desk) -> None:
    """It goes on in the matter of the ticket, though she has a later one open; somebody else's number does not."""
    on_file(desk)
    call = desk.start("voice", observed("phone", NUMBER))
    desk.end(call.contact, summary="claim is looked at")
    ticket = [ExternalReference(kind="ticket", value="T-9")]
    desk.call(
        UpdateContactRequest(
            contact=ref(call.contact), source_revision=1, external_references=ticket, occur_time=desk.tick()
        )
    )
    desk.start("app", verified("email", MAIL), brand="other")
    again = [ExternalReference(kind="ticket", value="#t-9")]
    mail = desk.start("email", observed("email", MAIL), external_references=again)
    assert mail.conversation == call.conversation
    assert mail.context.ended_contacts[0].contact.summary == "claim is looked at"
    stranger = desk.start("email", observed("email", "ben@example.org"), external_references=ticket)
    assert stranger.conversation != call.conversation
    assert "claim" not in str(stranger)


def test_4_a_landline_an_account_and_answers_by_keys_then_a_transfer(desk: Desk) -> None:
    """The menu asks, compares without showing, and hands over what it knows."""
    on_file(desk)
    menu = desk.start("voice", observed("phone", LANDLINE), audience=AUTOMATED, attendants=[agent("ivr", "BOT")])
    desk.evidence(menu.contact, claimed("crm", "a"), audience=AUTOMATED)
    leg = desk.start(
        "voice",
        observed("phone", LANDLINE),
        previous_contacts=[ref(menu.contact)],
        initiation=TRANSFER,
        attendants=[agent("jonas")],
    )
    assert leg.conversation == menu.conversation
    checked = desk.check(leg.contact, birth_date="1984-03-12", postcode="10115")
    assert set(checked.verdicts.values()) == {1}
    assert desk.context(leg.contact).profile == desk.start("email", verified("email", MAIL)).profile


def test_5_a_whatsapp_user_whose_number_changes(desk: Desk) -> None:
    """The network's own id stays; the number is replaced, and the old one says nothing of her."""
    scope = "wa-main"
    user = one("whatsapp", "1155440000049@lid", "SIGNED_WEBHOOK", scope=scope)
    first = desk.start("whatsapp", user, verified("phone", NUMBER))
    desk.record(first.contact, "hello", speaker=CUSTOMER)
    desk.call(
        ReplaceIdentifierRequest(
            old_identifier=verified("phone", NUMBER),
            new_identifier=verified("phone", OTHER),
            occur_time=desk.tick(),
            contact=ref(first.contact),
        )
    )
    second = desk.start("whatsapp", user)
    assert (second.profile, second.conversation) == (first.profile, first.conversation)
    assert desk.start("voice", verified("phone", OTHER)).profile == first.profile


def test_6_phone_and_screen_share_with_a_listening_supervisor(desk: Desk) -> None:
    """One matter; who listens in is not the last agent."""
    call = desk.start("voice", verified("phone", NUMBER), attendants=[agent("jonas")])
    share = desk.start("app", previous_contacts=[ref(call.contact)], initiation=Initiation.INITIATION_CHANNEL_CHANGE)
    listener = desk.start(
        "voice", previous_contacts=[ref(call.contact)], initiation=CONSULT, attendants=[agent("sue", "SUPERVISOR")]
    )
    assert share.conversation == call.conversation
    assert listener.context.conversation.name == call.conversation
    for contact in (listener, share, call):
        desk.end(contact.contact)
    assert desk.start("voice", verified("phone", NUMBER)).context.last_agent.id == "jonas"


def test_7_an_outbound_promise_and_the_customers_call(desk: Desk) -> None:
    """What we promised is known when she calls back herself."""
    on_file(desk)
    ours = desk.start("voice", one("phone", NUMBER, "DIALLED"), direction=OUTBOUND)
    desk.record(ours.contact, "the part comes", promises=[Promise(key="part", what="part by Friday")], speaker=BOT)
    desk.end(ours.contact)
    hers = desk.start("voice", observed("phone", NUMBER))
    assert hers.conversation == ours.conversation
    assert [promise.what for promise in hers.context.open_promises] == ["part by Friday"]


def test_8_the_spouse_takes_the_line(desk: Desk) -> None:
    """Another login begins another person: nothing of hers is told to him."""
    call = desk.start("voice", verified("account", "anna"))
    desk.record(call.contact, "a present for my husband", speaker=CUSTOMER)
    his = desk.start("email", verified("account", "bernd"))
    taken = desk.evidence(call.contact, verified("account", "bernd"), audience=AUTOMATED)
    assert taken.profile == his.profile
    assert "present" not in str(taken)


def test_9_a_bot_hands_over_to_a_human(desk: Desk) -> None:
    """In one contact: who handles it changes, and the facts are there."""
    on_file(desk)
    chat = desk.start("webchat", verified("email", MAIL), attendants=[agent("bot", "BOT")], audience=AUTOMATED)
    desk.record(chat.contact, "Which model?", speaker=BOT)
    desk.record(chat.contact, "Lario 3", speaker=CUSTOMER, facts=[{"key": "model", "value": "Lario 3"}])
    desk.call(
        UpdateContactRequest(
            contact=ref(chat.contact),
            source_revision=1,
            attendants=[agent("bot", "BOT"), agent("jonas")],
            occur_time=desk.tick(),
        )
    )
    context = desk.context(chat.contact).context
    assert [fact.value for fact in context.facts] == ["Lario 3"]
    assert context.contact.attendants[-1].id == "jonas"


def test_10_a_till_and_the_app_at_once(desk: Desk) -> None:
    """A loyalty card at the till finds her, and the agent sees that she is in the app too."""
    on_file(desk, one("loyalty", "4012 3456 7890", "SYSTEM_OF_RECORD"))
    app = desk.start("app", verified("email", MAIL))
    till = desk.start("pos", observed("loyalty", "4012-3456-7890"))
    assert (till.profile, till.conversation) == (app.profile, app.conversation)
    assert HandoffContext.WARNING_OTHER_CONTACT_LIVE in till.context.warnings
    assert till.disclosure == VERIFY_FIRST
