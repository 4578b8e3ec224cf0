"""What people say of conversations: joined, moved, split, and taken back (T1)."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from profile_client import AsyncProfileClient, ProfileError

from profile_service.usecases.upkeep.sweep import sweep
from profile_service.v1 import (
    CloseConversationRequest,
    Conversation,
    GetContextRequest,
    Initiation,
    JoinConversationsRequest,
    MoveContactRequest,
    ResolveProfileRequest,
    SourceKey,
    SourceRecord,
    SplitConversationRequest,
    StartContactRequest,
)
from tests.integration.desk import Desk, one, ref, stamp, verified
from tests.integration.watched import Watched

MAIL = "anna@example.org"
NEW = StartContactRequest.THREADING_NEW


def stands(desk: Desk, contact: str) -> str:
    """The conversation of a contact as it is now."""
    return desk.context(contact).context.conversation.name


def two(desk: Desk) -> list[Any]:
    """Two conversations of one customer."""
    return [desk.start("email", verified("email", MAIL), threading=NEW) for _ in range(2)]


def test_two_conversations_are_joined_and_parted_again(desk: Desk) -> None:
    """Said twice it is said once; taken back it was never said; another word under its key is refused."""
    first, second = two(desk)
    join = JoinConversationsRequest(
        contact=ref(second.contact), other=ref(first.contact), request_id=str(uuid.uuid4()), occur_time=desk.tick()
    )
    for replayed in (False, True):
        joined = desk.call(join)
        assert set(joined.conversations) == {first.conversation}
        assert (joined.revision == 0) == replayed
    assert stands(desk, second.contact) == first.conversation
    later = desk.start("app", verified("email", MAIL))
    with pytest.raises(ProfileError) as refused:
        desk.call(
            JoinConversationsRequest(
                contact=ref(first.contact),
                other=ref(second.contact),
                request_id=join.request_id,
                occur_time=desk.tick(),
            )
        )
    assert refused.value.reason == "KEY_REUSED"
    join.undo = True
    assert len(set(desk.call(join).conversations)) == 2
    assert [stands(desk, contact.contact) for contact in (first, later)] == [first.conversation, second.conversation]


def test_a_contact_moves_with_the_legs_of_its_call(desk: Desk) -> None:
    """To where another stands, or on its own; what followed stays."""
    first, second = two(desk)
    call = desk.start("voice", verified("email", MAIL))
    leg = desk.start(
        "voice",
        verified("email", MAIL),
        previous_contacts=[ref(call.contact)],
        initiation=Initiation.INITIATION_TRANSFER,
    )
    after = desk.start("app", verified("email", MAIL))
    assert {call.conversation, leg.conversation, after.conversation} == {second.conversation}
    moved = desk.call(MoveContactRequest(contact=ref(call.contact), target=ref(first.contact), occur_time=desk.tick()))
    assert moved.conversation == first.conversation == stands(desk, leg.contact)
    assert stands(desk, after.contact) == second.conversation
    alone = desk.call(MoveContactRequest(contact=ref(after.contact), occur_time=desk.tick())).conversation
    assert alone not in (first.conversation, second.conversation)


def test_contacts_are_split_off(desk: Desk) -> None:
    """Together; those that stand elsewhere stay there."""
    first, second = two(desk)
    others = [desk.start("app", verified("email", MAIL)) for _ in range(2)]
    named = [ref(contact.contact) for contact in (*others, first)]
    split = desk.call(SplitConversationRequest(contacts=named, occur_time=desk.tick()))
    assert stands(desk, first.contact) == first.conversation
    assert stands(desk, second.contact) == second.conversation
    assert len({*split.conversations, first.conversation, second.conversation}) <= 3


def test_t4_across_two_customers_it_rests(desk: Desk) -> None:
    """Until they are one."""
    anna, ben = (desk.start("email", verified("email", f"{name}@example.org")) for name in ("anna", "ben"))
    join = JoinConversationsRequest(contact=ref(ben.contact), other=ref(anna.contact), occur_time=desk.tick())
    assert len(set(desk.call(join).conversations)) == 2
    stated = [one("email", f"{name}@example.org", "SYSTEM_OF_RECORD") for name in ("anna", "ben")]
    record = SourceRecord(source_key=SourceKey(source="shop", id="both"))
    desk.call(ResolveProfileRequest(identifiers=stated, source_record=record, occur_time=desk.tick()))
    assert stands(desk, anna.contact) == stands(desk, ben.contact)


def test_who_may_say_it(desk: Desk) -> None:
    """Contacts that are not there, or not the caller's, are not found."""
    first, _ = two(desk)
    for request in (
        JoinConversationsRequest(contact=ref(first.contact), other=ref("unknown"), occur_time=desk.tick()),
        MoveContactRequest(contact=ref("unknown"), occur_time=desk.tick()),
        SplitConversationRequest(contacts=[ref("unknown")], occur_time=desk.tick()),
    ):
        with pytest.raises(ProfileError) as refused:
            desk.call(request)
        assert refused.value.reason == "CONTACT_NOT_FOUND"


def test_t7_a_closing_comes_late(desk: Desk) -> None:
    """It covers what stood there by then; what began later stays open."""
    first = desk.start("email", verified("email", MAIL))
    closed = desk.tick()
    later = desk.start("app", verified("email", MAIL))
    assert later.conversation == first.conversation
    desk.call(CloseConversationRequest(name=first.conversation, occur_time=closed))
    assert stands(desk, later.contact) != first.conversation
    assert desk.context(later.contact).context.conversation.state == Conversation.STATE_OPEN
    assert desk.context(first.contact).context.conversation.state == Conversation.STATE_CLOSED


async def test_t8_more_than_a_call_moves_is_finished_by_upkeep(watched: Watched) -> None:
    """In order, and the answer says so."""
    who = [verified("email", f"{uuid.uuid4().hex}@example.org")]
    async with AsyncProfileClient(watched.target) as client:

        async def start(number: int, threading: Any = NEW) -> Any:
            request = StartContactRequest(
                source_key=SourceKey(source="t", id=uuid.uuid4().hex),
                channel="app",
                identifiers=who,
                threading=threading,
                occur_time=stamp(time.time() - 500 + number),
            )
            return await client.call(request, deadline_s=20)

        async def conversation(contact: str) -> str:
            return (await client.call(GetContextRequest(contact=ref(contact)))).context.conversation.name

        other = await start(0)
        many = [await start(1)]
        many += [await start(number, StartContactRequest.THREADING_AUTO) for number in range(2, 230)]
        join = JoinConversationsRequest(
            contact=ref(many[0].contact), other=ref(other.contact), occur_time=stamp(time.time())
        )
        joined = await client.call(join, deadline_s=20)
        assert joined.threading_pending
        assert len({await conversation(contact.contact) for contact in many}) == 2
        await sweep(watched.service.runtime, "watched")
        assert len({await conversation(contact.contact) for contact in (*many, other)}) == 1
