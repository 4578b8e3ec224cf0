"""How alike two customers are, attribute by attribute: each comparison answers a level, best first.

A comparison looks at all values of both sides and takes the best pair. Level names are those of the model document.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from profile_service.identity.matching.attributes import (
    Address,
    Attributes,
    BirthDate,
    digits_of,
    is_mistyped,
    is_partial,
)
from profile_service.identity.matching.levels import Agreement, Level, Ranks, best_of, best_pair, ranks_of
from profile_service.identity.matching.mailboxes import (
    EMAIL_LEVELS,
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

FAINT = 0.8
"""The Jaro-Winkler similarity from which a text reminds of another."""


YEAR_DAYS = 425
"""Two birth dates so near to each other may be one that was typed wrongly in two places (a year and two months)."""
DOCUMENT_DIGITS, SLIPS = 6, 2
"""The number of a document with so many characters may have so many slips of the keys."""
LOCAL_DIGITS = 8
"""A phone number of so few digits was written without its area code; one of more may lack its country code."""


DATE_LEVELS = ranks_of("exact", "near", "partial", "two_parts", "year", "within_year", "partial_different", "different")
ADDRESS_LEVELS = ranks_of(
    "street",
    "street_near",
    "household",
    "postcode",
    "postcode_area",
    "city",
    "city_near",
    "different",
)
TEXT_LEVELS = ranks_of("exact", "close", "similar", "different")
PHONE_LEVELS = ranks_of("exact", "seven_digits", "close", "different")


def _date_level(left: BirthDate, right: BirthDate) -> str | None:
    """One that was typed wrongly is near to what it was meant to be, and says nothing against other dates."""
    if is_mistyped(left) or is_mistyped(right):
        return "near" if DamerauLevenshtein.distance(_written(left), _written(right)) == 1 else None
    same_year = left[0] == right[0]
    if is_partial(left) or is_partial(right):
        return "partial" if same_year else "partial_different"
    if left == right:
        return "exact"
    if same_year and left[1] == right[2] and left[2] == right[1]:
        return "near"
    agreed = same_year + (left[1] == right[1]) + (left[2] == right[2])
    if agreed and DamerauLevenshtein.distance(_written(left), _written(right)) == 1:
        return "near"
    if agreed == 2:
        return "two_parts"
    if same_year:
        return "year"
    return "within_year" if abs(_days(left) - _days(right)) <= YEAR_DAYS else "different"


@lru_cache(maxsize=50_000)
def _written(date: BirthDate) -> str:
    year, month, day = date
    return f"{year:04}{month:02}{day:02}"


def _days(date: BirthDate) -> int:
    return date[0] * 365 + date[1] * 30 + date[2]


def _address_level(left: Address, right: Address) -> str | None:
    if left.street and right.street:
        same_numbers = left.numbers == right.numbers or (left.numbers & right.numbers and _contains(left, right))
        if same_numbers:
            if left.street == right.street or _contains(left, right):
                return "street"
            if JaroWinkler.similarity(left.street, right.street) >= SIMILAR:
                return "street_near"
    if left.postcode and right.postcode:
        if left.postcode == right.postcode:
            return "postcode"
        if left.postcode[:3] == right.postcode[:3] or DamerauLevenshtein.distance(left.postcode, right.postcode) == 1:
            return "postcode_area"
    if left.city and right.city:
        alike = JaroWinkler.similarity(left.city, right.city)
        return "city" if alike >= CLOSE else "city_near" if alike >= FAINT else "different"
    known = (left.street and right.street) or (left.postcode and right.postcode)
    return "different" if known else None


def _contains(left: Address, right: Address) -> bool:
    mine, other = set(left.street.split()), set(right.street.split())
    return len(mine & other) >= 2 and (mine <= other or other <= mine)


def _address_value(left: Address, level: str) -> str:
    return str(getattr(left, level)) if level in ("street", "postcode", "city") else ""


def _text_level(left: str, right: str) -> str:
    if left == right:
        return "exact"
    alike = JaroWinkler.similarity(left, right)
    return "close" if alike >= CLOSE else "similar" if alike >= FAINT else "different"


def _phone_level(left: str, right: str) -> str:
    """By digits: what is no number may be one without its country code, or with an extension run into it."""
    if left == right:
        return "exact"
    shorter, longer = sorted((digits_of(left), digits_of(right)), key=len)
    if shorter[-7:] == longer[-7:] and len(shorter) <= LOCAL_DIGITS:
        return "seven_digits"
    national = shorter.lstrip("0")
    if len(national) > LOCAL_DIGITS and (longer.endswith(national) or longer.startswith(shorter)):
        return "close"
    return "close" if DamerauLevenshtein.distance(shorter, longer) == 1 else "different"


def _handle_level(left: str, right: str) -> str | None:
    """Handles and addresses of pages, by what stands last in them; those of different platforms cannot be compared."""
    if left == right:
        return "exact"
    if left.partition(":")[0] != right.partition(":")[0]:
        return None
    mine, other = left.rstrip("/").rpartition("/")[2], right.rstrip("/").rpartition("/")[2]
    near = min(len(mine), len(other)) > 5 and DamerauLevenshtein.distance(mine, other) == 1
    return "close" if near else "different"


def government_level(left: tuple[str, str], right: tuple[str, str]) -> str | None:
    """Documents of one kind; a number with a slip or two may still be the same."""
    if left[0] != right[0]:
        return None
    if left == right:
        return "exact"
    if min(len(left[1]), len(right[1])) < DOCUMENT_DIGITS:
        return "different"
    return "close" if DamerauLevenshtein.distance(left[1], right[1]) <= SLIPS else "different"


def _same(left: str, right: str) -> str:
    return "exact" if left == right else "different"


TEXTS: Sequence[tuple[str, str, Level, Ranks]] = (
    ("birth_place", "birth_places", _text_level, TEXT_LEVELS),
    ("gender", "genders", _same, TEXT_LEVELS),
    ("occupation", "occupations", _text_level, TEXT_LEVELS),
    ("organisation", "organisations", _text_level, TEXT_LEVELS),
    ("email", "emails", email_level, EMAIL_LEVELS),
    ("phone", "phones", _phone_level, PHONE_LEVELS),
    ("handle", "handles", _handle_level, TEXT_LEVELS),
    ("device", "devices", _same, TEXT_LEVELS),
)
"""Comparison, attribute, how two values compare, and the ranks of the levels."""


def compare(left: Attributes, right: Attributes) -> list[Agreement]:
    """Every comparison for which both sides have a value."""
    return compare_further(left, right, compare_persons(left, right))


def compare_persons(left: Attributes, right: Attributes) -> list[Agreement]:
    """Names and birth dates: they tell most people apart already."""
    found = compare_names(left, right) if left.names and right.names else []
    if left.birth_dates and right.birth_dates:
        found += _compare_dates(left.birth_dates, right.birth_dates)
    return found


def compare_further(left: Attributes, right: Attributes, found: list[Agreement]) -> list[Agreement]:
    """Everything else, added to what `compare_persons` found."""
    if middle := compare_middle_names(left, right):
        found.append(Agreement("middle_name", middle[0]))
    if mailbox := compare_mailbox_names(left, right):
        found.append(Agreement("mailbox_name", mailbox))
    if left.addresses and right.addresses and (place := _compare_addresses(left.addresses, right.addresses)):
        found = _at_home(found, place)
    if left.government_ids and right.government_ids:
        found += _compare_documents(left.government_ids, right.government_ids)
    for comparison, attribute, level_of, ranks in TEXTS:
        mine: frozenset[str] = getattr(left, attribute)
        other: frozenset[str] = getattr(right, attribute) if mine else mine
        if other and (best := best_pair(mine, other, level_of, ranks)):
            found.append(Agreement(comparison, best[0], best[1] if best[0] == "exact" else ""))
    if (left.handles or right.handles) and (level := compare_user_names(left, right)):
        found.append(Agreement("user_name", level))
    return found


def _compare_dates(left: frozenset[BirthDate], right: frozenset[BirthDate]) -> list[Agreement]:
    if len(left) == len(right) == 1:
        (mine,), (other,) = left, right
        level = _date_level(mine, other)
        return [Agreement("birth_date", level)] if level else []
    levels = ((level, "") for a in left for b in right if (level := _date_level(a, b)) is not None)
    best = best_of(levels, DATE_LEVELS)
    return [Agreement("birth_date", best[0])] if best else []


def _compare_addresses(left: frozenset[Address], right: frozenset[Address]) -> Agreement | None:
    places = [
        (level, _address_value(a, level)) for a in left for b in right if (level := _address_level(a, b)) is not None
    ]
    best = best_of(places, ADDRESS_LEVELS)
    return Agreement("address", *best) if best else None


def _compare_documents(left: frozenset[tuple[str, str]], right: frozenset[tuple[str, str]]) -> list[Agreement]:
    numbers = ((level, " ".join(a)) for a in left for b in right if (level := government_level(a, b)) is not None)
    best = best_of(numbers, TEXT_LEVELS)
    return [Agreement("government_id", best[0], best[1] if best[0] == "exact" else "")] if best else []


NEAR_NAMES, ONE_STREET = ("exact", "close"), ("street", "street_near")
AT_ONE_HOME, ANOTHER_NAME = Agreement("address", "household"), Agreement("given_name", "different")
ANOTHER_AT_HOME = Agreement("given_name", "different_at_home")


def _at_home(found: list[Agreement], place: Agreement) -> list[Agreement]:
    """What names say, and a place with them. A family name and a street say one thing, not two: relatives live
    together. And of those who live together, people with different given names are different people."""
    if place.level not in ONE_STREET:
        return [*found, place]
    if not any(comparison == "family_name" and level in NEAR_NAMES for comparison, level, _ in found):
        return [*found, place]
    return [*(ANOTHER_AT_HOME if one == ANOTHER_NAME else one for one in found), AT_ONE_HOME]
