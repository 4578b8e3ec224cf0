"""How alike two customers are, attribute by attribute: each comparison answers a level, best first.

A comparison looks at all values of both sides and takes the best pair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from profile_service.identity.matching.attributes import Address, Attributes, digits_of
from profile_service.identity.matching.dates import BirthDate, is_mistyped, is_partial
from profile_service.identity.matching.levels import Agreement, LevelOf, best_of, best_pair
from profile_service.identity.matching.mailboxes import (
    compare_mailbox_names,
    compare_user_names,
    email_level,
)
from profile_service.identity.matching.names import (
    CLOSE,
    SIMILAR,
    compare_middle_names,
    compare_names,
)
from profile_service.identity.matching.vocabulary import RANKS, Comparison, Level

FAINT = 0.8
"""The Jaro-Winkler similarity from which a text reminds of another."""


YEAR_DAYS = 425
"""Two birth dates so near to each other may be one that was typed wrongly in two places (a year and two months)."""
DOCUMENT_DIGITS, SLIPS = 6, 2
"""The number of a document with so many characters may have so many slips of the keys."""
LOCAL_DIGITS = 8
"""A phone number of so few digits was written without its area code; one of more may lack its country code."""


def _date_level(left: BirthDate, right: BirthDate) -> Level | None:
    """One that was typed wrongly is near to what it was meant to be, and says nothing against other dates."""
    same_year = left[0] == right[0]
    agreed = same_year + (left[1] == right[1]) + (left[2] == right[2])
    if is_mistyped(left) or is_mistyped(right):
        if DamerauLevenshtein.distance(_written(left), _written(right)) == 1:
            return Level.NEAR
        return Level.TWO_PARTS if agreed == 2 else None
    if is_partial(left) or is_partial(right):
        return Level.PARTIAL if same_year else Level.PARTIAL_DIFFERENT
    if left == right:
        return Level.EXACT
    if same_year and left[1] == right[2] and left[2] == right[1]:
        return Level.NEAR
    if agreed and DamerauLevenshtein.distance(_written(left), _written(right)) == 1:
        return Level.NEAR
    if agreed == 2:
        return Level.TWO_PARTS
    if same_year:
        return Level.YEAR
    return Level.WITHIN_YEAR if abs(_days(left) - _days(right)) <= YEAR_DAYS else Level.DIFFERENT


@lru_cache(maxsize=50_000)
def _written(date: BirthDate) -> str:
    year, month, day = date
    return f"{year}{month:02}{day:02}"


def _days(date: BirthDate) -> int:
    return date[0] * 365 + date[1] * 30 + date[2]


def _address_level(left: Address, right: Address) -> Level | None:
    """A street, else a postcode, else a city; nothing where the two say different parts."""
    streets, postcodes = left.street and right.street, left.postcode and right.postcode
    if streets and (level := _street_level(left, right)):
        return level
    if postcodes and (level := _postcode_level(left.postcode, right.postcode)):
        return level
    if left.city and right.city:
        alike = JaroWinkler.similarity(left.city, right.city)
        return Level.CITY if alike >= CLOSE else Level.CITY_NEAR if alike >= FAINT else Level.DIFFERENT
    return Level.DIFFERENT if streets or postcodes else None


def _street_level(left: Address, right: Address) -> Level | None:
    """With the same numbers, or one line within the other."""
    if left.numbers != right.numbers and not (left.numbers & right.numbers and _contains(left, right)):
        return None
    if left.street == right.street or _contains(left, right):
        return Level.STREET
    return Level.STREET_NEAR if JaroWinkler.similarity(left.street, right.street) >= SIMILAR else None


def _postcode_level(left: str, right: str) -> Level | None:
    if left == right:
        return Level.POSTCODE
    return Level.POSTCODE_AREA if left[:3] == right[:3] or DamerauLevenshtein.distance(left, right) == 1 else None


def _contains(left: Address, right: Address) -> bool:
    mine, other = set(left.street.split()), set(right.street.split())
    return len(mine & other) >= 2 and (mine <= other or other <= mine)


def _address_value(left: Address, level: Level) -> str:
    """The part of an address that two share, of which the frequency counts."""
    values = {Level.STREET: left.street, Level.POSTCODE: left.postcode, Level.CITY: left.city}
    return values.get(level, "")


def _text_level(left: str, right: str) -> Level:
    if left == right:
        return Level.EXACT
    alike = JaroWinkler.similarity(left, right)
    return Level.CLOSE if alike >= CLOSE else Level.SIMILAR if alike >= FAINT else Level.DIFFERENT


def _phone_level(left: str, right: str) -> Level:
    """By digits: what is no number may be one without its country code, or with an extension run into it."""
    if left == right:
        return Level.EXACT
    shorter, longer = sorted((digits_of(left), digits_of(right)), key=len)
    if shorter[-7:] == longer[-7:] and len(shorter) <= LOCAL_DIGITS:
        return Level.SEVEN_DIGITS
    national = shorter.lstrip("0")
    if len(national) > LOCAL_DIGITS and (longer.endswith(national) or longer.startswith(shorter)):
        return Level.CLOSE
    return Level.CLOSE if DamerauLevenshtein.distance(shorter, longer) == 1 else Level.DIFFERENT


def _handle_level(left: str, right: str) -> Level | None:
    """Handles and addresses of pages, by what stands last in them; those of different platforms cannot be compared."""
    if left == right:
        return Level.EXACT
    if left.partition(":")[0] != right.partition(":")[0]:
        return None
    mine, other = left.rstrip("/").rpartition("/")[2], right.rstrip("/").rpartition("/")[2]
    near = min(len(mine), len(other)) > 5 and DamerauLevenshtein.distance(mine, other) == 1
    return Level.CLOSE if near else Level.DIFFERENT


def government_level(left: tuple[str, str], right: tuple[str, str]) -> Level | None:
    """Documents of one kind; a number with a slip or two may still be the same."""
    if left[0] != right[0]:
        return None
    if left == right:
        return Level.EXACT
    if min(len(left[1]), len(right[1])) < DOCUMENT_DIGITS:
        return Level.DIFFERENT
    return Level.CLOSE if DamerauLevenshtein.distance(left[1], right[1]) <= SLIPS else Level.DIFFERENT


def _same(left: str, right: str) -> Level:
    return Level.EXACT if left == right else Level.DIFFERENT


@dataclass(frozen=True, slots=True)
class TextComparison:
    """A comparison of plain texts: the values that are compared, and how two of them do."""

    comparison: Comparison
    values_of: Callable[[Attributes], frozenset[str]]
    level_of: LevelOf


TEXTS = (
    TextComparison(Comparison.BIRTH_PLACE, attrgetter("birth_places"), _text_level),
    TextComparison(Comparison.GENDER, attrgetter("genders"), _same),
    TextComparison(Comparison.OCCUPATION, attrgetter("occupations"), _text_level),
    TextComparison(Comparison.ORGANISATION, attrgetter("organisations"), _text_level),
    TextComparison(Comparison.EMAIL, attrgetter("emails"), email_level),
    TextComparison(Comparison.PHONE, attrgetter("phones"), _phone_level),
    TextComparison(Comparison.HANDLE, attrgetter("handles"), _handle_level),
    TextComparison(Comparison.DEVICE, attrgetter("devices"), _same),
)


def compare(left: Attributes, right: Attributes) -> list[Agreement]:
    """Every comparison for which both sides have a value."""
    return compare_further(left, right, compare_persons(left, right))


def compare_persons(left: Attributes, right: Attributes) -> list[Agreement]:
    """Names and birth dates: they tell most people apart already."""
    agreements = compare_names(left, right) if left.names and right.names else []
    if left.birth_dates and right.birth_dates:
        agreements += compare_birth_dates(left.birth_dates, right.birth_dates)
    return agreements


def compare_further(left: Attributes, right: Attributes, agreements: list[Agreement]) -> list[Agreement]:
    """Everything else, added to what `compare_persons` found."""
    if middle := compare_middle_names(left, right):
        agreements.append(Agreement(Comparison.MIDDLE_NAME, middle[0]))
    if mailbox := compare_mailbox_names(left, right):
        agreements.append(Agreement(Comparison.MAILBOX_NAME, mailbox))
    if left.addresses and right.addresses and (place := _compare_addresses(left.addresses, right.addresses)):
        agreements = _at_home(agreements, place)
    if left.government_ids and right.government_ids:
        agreements += compare_documents(left.government_ids, right.government_ids)
    for text in TEXTS:
        mine = text.values_of(left)
        other = text.values_of(right) if mine else mine
        if other and (best := best_pair(mine, other, text.level_of, RANKS[text.comparison])):
            agreements.append(Agreement(text.comparison, best[0], best[1] if best[0] is Level.EXACT else ""))
    if (left.handles or right.handles) and (level := compare_user_names(left, right)):
        agreements.append(Agreement(Comparison.USER_NAME, level))
    return agreements


def compare_birth_dates(left: frozenset[BirthDate], right: frozenset[BirthDate]) -> list[Agreement]:
    """At which level birth dates agree, at most one agreement."""
    if len(left) == len(right) == 1:
        (mine,), (other,) = left, right
        level = _date_level(mine, other)
        return [Agreement(Comparison.BIRTH_DATE, level)] if level else []
    levels = ((level, "") for a in left for b in right if (level := _date_level(a, b)) is not None)
    best = best_of(levels, RANKS[Comparison.BIRTH_DATE])
    return [Agreement(Comparison.BIRTH_DATE, best[0])] if best else []


def _compare_addresses(left: frozenset[Address], right: frozenset[Address]) -> Agreement | None:
    places = [
        (level, _address_value(a, level)) for a in left for b in right if (level := _address_level(a, b)) is not None
    ]
    best = best_of(places, RANKS[Comparison.ADDRESS])
    return Agreement(Comparison.ADDRESS, *best) if best else None


def compare_documents(left: frozenset[tuple[str, str]], right: frozenset[tuple[str, str]]) -> list[Agreement]:
    """Documents by kind and number."""
    numbers = ((level, " ".join(a)) for a in left for b in right if (level := government_level(a, b)) is not None)
    best = best_of(numbers, RANKS[Comparison.GOVERNMENT_ID])
    return [Agreement(Comparison.GOVERNMENT_ID, best[0], best[1] if best[0] is Level.EXACT else "")] if best else []


NEAR_NAMES, ONE_STREET = (Level.EXACT, Level.CLOSE), (Level.STREET, Level.STREET_NEAR)
AT_ONE_HOME = Agreement(Comparison.ADDRESS, Level.HOUSEHOLD)
ANOTHER_NAME = Agreement(Comparison.GIVEN_NAME, Level.DIFFERENT)
ANOTHER_AT_HOME = Agreement(Comparison.GIVEN_NAME, Level.DIFFERENT_AT_HOME)


def _at_home(agreements: list[Agreement], place: Agreement) -> list[Agreement]:
    """What names say, and a place with them. A family name and a street say one thing, not two: relatives live
    together. And of those who live together, people with different given names are different people."""
    if place.level not in ONE_STREET:
        return [*agreements, place]
    if not any(comparison is Comparison.FAMILY_NAME and level in NEAR_NAMES for comparison, level, _ in agreements):
        return [*agreements, place]
    return [*(ANOTHER_AT_HOME if agreement == ANOTHER_NAME else agreement for agreement in agreements), AT_ONE_HOME]
