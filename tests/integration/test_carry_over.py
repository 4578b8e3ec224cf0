"""A customer takes a code from one contact to the next (T1): it threads, and proves nothing."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import Any

import pytest
from profile_client import AsyncProfileClient, ProfileError

from profile_service.engine.caller import CallerRole
from profile_service.engine.contact.target import ContactTarget
from profile_service.identity.policy import HOUR_US
from profile_service.usecases.contacts.issue_carry_over_code import issue_carry_over_code
from profile_service.usecases.upkeep.sweep import sweep
from profile_service.v1 import (
    ContactReference,
    Disclosure,
    EndContactRequest,
    IssueCarryOverCodeRequest,
    SourceKey,
    StartContactRequest,
)
from tests.integration.desk import AGENT, Desk, ref, stamp, verified
from tests.integration.test_budgets import service_of
from tests.integration.watched import Watched

MAIL = "anna@example.org"


def issued(desk: Desk, contact: str) -> Any:
    """A code of a contact."""
    return desk.call(IssueCarryOverCodeRequest(contact=ref(contact)))


def presented(desk: Desk, code: str, *given: Any, **more: Any) -> Any:
    """The app starts a contact, with a code."""
    request = desk.start_request("", "app", *given, carry_over_code=code, **more)
    request.source_key.source = "app"
    return desk.call(request)


def test_t1_the_app_goes_on_though_nobody_is_known_there(desk: Desk) -> None:
    """However the customer writes the code. The agent of the call reads what is said in the app; the app, behind which
    anybody may sit, is shown nothing of hers."""
    call = desk.start("voice", verified("email", MAIL))
    desk.record(call.contact, "My order 4711 is late.")
    made = issued(desk, call.contact)
    assert time.time() + 25 * 60 < made.expire_time.seconds < time.time() + 35 * 60
    for text in (made.code, made.code.lower().replace("-", " "), made.code.replace("-", "").replace("0", "o")):
        app = presented(desk, text)
        assert (app.carried_over, app.conversation) == (True, call.conversation)
        assert app.context.contact.channel_change
        assert app.disclosure == Disclosure.DISCLOSURE_WITHHOLD
        assert "4711" not in str(app)
    desk.record(app.contact, "a photo of the parcel")
    assert "a photo of the parcel" in str(desk.context(call.contact).context)


def test_t1_a_code_beats_new_and_what_comes_before(desk: Desk) -> None:
    """And gives way where it is another customer's."""
    call = desk.start("voice", verified("email", MAIL))
    other = desk.start("voice", verified("email", "bela@example.org"))
    code = issued(desk, call.contact).code
    assert presented(desk, code, threading=StartContactRequest.THREADING_NEW).conversation == call.conversation
    later = desk.start("email", verified("email", MAIL), threading=StartContactRequest.THREADING_NEW)
    assert later.conversation != call.conversation
    own = presented(desk, code, verified("email", MAIL), previous_contacts=[ref(later.contact)])
    assert own.conversation == call.conversation
    foreign = presented(desk, code, verified("email", "bela@example.org"))
    assert (foreign.carried_over, foreign.conversation) == (True, other.conversation)


@pytest.mark.parametrize("code", ["", "no code", "7KM-Q2X-9TC", "ü" * 9])
def test_a_code_that_is_none_is_passed_over(desk: Desk, code: str) -> None:
    """The contact starts all the same, and says so."""
    app = presented(desk, code)
    assert (app.carried_over, app.context.contact.channel_change) == (False, False)


async def test_a_code_holds_for_a_time(watched: Watched) -> None:
    """Counted to the begin of the contact that presents it; a day later it is forgotten."""
    live = watched.service.runtime
    earlier = replace(live, clock=lambda: live.clock() - 2 * HOUR_US)

    async with AsyncProfileClient(watched.target) as client:

        async def start(hours_ago: float, code: str = "") -> Any:
            request = StartContactRequest(
                source_key=SourceKey(source="app", id=uuid.uuid4().hex),
                channel="app",
                carry_over_code=code,
                audience=AGENT,
                occur_time=stamp(time.time() - hours_ago * 3600),
            )
            return await client.call(request, deadline_s=20)

        first = await start(2)
        target = ContactTarget(contact_id=first.contact.rpartition("/")[2])
        code = (await issue_carry_over_code(earlier, service_of("app", CallerRole.SERVICE), target)).code
        assert not (await start(0, code)).carried_over
        assert (await start(1.9, code)).conversation == first.conversation
        await sweep(replace(live, clock=lambda: live.clock() + 24 * HOUR_US), "watched")
        assert not (await start(1.9, code)).carried_over


def test_a_replay_answers_what_the_code_did(desk: Desk) -> None:
    """And another code under the same key is another start."""
    call = desk.start("voice", verified("email", MAIL))
    request = desk.start_request("", "app", carry_over_code=issued(desk, call.contact).code)
    first, again = desk.call(request), desk.call(request)
    assert (first.carried_over, again.carried_over, again.replayed) == (True, True, True)
    request.carry_over_code = issued(desk, call.contact).code
    with pytest.raises(ProfileError) as refused:
        desk.call(request)
    assert refused.value.reason == "KEY_REUSED"


def test_an_ended_contact_issues_none(desk: Desk) -> None:
    """Nor one that there is not."""
    call = desk.start("voice", verified("email", MAIL))
    desk.call(EndContactRequest(contact=ref(call.contact), occur_time=desk.tick()))
    with pytest.raises(ProfileError) as refused:
        issued(desk, call.contact)
    assert refused.value.reason == "CONTACT_ENDED"
    unknown = ContactReference(source_key=SourceKey(source="test", id=uuid.uuid4().hex))
    with pytest.raises(ProfileError) as refused:
        desk.call(IssueCarryOverCodeRequest(contact=unknown))
    assert refused.value.reason == "CONTACT_NOT_FOUND"
