"""Whether a customer may be contacted (CheckConsent, I16), and what an outbound contact is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from profile_client import ProfileError

from profile_service.v1 import (
    CheckConsentRequest,
    CheckConsentResponse,
    Consent,
    Direction,
    HandoffContext,
    Identifier,
    RecordConsentRequest,
    ReleaseIdentifierRequest,
)
from tests.integration.desk import AGENT, AUTOMATED, Desk, claimed, observed, one, ref, verified

NUMBER, MAIL = "+4915112345678", "anna@example.org"
GRANTED, STOP = Consent.STATE_GRANTED, Consent.STATE_WITHDRAWN
FORBIDDEN = HandoffContext.WARNING_CONSENT_WITHDRAWN


def say(desk: Desk, state: Consent.State.ValueType, channel: str = "", brand: str = "", **subject: Any) -> None:
    """Record a consent for marketing."""
    consent = Consent(purpose="marketing", state=state, channel=channel, brand=brand, occur_time=desk.tick())
    desk.call(RecordConsentRequest(consent=consent, **subject))


def ask(desk: Desk, channel: str = "email", brand: str = "", purpose: str = "marketing", **subject: Any) -> str:
    """The reason of the answer."""
    answer = desk.call(CheckConsentRequest(purpose=purpose, channel=channel, brand=brand, **subject))
    assert answer.allowed == (answer.reason in (answer.REASON_GRANTED, answer.REASON_NOT_NEEDED))
    return CheckConsentResponse.Reason.Name(answer.reason).removeprefix("REASON_")


def mail(value: str = MAIL) -> Identifier:
    """A contact point that is asked about."""
    return claimed("email", value)


def test_nothing_said_permits_what_needs_no_consent(desk: Desk) -> None:
    """Of somebody known and of nobody alike."""
    desk.start("email", verified("email", MAIL))
    for value in (MAIL, "nobody@example.org"):
        assert ask(desk, identifier=mail(value)) == "NOT_GIVEN"
        assert ask(desk, purpose="service", identifier=mail(value)) == "NOT_NEEDED"


def test_what_is_said_later_or_of_every_channel_and_brand_counts(desk: Desk) -> None:
    """A STOP of one brand stops that brand, a STOP without one all; what is proved takes it back."""
    anna = desk.start("email", verified("email", MAIL)).profile
    say(desk, GRANTED, identifier=verified("email", MAIL))
    assert (ask(desk, identifier=mail()), ask(desk, profile=anna)) == ("GRANTED", "GRANTED")
    say(desk, STOP, brand="gold", identifier=mail())
    assert (ask(desk, identifier=mail()), ask(desk, brand="gold", identifier=mail())) == ("GRANTED", "WITHDRAWN")
    say(desk, STOP, channel="email", profile=anna)
    assert [ask(desk, channel, profile=anna) for channel in ("email", "letter")] == ["WITHDRAWN", "GRANTED"]
    say(desk, STOP, profile=anna)
    assert ask(desk, "letter", "gold", profile=anna) == "WITHDRAWN"
    say(desk, GRANTED, identifier=claimed("email", MAIL))
    assert ask(desk, identifier=mail()) == "WITHDRAWN"


def test_a_stop_stays_with_the_number(desk: Desk) -> None:
    """Where nobody used it yet, and for its next owner; who permitted it before permits nothing for her."""
    say(desk, STOP, identifier=claimed("phone", NUMBER))
    assert ask(desk, "sms", identifier=claimed("phone", NUMBER)) == "WITHDRAWN"
    other = "+4915112345679"
    for state, expected in ((GRANTED, "NOT_GIVEN"), (STOP, "WITHDRAWN")):
        call = desk.start("sms", verified("phone", other))
        say(desk, state, identifier=verified("phone", other), contact=ref(call.contact))
        released = ReleaseIdentifierRequest(
            identifier=verified("phone", other), occur_time=desk.tick(), contact=ref(call.contact)
        )
        desk.call(released)
        desk.start("sms", verified("phone", other))
        assert ask(desk, "letter", identifier=claimed("phone", other)) == expected


def test_a_shared_number_is_stopped_by_each_of_its_users(desk: Desk) -> None:
    """The strictest of those who use it."""
    for key in ("a", "b"):
        desk.crm(key, one("crm", key, "SYSTEM_OF_RECORD"), one("phone", NUMBER, "SYSTEM_OF_RECORD"), given_name=key)
    profile = desk.start("app", verified("crm", "a")).profile
    say(desk, STOP, profile=profile)
    assert ask(desk, "letter", identifier=claimed("phone", NUMBER)) == "WITHDRAWN"


def test_quiet_hours_go_by_the_clock_of_the_number(desk: Desk) -> None:
    """From 21 to 8 in the time zone of the number; a call at no hour where the customer forbade it."""
    numbers = {"Europe/Berlin": NUMBER, "America/New_York": "+12125550123", "Asia/Tokyo": "+81312345678"}
    for zone, number in numbers.items():
        point = verified("phone", number)
        desk.start("sms", point)
        say(desk, GRANTED, identifier=point)
        answer = desk.call(CheckConsentRequest(purpose="marketing", channel="sms", identifier=point))
        hour = datetime.now(ZoneInfo(zone)).hour
        is_quiet = hour >= 21 or hour < 8
        assert (answer.reason == answer.REASON_QUIET_HOURS) == is_quiet != answer.allowed
        if is_quiet:
            end = answer.allowed_from_time.ToDatetime(UTC).astimezone(ZoneInfo(zone))
            assert (end.hour, end.minute) == (8, 0)
    assert {ask(desk, "letter", identifier=claimed("phone", number)) for number in numbers.values()} == {"GRANTED"}


def test_bad_questions_are_refused(desk: Desk) -> None:
    """Typed, by field."""
    for request, reason in (
        (CheckConsentRequest(purpose="marketing", channel="pigeon", identifier=mail()), "NOT_REGISTERED"),
        (CheckConsentRequest(purpose="marketing", channel="email", identifier=mail("x")), "IDENTIFIER_INVALID"),
        (CheckConsentRequest(purpose="marketing", channel="email"), "FIELD_INVALID"),
    ):
        with pytest.raises(ProfileError) as refused:
            desk.call(request)
        assert refused.value.reason == reason


@pytest.mark.parametrize("audience", [AGENT, AUTOMATED])
def test_an_outbound_contact_is_told_of_a_stop(desk: Desk, audience: int) -> None:
    """Whoever dials, a customer's number or nobody's; not where she wrote herself, nor on another channel."""
    desk.start("sms", verified("phone", NUMBER))
    say(desk, STOP, channel="sms", identifier=claimed("phone", NUMBER))
    say(desk, STOP, channel="sms", identifier=claimed("phone", "+4915112345670"))
    outbound = Direction.DIRECTION_OUTBOUND

    def warned(channel: str, identifier: Identifier, direction: Direction.ValueType = outbound) -> bool:
        started = desk.start(channel, identifier, direction=direction, audience=audience)
        assert ("CONSENT_WITHDRAWN" in started.routing.get("warnings", "")) == (FORBIDDEN in started.context.warnings)
        return FORBIDDEN in started.context.warnings

    assert warned("sms", one("phone", NUMBER, "DIALLED"))
    assert warned("sms", one("phone", "+4915112345670", "DIALLED"))
    assert not warned("letter", one("phone", NUMBER, "DIALLED"))
    assert not warned("sms", observed("phone", NUMBER), Direction.DIRECTION_INBOUND)
