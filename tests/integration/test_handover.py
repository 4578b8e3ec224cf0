"""What the next agent is handed over of contacts that ended, and of what was said and unsaid in them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from profile_service.v1 import (
    Attachment,
    BatchRecordInteractionsRequest,
    BatchResolveProfilesRequest,
    Fact,
    Initiation,
    Interaction,
    ListInteractionsRequest,
    Promise,
    RecordInteractionRequest,
    ResolveProfileRequest,
    SourceKey,
    SourceRecord,
)
from tests.integration.desk import AGENT, AUTOMATED, Desk, agent, claimed, observed, ref, verified

LINE = "+491512345678"


def ended(context: Any) -> Any:
    """The contact that ended last."""
    return context.ended_contacts[0]


def test_an_ended_contact_without_a_summary_hands_over_its_last_words(desk: Desk) -> None:
    """Ten of them, and that there were more; also what was said once it had ended."""
    chat = desk.start("webchat", verified("phone", LINE))
    for number in range(11):
        desk.record(chat.contact, f"words {number}", intent="repair" if number == 0 else "")
    desk.end(chat.contact)
    desk.record(chat.contact, "words after the end")
    context = desk.start("voice", verified("phone", LINE)).context
    assert [said.text for said in ended(context).interactions] == [
        *(f"words {number}" for number in range(2, 11)),
        "words after the end",
    ]
    assert ended(context).has_older
    assert context.conversation.intent == "repair"
    assert list(context.conversation.channels) == ["webchat", "voice"]


def test_a_summary_speaks_for_what_came_before_it(desk: Desk) -> None:
    """What came after it is shown."""
    chat = desk.start("webchat", verified("phone", LINE))
    desk.record(chat.contact, "before")
    desk.end(chat.contact, summary="asked about a parcel")
    desk.record(chat.contact, "after")
    timeline = ended(desk.start("voice", verified("phone", LINE)).context)
    assert (timeline.contact.summary, [said.text for said in timeline.interactions]) == (
        "asked about a parcel",
        ["after"],
    )


def test_who_was_consulted_is_not_the_last_agent(desk: Desk) -> None:
    """Nor who listens in."""
    call = desk.start("voice", verified("phone", LINE), attendants=[agent("cy")])
    desk.start(
        "voice",
        previous_contacts=[ref(call.contact)],
        initiation=Initiation.INITIATION_CONSULT,
        attendants=[agent("dan")],
    )
    assert desk.start("voice", verified("phone", LINE)).context.last_agent.id == "cy"


def test_other_conversations_say_their_channels(desk: Desk) -> None:
    """Where else the customer is."""
    desk.start("store", verified("phone", LINE), threading=2)
    context = desk.start("app", verified("phone", LINE), threading=2).context
    assert [list(other.channels) for other in context.other_conversations] == [["store"]]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_revision_replaces_what_lower_ones_taught_and_promised(desk: Desk, order: tuple[int, int]) -> None:
    """Whichever comes first."""
    contact = desk.start("app", verified("phone", LINE)).contact
    for revision in order:
        desk.record(
            contact,
            f"revision {revision}",
            "event",
            source_revision=revision,
            facts=[Fact(key="size", value=str(40 + revision)), *([Fact(key="gone", value="x")] * (2 - revision))],
            promises=[Promise(key=f"promise-{revision}", what="call back")],
        )
    context = desk.context(contact).context
    assert [(fact.key, fact.value) for fact in context.facts] == [("size", "42")]
    assert [promise.key for promise in context.open_promises] == ["promise-2"]


def test_a_deleted_message_takes_its_fact_along(desk: Desk) -> None:
    """A revision that says nothing is a deletion; what another message taught before stands again."""
    contact = desk.start("app", verified("phone", LINE)).contact
    desk.record(contact, "mine is 42", facts=[Fact(key="size", value="42")])
    desk.record(contact, "no, 777", "wrong", facts=[Fact(key="size", value="777")])
    assert [fact.value for fact in desk.context(contact).context.facts] == ["777"]
    desk.record(contact, "", "wrong", source_revision=1)
    assert [fact.value for fact in desk.context(contact).context.facts] == ["42"]


def test_a_promise_is_as_its_latest_word_in_the_conversation(desk: Desk) -> None:
    """It need not say again what was promised; kept in another contact it is kept."""
    call = desk.start("voice", verified("phone", LINE))
    desk.record(call.contact, "", attachments=[Attachment(uri="s3://a")], promises=[Promise(key="p", what="call back")])
    desk.record(call.contact, "", promises=[Promise(key="p", due_time=desk.tick())])
    (promise,) = desk.context(call.contact).context.open_promises
    assert (promise.what, promise.HasField("due_time")) == ("call back", True)
    back = desk.start("voice", verified("phone", LINE))
    desk.record(back.contact, "", promises=[Promise(key="p", state=Promise.STATE_KEPT)])
    assert not desk.context(call.contact).context.open_promises


def message(desk: Desk, contact: str, event: str, text: str, **more: Any) -> RecordInteractionRequest:
    """A message, all at one second."""
    more.setdefault("kind", Interaction.KIND_MESSAGE)
    return RecordInteractionRequest(
        contact=ref(contact),
        interaction=Interaction(source_key=SourceKey(source="test", id=event), text=text, **more),
    )


def test_a_batch_keeps_its_order_and_answers_each_item(desk: Desk) -> None:
    """Also where the first teaches a fact; one that is wrong is an error of its own, with its place."""
    chat, now = desk.start("app", verified("phone", LINE)), desk.tick()
    requests = [message(desk, chat.contact, f"e{number}", f"m{number}", occur_time=now) for number in range(9)]
    requests[0].interaction.facts.add(key="k", value="v")
    requests[4].interaction.ClearField("kind")
    answer = desk.call(BatchRecordInteractionsRequest(requests=requests))
    assert [item.HasField("response") for item in answer.items] == [number != 4 for number in range(9)]
    assert answer.items[4].error.reason == "FIELD_INVALID"
    assert "requests[4].interaction.kind" in answer.items[4].error.message
    listed = desk.call(ListInteractionsRequest(parent=chat.conversation, contact=ref(chat.contact), page_size=50))
    assert [said.text for said in listed.interactions] == [f"m{number}" for number in range(9) if number != 4]


def test_a_batch_of_records_answers_each_item(desk: Desk) -> None:
    """A place in a list is named."""
    good = [
        ResolveProfileRequest(
            source_record=SourceRecord(source_key=SourceKey(source="crm", id=key)),
            identifiers=[observed("email", f"{key}@example.org")],
            request_id=str(uuid4()),
            occur_time=desk.tick(),
        )
        for key in ("a", "b")
    ]
    bad = ResolveProfileRequest(identifiers=[claimed("email", "c@example.org"), claimed("email", "x" * 2000)])
    answer = desk.call(BatchResolveProfilesRequest(requests=[good[0], bad, good[1]]))
    assert [item.error.reason for item in answer.items] == ["", "FIELD_INVALID", ""]
    assert "requests[1].identifiers[1].value" in answer.items[1].error.message


def test_a_flow_branches_on_flat_strings(desk: Desk) -> None:
    """Of what the reader may see: a bot is not told of the promise, the agent or the warnings before anything is
    proved."""
    call = desk.start("voice", verified("phone", LINE), attendants=[agent("cy"), agent("sales", "QUEUE")])
    desk.record(call.contact, "it leaks", intent="repair", promises=[Promise(key="p", what="x", due_time=desk.tick())])
    asked = desk.start("voice", observed("phone", LINE))
    assert dict(asked.routing) == {
        "disclosure": "VERIFY_FIRST",
        "last_agent": "cy",
        "last_intent": "repair",
        "last_queue": "sales",
        "open_matter": "true",
        "open_promises": "1",
        "overdue_promise": "true",
        "warnings": "OTHER_CONTACT_LIVE,PROMISE_OVERDUE",
    }
    assert dict(desk.start("voice", observed("phone", LINE), audience=AUTOMATED).routing) == {
        "disclosure": "VERIFY_FIRST"
    }
    assert desk.start("voice", verified("phone", LINE), audience=AUTOMATED).routing["overdue_promise"] == "true"


@pytest.mark.parametrize(
    ("attributes", "flags"), [({"tier": "VIP"}, "vip"), ({"vip": "yes"}, "vip"), ({"tier": "silver"}, ""), ({}, "")]
)
def test_a_flow_is_told_the_flags_of_the_policy(desk: Desk, attributes: dict[str, str], flags: str) -> None:
    """By what the records say of the customer; a bot once something is proved."""
    desk.crm("anna", verified("phone", LINE), given_name="Anna", **attributes)
    for given, audience, is_told in (
        (observed("phone", LINE), AGENT, True),
        (observed("phone", LINE), AUTOMATED, False),
        (verified("phone", LINE), AUTOMATED, True),
    ):
        routing = desk.start("voice", given, audience=audience).routing
        assert routing.get("flags", "") == (flags if is_told else "")
