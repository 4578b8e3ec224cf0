"""Birth dates as sources write them."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.dates import BirthDate, is_mistyped, is_partial, parse_birth_date

NONE = set[tuple[int, int, int]]()


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("1978-12-11", {(1978, 12, 11)}),
        (" 1978-12-11 ", {(1978, 12, 11)}),
        ("1978-12-11 10:00", {(1978, 12, 11)}),
        ("1978-12", {(1978, 12, 0)}),
        ("1978-2-1", {(1978, 2, 1)}),
        ("12/11/1978", {(1978, 12, 11), (1978, 11, 12)}),
        ("20/8/1991", {(1991, 8, 20)}),
        ("8/20/1991", {(1991, 8, 20)}),
        ("20.8.1991", {(1991, 8, 20)}),
        ("20 8 1991", {(1991, 8, 20)}),
        ("1978/12/11", {(1978, 12, 11)}),
        ("1978 dec 11", {(1978, 12, 11)}),
        ("24-May-11", {(2011, 5, 24)}),
        ("24 January 1978", {(1978, 1, 24)}),
        ("1978-12-11T00:00:00Z", {(1978, 12, 11)}),
        ("1978-12-11 08:30", {(1978, 12, 11)}),
        ("24 sept 1978", {(1978, 9, 24)}),
        ("24 xxx 1978", NONE),
        ("1/2/29", {(2029, 1, 2), (2029, 2, 1)}),
        ("1/2/30", {(1930, 1, 2), (1930, 2, 1)}),
        ("1/2/99", {(1999, 1, 2), (1999, 2, 1)}),
        ("19781211", {(1978, 12, 11)}),
        ("1978", {(1978, 0, 0)}),
        ("1978-25-12", {(1978, 12, 25)}),
        ("1978-13-45", {(1978, 13, 45)}),
        ("1978-12-31", {(1978, 12, 31)}),
        ("1978-12-32", {(1978, 12, 32)}),
        ("31/12/1000", {(1000, 12, 31)}),
        ("31/12/0999", NONE),
        ("31/12/2100", {(2100, 12, 31)}),
        ("31/12/2101", NONE),
        ("1978/13/45", NONE),
        ("13/45/1978", NONE),
        ("soon", NONE),
        ("197", NONE),
        ("19781", NONE),
        ("", NONE),
    ],
)
def test_birth_dates_keep_every_reading(text: str, dates: set[tuple[int, int, int]]) -> None:
    """What is no date in any order is kept where it was written year first, and is nothing else."""
    assert parse_birth_date(text) == dates


@pytest.mark.parametrize(
    ("date", "partial", "mistyped"),
    [
        ((1978, 12, 11), False, False),
        ((1978, 0, 0), True, False),
        ((1978, 12, 0), True, False),
        ((1978, 0, 11), True, False),
        ((1978, 1, 1), True, False),
        ((1978, 2, 2), False, False),
        ((1978, 1, 2), False, False),
        ((1978, 12, 31), False, False),
        ((1978, 13, 1), False, True),
        ((1978, 12, 32), False, True),
        ((999, 12, 11), False, True),
        ((1000, 12, 11), False, False),
        ((2100, 12, 11), False, False),
        ((2101, 12, 11), False, True),
    ],
)
def test_a_date_may_be_partial_or_mistyped(date: BirthDate, partial: bool, mistyped: bool) -> None:
    """The first of January is what systems fill in."""
    assert (is_partial(date), is_mistyped(date)) == (partial, mistyped)
