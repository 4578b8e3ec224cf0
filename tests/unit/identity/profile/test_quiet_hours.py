"""Quiet hours go by the clock of where a contact point is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_service.identity.policies import shipped_policy, shipped_text
from profile_service.identity.policy import PolicyError
from profile_service.identity.policy_document import parse_policy
from profile_service.identity.profile.quiet_hours import QuietHours, quiet_until
from profile_service.identity.text.phones import time_zones_in, time_zones_of

NIGHT = QuietHours(begin="21:00", end="08:00", purposes=frozenset({"marketing"}), channels=frozenset({"sms"}))
NOON = QuietHours(begin="12:00", end="13:00")
HOUR_US = 3_600_000_000


def us(text: str) -> int:
    """Microseconds since the epoch of a UTC time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("now", "zones", "hours", "until"),
    [
        ("2026-01-15 12:00", ["Europe/Berlin"], NIGHT, None),
        ("2026-01-15 19:59", ["Europe/Berlin"], NIGHT, None),
        ("2026-01-15 20:00", ["Europe/Berlin"], NIGHT, "2026-01-16 07:00"),
        ("2026-01-16 06:59", ["Europe/Berlin"], NIGHT, "2026-01-16 07:00"),
        ("2026-01-16 07:00", ["Europe/Berlin"], NIGHT, None),
        ("2026-07-15 19:00", ["Europe/Berlin"], NIGHT, "2026-07-16 06:00"),
        ("2026-03-28 23:00", ["Europe/Berlin"], NIGHT, "2026-03-29 06:00"),  # the clocks go forward that night
        ("2026-01-15 13:30", ["America/New_York", "America/Los_Angeles"], NIGHT, "2026-01-15 16:00"),
        ("2026-01-15 11:30", ["Europe/Berlin"], NOON, "2026-01-15 12:00"),
        ("2026-01-15 12:00", ["Europe/Berlin"], NOON, None),
        ("2026-01-15 23:00", [], NIGHT, None),
    ],
)
def test_when_it_is_quiet(now: str, zones: list[str], hours: QuietHours, until: str | None) -> None:
    """Over midnight, over a change of the clocks, and in several zones as long as it is in any."""
    assert quiet_until(us(now), zones, hours) == (None if until is None else us(until))


@given(st.integers(us("2020-01-01"), us("2030-01-01")), st.sampled_from(["Europe/Berlin", "Asia/Kolkata"]))
def test_after_the_quiet_hours_it_is_not_quiet(now_us: int, zone: str) -> None:
    """And they are never longer than the night."""
    until = quiet_until(now_us, [zone], NIGHT)
    if until is not None:
        assert now_us < until <= now_us + 12 * HOUR_US
        assert quiet_until(until, [zone], NIGHT) is None


def test_they_hold_for_what_the_policy_names() -> None:
    """Purposes on channels; hours that begin as they end are none."""
    assert NIGHT.concern("marketing", "sms")
    assert not NIGHT.concern("service", "sms")
    assert not NIGHT.concern("marketing", "email")
    assert not QuietHours(purposes=NIGHT.purposes, channels=NIGHT.channels).concern("marketing", "sms")
    assert shipped_policy("default").quiet_hours.concern("marketing", "voice")


def test_where_a_number_may_be() -> None:
    """By its prefix; a region by its numbering plan."""
    assert time_zones_of("+4915112345678") == ("Europe/Berlin",)
    assert time_zones_of("+12125551234") == ("America/New_York",)
    assert time_zones_in("DE") == ("Europe/Berlin",)
    assert "America/Los_Angeles" in time_zones_in("US")
    assert time_zones_in("") == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('begin = "25:00"', "quiet_hours"),
        ('channels = ["pigeon"]', "quiet_hours.channels: there is no channel 'pigeon'"),
        ('time_zones = { US = "Mars/Base" }', "quiet_hours.time_zones.US: there is no time zone 'Mars/Base'"),
    ],
)
def test_a_policy_that_is_wrong_is_told_where(line: str, reason: str) -> None:
    """By its key."""
    text = shipped_text("default")
    begin = text.index("[quiet_hours]")
    broken = f"{text[:begin]}[quiet_hours]\n{line}\n\n{text[text.index('[matching]') :]}"
    with pytest.raises(PolicyError, match=reason.replace("[", r"\[")):
        parse_policy(broken)
