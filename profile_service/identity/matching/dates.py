"""Birth dates as sources write them."""

from __future__ import annotations

import re

from anyascii import anyascii

from profile_service.identity.matching.words import IN_DATES, MONTHS

CENTURY_PIVOT = 30
"""Two-digit years below it are of this century. A birth date in the future is impossible, so the pivot is generous."""
YEAR_DIGITS = 4
CENTURIES = ("18", "19", "20")
"""Eight digits that begin so are written year first; others are, if that makes a date."""
SCANNED = str.maketrans("oil|zsbg", "01112586")
"""Letters that stand for digits in what was read off paper."""
SCANNED_DIGITS = 4
"""So many digits there are in a date whose other characters may be letters for digits."""
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[t ].*)?")
_TIME_OF_DAY = re.compile(r"[t ,]\d{1,2}:\d{2}.*", re.DOTALL)
_WRITTEN_OUT = re.compile(r"[\da-z./\-,' ]*")
_PART = re.compile(r"\d+|[a-z]+")
PART_DIGITS = 5
"""A part of a date has no more digits, however it was typed."""
_SIGNS = str.maketrans("年月日년월일", "-- -- ", "\u00ba\u00aa")
"""What stands between the parts in East Asia, and signs of ordinals."""
BirthDate = tuple[int, int, int]
"""Year, month, day; 0 where a part is not known. It may be no date at all (`is_mistyped`)."""


def parse_birth_date(text: str) -> frozenset[BirthDate]:
    """Every reading of a date: 3/4/1978 is both the third of April and the fourth of March. What is of a date's form
    and no date in any order is kept as it stands: it may be nearly another's."""
    written = anyascii(text.translate(_SIGNS)).strip().lower()
    written = _TIME_OF_DAY.sub("", written, count=1)
    readings = _read(written)
    if readings or sum(map(str.isdigit, written)) < SCANNED_DIGITS:
        return readings
    return _read(written.translate(SCANNED))


def _read(written: str) -> frozenset[BirthDate]:
    if match := _ISO.fullmatch(written):
        return _year_first(int(match[1]), int(match[2]), int(match[3] or 0))
    if written.isdigit():
        return _compact(written)
    if not _WRITTEN_OUT.fullmatch(written):
        return frozenset()
    parts: list[str] = [part[0] for part in _PART.finditer(written) if part[0] not in IN_DATES]
    numbers = [part for part in parts if part.isdigit()]
    if len(parts) != 3 or max(map(len, numbers), default=0) > PART_DIGITS:
        return frozenset()
    if len(numbers) == 2:
        (month,) = (part for part in parts if not part.isdigit())
        return _named(month, *numbers)
    return _of_numbers(*numbers) if len(numbers) == 3 else frozenset()


def _of_numbers(first: str, middle: str, last: str) -> frozenset[BirthDate]:
    if len(first) >= YEAR_DIGITS:
        return _year_first(int(first), int(middle), int(last))
    return _first_possible(_year_last(int(first), int(middle), _year(last)))


def _compact(digits: str) -> frozenset[BirthDate]:
    """A year, or eight digits: most programs write the year first, forms the way that people do."""
    if len(digits) == YEAR_DIGITS:
        return frozenset({(int(digits), 0, 0)})
    if len(digits) != 8:
        return frozenset()
    first, last = int(digits[4:6]), int(digits[6:])
    year_first = [(int(digits[:4]), first, last)]
    year_last = _year_last(int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    orders = (year_first, year_last) if digits.startswith(CENTURIES) else (year_last, year_first)
    return _first_possible(*orders, [(int(digits[:4]), last, first)])


def _named(month: str, first: str, last: str) -> frozenset[BirthDate]:
    if month not in MONTHS:
        return frozenset()
    year, day = (first, last) if len(first) >= YEAR_DIGITS else (last, first)
    return _first_possible([(_year(year), MONTHS[month], int(day))])


def _year(text: str) -> int:
    return int(text) + (0 if len(text) > 2 else 2000 if int(text) < CENTURY_PIVOT else 1900)


def _year_first(year: int, first: int, second: int) -> frozenset[BirthDate]:
    return _first_possible([(year, first, second)], [(year, second, first)])


def _year_last(first: int, second: int, year: int) -> list[BirthDate]:
    return [(year, first, second), (year, second, first)]


def _first_possible(*orders: list[BirthDate]) -> frozenset[BirthDate]:
    """The dates of the first order that makes some; else what the first order says."""
    for readings in orders:
        if possible := frozenset(date for date in readings if not is_mistyped(date)):
            return possible
    return frozenset(orders[0])


def is_partial(date: BirthDate) -> bool:
    """Whether only the year is known: the first of January is what systems fill in."""
    _, month, day = date
    return not (month and day) or month == day == 1


def is_mistyped(date: BirthDate) -> bool:
    """Whether it is no date, but perhaps a slip of the keys away from one."""
    year, month, day = date
    return not (month <= 12 and day <= 31 and 1000 <= year <= 2100)
