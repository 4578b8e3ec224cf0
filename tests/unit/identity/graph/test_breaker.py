"""The merge breaker: whether merges leave the usual band."""

from __future__ import annotations

import pytest

from profile_service.identity.graph.breaker import MergeRate, hour_of, is_out_of_band
from profile_service.identity.policy import BreakerRules

RULES = BreakerRules(least=200, share=0.5, factor=4.0, usual_least=1000)
UNKNOWN = MergeRate(changes=999, merges=0)
QUIET, BUSY = MergeRate(changes=50_000, merges=500), MergeRate(changes=50_000, merges=10_000)


@pytest.mark.parametrize(
    ("hour", "usual", "trips"),
    [
        (MergeRate(changes=200, merges=200), UNKNOWN, False),
        (MergeRate(changes=200, merges=201), UNKNOWN, True),
        (MergeRate(changes=400, merges=201), UNKNOWN, True),
        (MergeRate(changes=402, merges=201), UNKNOWN, False),
        (MergeRate(changes=500, merges=201), UNKNOWN, False),
        (MergeRate(changes=5_000, merges=201), QUIET, True),
        (MergeRate(changes=6_000, merges=240), QUIET, False),
        (MergeRate(changes=6_000, merges=241), QUIET, True),
        (MergeRate(changes=1_000, merges=700), BUSY, False),
        (MergeRate(changes=1_000, merges=800), BUSY, False),
        (MergeRate(changes=1_000, merges=801), BUSY, True),
        (MergeRate(changes=1_000, merges=600), MergeRate(changes=999, merges=900), True),
        (MergeRate(changes=1_000, merges=600), MergeRate(changes=1_000, merges=900), False),
        (MergeRate(changes=1_000, merges=201), MergeRate(changes=1_000, merges=0), True),
    ],
)
def test_merges_leave_the_band_by_share_and_by_number(hour: MergeRate, usual: MergeRate, trips: bool) -> None:
    """Few never do; until the usual share is known half of the changes may merge, then four times what is usual."""
    assert is_out_of_band(hour, usual, RULES) is trips


def test_a_breaker_of_no_merges_never_trips() -> None:
    """`least = 0` turns it off; 1 does not."""
    hour = MergeRate(changes=9, merges=9_999)
    assert is_out_of_band(hour, UNKNOWN, BreakerRules(least=0)) is False
    assert is_out_of_band(hour, UNKNOWN, BreakerRules(least=1)) is True


def test_the_share_of_an_hour_in_which_nothing_changed_is_0() -> None:
    """Else merges per change."""
    assert MergeRate(changes=0, merges=0).share == 0.0
    assert MergeRate(changes=1, merges=1).share == 1.0
    assert MergeRate(changes=8, merges=2).share == 0.25


@pytest.mark.parametrize(("time_us", "hour"), [(0, 0), (3_599_999_999, 0), (3_600_000_000, 1), (36_000_000_001, 10)])
def test_hours_are_those_of_event_time(time_us: int, hour: int) -> None:
    """From the epoch on."""
    assert hour_of(time_us) == hour
