"""What becomes known of a contact after its start (UpdateContact): of each field the latest revision stands."""

from __future__ import annotations

import uuid
from itertools import permutations
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from profile_client import ProfileError

from profile_service.v1 import (
    Disclosure,
    ExternalReference,
    Fact,
    Promise,
    StartContactRequest,
    UpdateContactRequest,
    Visibility,
)
from tests.integration.desk import AUTOMATED, Desk, agent, ref, verified

MAIL = "anna@example.org"
SAFE, VERIFY_FIRST = Disclosure.DISCLOSURE_SAFE, Disclosure.DISCLOSURE_VERIFY_FIRST


def update(desk: Desk, contact: str, revision: int, *mask: str, **fields: Any) -> Any:
    """Update a contact."""
    fields.setdefault("occur_time", desk.tick())
    return desk.call(
        UpdateContactRequest(
            contact=ref(contact),
            source_revision=revision,
            update_mask=FieldMask(paths=mask) if mask else None,
            **fields,
        )
    )


def ticket(value: str) -> list[ExternalReference]:
    """A ticket number."""
    return [ExternalReference(kind="ticket", value=value)]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_events_of_a_call_in_any_order_give_one_contact(desk: Desk, order: tuple[int, ...]) -> None:
    """Start, queue and agent, wrap-up, end: also what comes before its contact."""
    events = [
        lambda: desk.start("voice", verified("email", MAIL), key="call", attendants=[agent("ivr", "BOT")]),
        lambda: update(desk, "call", 1, attendants=[agent("ivr", "BOT"), agent("claims", "QUEUE"), agent("jonas")]),
        lambda: update(
            desk, "call", 2, summary="looked at again", promises=[Promise(key="decision", what="by Friday")]
        ),
        lambda: desk.end("call", summary="claim taken", disposition="claim"),
    ]
    for place in order:
        events[place]()
    later = desk.start("voice", verified("email", MAIL)).context
    assert (later.last_agent.id, later.last_queue.id) == ("jonas", "claims")
    ended = next(timeline.contact for timeline in later.ended_contacts if timeline.contact.source == "test")
    assert (ended.disposition, ended.summary) == ("claim", "looked at again")
    assert [promise.what for promise in later.open_promises] == ["by Friday"]


def test_a_field_says_what_its_highest_revision_said(desk: Desk) -> None:
    """Whichever comes first; what a revision does not name stays, and what it names empty is taken back."""
    call = desk.start("voice", verified("email", MAIL), attendants=[agent("jonas")])
    fact, promise = Fact(key="size", value="42"), Promise(key="shirt", what="sent in blue")
    update(desk, call.contact, 3, summary="third", facts=[fact])
    update(desk, call.contact, 2, summary="second", disposition="refund", promises=[promise])
    context = desk.context(call.contact).context
    assert (context.contact.summary, context.contact.disposition) == ("third", "refund")
    assert [said.value for said in context.facts] == ["42"]
    assert [said.what for said in context.open_promises] == ["sent in blue"]
    update(desk, call.contact, 4, "facts", "promises", "disposition", "attendants")
    context = desk.context(call.contact).context
    assert (context.contact.summary, context.contact.disposition) == ("third", "")
    assert not (context.facts or context.open_promises or context.contact.attendants)


def test_an_update_is_taken_in_once(desk: Desk) -> None:
    """Again it is a replay; other content under the latest revision, and one that says nothing, are refused."""
    call = desk.start("voice", verified("email", MAIL))
    at = desk.tick()
    assert not update(desk, call.contact, 1, summary="a", occur_time=at).replayed
    again = update(desk, call.contact, 1, summary="a", occur_time=at)
    assert (again.replayed, again.contact.summary) == (True, "a")
    for fields, reason in (
        ({"summary": "b", "occur_time": at}, "REVISION_CONFLICT"),
        ({}, "FIELD_INVALID"),
    ):
        with pytest.raises(ProfileError) as refused:
            update(desk, call.contact, 1, **fields)
        assert refused.value.reason == reason
    for paths in (["name"], ["contact"]):
        with pytest.raises(ProfileError, match="update_mask"):
            update(desk, call.contact, 2, *paths)
    with pytest.raises(ProfileError) as unknown:
        update(desk, f"conversations/{uuid.uuid4()}/contacts/{uuid.uuid4()}", 1, summary="a")
    assert unknown.value.reason == "CONTACT_NOT_FOUND"


def test_t5_a_ticket_after_the_call_finds_it(desk: Desk) -> None:
    """Of the customer's; a number that was wrong does no more, and a contact that is moved takes its tickets along."""
    new = StartContactRequest.THREADING_NEW
    call = desk.start("voice", verified("email", MAIL))
    desk.start("voice", verified("email", MAIL), threading=new)
    update(desk, call.contact, 1, external_references=ticket("T-1"))
    update(desk, call.contact, 2, external_references=ticket("T-2"))
    mails = [desk.start("email", verified("email", MAIL), external_references=ticket(name)) for name in ("T-1", "T-2")]
    assert [mail.conversation == call.conversation for mail in mails] == [False, True]
    stranger = desk.start("email", verified("email", "ben@example.org"), external_references=ticket("T-2"))
    assert stranger.conversation != call.conversation


def test_t5_a_contact_that_goes_elsewhere_takes_its_tickets_along(desk: Desk) -> None:
    """A chat that is identified midway is found by its ticket where it is now."""
    mail = desk.start("email", verified("email", MAIL))
    chat = desk.start("webchat", external_references=ticket("T-1"))
    desk.evidence(chat.contact, verified("email", MAIL))
    desk.start("app", verified("email", MAIL), threading=StartContactRequest.THREADING_NEW)
    found = desk.start("voice", verified("email", MAIL), external_references=ticket("T-1"))
    assert found.conversation == mail.conversation


def test_t2_a_brand_known_later_counts_for_what_follows(desk: Desk) -> None:
    """The menu asked for it after the call began."""
    call = desk.start("voice", verified("email", MAIL))
    update(desk, call.contact, 1, brand="gold")
    follows = [desk.start("email", verified("email", MAIL), brand=brand).conversation for brand in ("gold", "")]
    assert [conversation == call.conversation for conversation in follows] == [True, False]


def test_d8_what_others_read_is_answered_as_such(desk: Desk) -> None:
    """A screen that is shared with others; a direct message on a channel that is public."""
    crm = {"given_name": "Anna", "family_name": "Arendt"}
    desk.crm("a", verified("email", MAIL), **crm)
    chat = desk.start("webchat", verified("email", MAIL))
    desk.record(desk.start("voice", verified("email", MAIL)).contact, "said before")
    assert desk.context(chat.contact, AUTOMATED).context.disclosure == SAFE
    update(desk, chat.contact, 1, visibility=Visibility.VISIBILITY_PUBLIC)
    assert desk.context(chat.contact, AUTOMATED).context.disclosure == VERIFY_FIRST
    update(desk, chat.contact, 2, "visibility")
    assert desk.context(chat.contact, AUTOMATED).context.disclosure == SAFE
    message = desk.start("post", verified("email", MAIL))
    assert message.disclosure == VERIFY_FIRST
    update(desk, message.contact, 1, visibility=Visibility.VISIBILITY_PRIVATE)
    assert desk.context(message.contact).context.disclosure == SAFE


def test_card_numbers_in_an_update_are_masked(desk: Desk) -> None:
    """As in every text."""
    call = desk.start("voice", verified("email", MAIL))
    said = update(desk, call.contact, 1, summary="paid with 4111 1111 1111 1111", disposition="4111111111111111")
    assert "4111 1111" not in str(said.contact) and "4111111111111111" not in str(said.contact)
