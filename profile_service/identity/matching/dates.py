"""Birth dates as sources write them."""

from __future__ import annotations

import re

from anyascii import anyascii

from profile_service.identity.matching.words import MONTHS

CENTURY_PIVOT = 30
"""Two-digit years below it are of this century. A birth date in the future is impossible, so the pivot is generous."""
NO_MONTH = 13
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[t ].*)?")
_PARTS = re.compile(r"(\d{1,4})[./\- ]([a-z]{3,9}|\d{1,2})[./\- ](\d{1,4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
BirthDate = tuple[int, int, int]
"""Year, month, day; 0 where a part is not known. It may be no date at all (`is_mistyped`)."""


def parse_birth_date(text: str) -> frozenset[BirthDate]:
    """Every reading of a date: 3/4/1978 is both the third of April and the fourth of March. What was written year
    first and is no date in either order is kept as it stands: it may be nearly another's."""
    lowered = anyascii(text).strip().lower()
    if match := _ISO.fullmatch(lowered) or _COMPACT.fullmatch(lowered):
        year, first, second = int(match[1]), int(match[2]), int(match[3] or 0)
        return (
            _readings(year, (first, second)) or _readings(year, (second, first)) or frozenset({(year, first, second)})
        )
    if lowered.isdigit() and len(lowered) == 4:
        return frozenset({(int(lowered), 0, 0)})
    match = _PARTS.fullmatch(lowered)
    if match is None:
        return frozenset()
    first, middle, last = match.groups()
    if len(first) == 4:
        return _readings(int(first), (_month(middle), int(last)))
    year = int(last) if len(last) == 4 else int(last) + (2000 if int(last) < CENTURY_PIVOT else 1900)
    if not middle.isdigit():
        return _readings(year, (_month(middle), int(first)))
    return _readings(year, (int(first), int(middle)), (int(middle), int(first)))


def is_partial(date: BirthDate) -> bool:
    """Whether only the year is known: the first of January is what systems fill in."""
    _, month, day = date
    return not (month and day) or month == day == 1


def is_mistyped(date: BirthDate) -> bool:
    """Whether it is no date, but perhaps a slip of the keys away from one."""
    return not _is_possible(*date)


def _is_possible(year: int, month: int, day: int) -> bool:
    return month <= 12 and day <= 31 and 1000 <= year <= 2100


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    return MONTHS.index(text[:3]) + 1 if text[:3] in MONTHS else NO_MONTH


def _readings(year: int, *pairs: tuple[int, int]) -> frozenset[BirthDate]:
    return frozenset((year, month, day) for month, day in pairs if _is_possible(year, month, day))
