"""Contacts that are live: listed for a desk that restarts, and over where nothing is said in them for long."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from profile_client import AsyncProfileClient, ProfileError

from profile_service.usecases.upkeep.sweep import sweep
from profile_service.v1 import (
    Audience,
    Contact,
    EndContactRequest,
    GetContextRequest,
    HandoffContext,
    Interaction,
    ListContactsRequest,
    RecordInteractionRequest,
    SourceKey,
    StartContactRequest,
    UpdateContactRequest,
)
from tests.integration.desk import Desk, agent, observed, ref, stamp
from tests.integration.watched import Watched

HOUR_S = 3600
LIVE = HandoffContext.WARNING_OTHER_CONTACT_LIVE


def listed(desk: Desk, size: int = 2) -> list[Contact]:
    """The live contacts of a source, by pages."""
    found: list[Contact] = []
    token = None
    while token != "":
        page = desk.call(ListContactsRequest(source="test", page_size=size, page_token=token or ""))
        found += page.contacts
        token = page.next_page_token
    return found


def test_a_desk_that_restarts_lists_its_live_contacts(desk: Desk) -> None:
    """In order, with what the platform calls them and who has them; not what ended, nor another source's."""
    contacts = [desk.start("voice", key=f"call-{number}", attendants=[agent("jonas")]) for number in range(5)]
    desk.end(contacts[1].contact)
    desk.call(
        StartContactRequest(source_key=SourceKey(source="other", id="x"), channel="voice", occur_time=desk.tick())
    )
    desk.call(
        UpdateContactRequest(
            contact=ref("call-3"), source_revision=1, attendants=[agent("eva")], occur_time=desk.tick()
        )
    )
    found = listed(desk)
    assert [contact.source_key.id for contact in found] == ["call-0", "call-2", "call-3", "call-4"]
    assert [contact.name for contact in found] == [contacts[place].contact for place in (0, 2, 3, 4)]
    assert [contact.attendants[0].id for contact in found] == ["jonas", "jonas", "eva", "jonas"]
    with pytest.raises(ProfileError) as refused:
        desk.call(ListContactsRequest(source="test", page_token="x"))
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_contact_that_never_ends_is_over_after_a_while(watched: Watched) -> None:
    """By the time of its channel, when something was last said in it; words bring it back, and its own end counts."""
    number = observed("phone", f"+49151{uuid.uuid4().int % 10**8:08}")
    async with AsyncProfileClient(watched.target) as client:

        async def start(key: str, channel: str, hours_ago: float) -> Any:
            request = StartContactRequest(
                source_key=SourceKey(source="t", id=f"{key} {number.value}"),
                channel=channel,
                identifiers=[number],
                audience=Audience.AUDIENCE_AGENT,
                occur_time=stamp(time.time() - hours_ago * HOUR_S),
            )
            return await client.call(request, deadline_s=20)

        async def say(contact: str, hours_ago: float) -> None:
            said = Interaction(
                source_key=SourceKey(source="t", id=uuid.uuid4().hex),
                kind=Interaction.KIND_MESSAGE,
                speaker=Interaction.SPEAKER_CUSTOMER,
                text="hello",
                occur_time=stamp(time.time() - hours_ago * HOUR_S),
            )
            await client.call(RecordInteractionRequest(contact=ref(contact), interaction=said))

        async def read(contact: str) -> HandoffContext:
            request = GetContextRequest(contact=ref(contact), audience=Audience.AUDIENCE_AGENT)
            return (await client.call(request)).context

        call, chat = await start("call", "voice", 30), await start("chat", "webchat", 30)
        await say(chat.contact, 20)
        now = await start("now", "app", 0)
        assert LIVE in (await read(now.contact)).warnings
        await sweep(watched.service.runtime, "watched")
        over = (await read(call.contact)).contact
        assert over.end_time == over.start_time
        assert not (await read(chat.contact)).contact.HasField("end_time")
        assert LIVE in (await read(now.contact)).warnings
        await client.call(EndContactRequest(contact=ref(chat.contact), occur_time=stamp(time.time())))
        assert LIVE not in (await read(now.contact)).warnings
        await say(call.contact, 1)
        assert LIVE in (await read(now.contact)).warnings
        ended = EndContactRequest(contact=ref(call.contact), occur_time=stamp(time.time()), summary="called back")
        assert (await client.call(ended)).contact.summary == "called back"
        await say(call.contact, -0.01)
        assert (await read(call.contact)).contact.HasField("end_time")
