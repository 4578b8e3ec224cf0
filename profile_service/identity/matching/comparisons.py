"""How alike two customers are, attribute by attribute: each comparison answers a level, best first.

A comparison looks at all values of both sides and takes the best pair. Level names are those of the model document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from jellyfish import metaphone
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from profile_service.identity.matching.attributes import (
    HOUSEHOLDS,
    ROLES,
    Address,
    Attributes,
    BirthDate,
    PersonName,
    is_partial,
)
from profile_service.identity.matching.nicknames import are_nicknames, is_listed

CLOSE, SIMILAR, FAINT = 0.92, 0.84, 0.8
"""Jaro-Winkler similarities (Winkler 1990) from which a word is close, similar, or at least reminds of the other."""


YEAR_DAYS = 425
"""Two birth dates so near to each other may be one that was typed wrongly in two places (a year and two months)."""
INITIALS = 2
"""So many letters stand for every name that begins with them."""
DOCUMENT_DIGITS, SLIPS = 6, 2
"""The number of a document with so many characters may have so many slips of the keys."""
MAILBOX_NAME, MAILBOX_PREFIX = 3, 5
"""A given name of so many letters can be told in an e-mail address; before other letters it takes a few more."""
NAME_SLIPS = 2
"""A given name with more slips of the keys than these is another name (Darla and Darletta), unless it was cut off; a
name that stands by itself was not (Anna and Annabelle)."""
LOCAL_DIGITS = 8
"""A phone number of so few digits was written without its area code."""


_WORDS = re.compile(r"[a-z]+")


class Agreement(NamedTuple):
    """What one comparison found: its level, and the value whose frequency counts (empty: the level's own figure)."""

    comparison: str
    level: str
    value: str = ""


Ranks = Mapping[str, int]
Level = Callable[[str, str], str | None]


def _ranks(*levels: str) -> Ranks:
    """The levels of a comparison, best first."""
    return {level: rank for rank, level in enumerate(levels)}


NAME_LEVELS = _ranks("exact", "nickname", "close", "initial", "similar", "different", "different_at_home")
MIDDLE_LEVELS = _ranks("exact", "initial", "different")
DATE_LEVELS = _ranks("exact", "near", "partial", "two_parts", "year", "within_year", "partial_different", "different")
ADDRESS_LEVELS = _ranks(
    "street",
    "street_near",
    "household",
    "postcode",
    "postcode_area",
    "city",
    "city_near",
    "different",
)
TEXT_LEVELS = _ranks("exact", "close", "similar", "different")
EMAIL_LEVELS = _ranks("exact", "slip", "local", "close", "role", "different")
PHONE_LEVELS = _ranks("exact", "seven_digits", "close", "different")


@lru_cache(maxsize=200_000)
def _word_level(left: str, right: str) -> str:
    if left == right:
        return "exact"
    if are_nicknames(left, right):
        return "nickname"
    if min(len(left), len(right)) <= INITIALS and (left.startswith(right) or right.startswith(left)):
        return "initial"
    alike = JaroWinkler.similarity(left, right)
    if alike >= CLOSE or (min(len(left), len(right)) > 3 and DamerauLevenshtein.distance(left, right) == 1):
        return "close"
    if min(len(left), len(right)) >= 3 and (left.startswith(right) or right.startswith(left)):
        return "close"
    return "similar" if alike >= SIMILAR else "different"


def _best(levels: Iterable[tuple[str, str]], ranks: Ranks) -> tuple[str, str] | None:
    """The best level with its value; of equal ones the first value by name: the order of values never counts."""
    best: tuple[str, str] | None = None
    for found in levels:
        if best is None or (ranks[found[0]], found[1]) < (ranks[best[0]], best[1]):
            best = found
    return best


def _best_pair(left: frozenset[str], right: frozenset[str], level_of: Level, ranks: Ranks) -> tuple[str, str] | None:
    """The best level of all pairs of values, with the left one; most customers have one of a kind."""
    if len(left) == len(right) == 1:
        (mine,), (other,) = left, right
        level = level_of(mine, other)
        return None if level is None else (level, mine)
    levels = ((level, a) for a in left for b in right if (level := level_of(a, b)) is not None)
    return _best(levels, ranks)


@lru_cache(maxsize=200_000)
def _given_level(left: str, right: str) -> str:
    """Two known names that are alike are still two names (Darla and Darlene), unless they sound the same."""
    level = _word_level(left, right)
    if level in ("close", "similar") and is_listed(left) and is_listed(right) and metaphone(left) != metaphone(right):
        return "different"
    if level in ("close", "similar") and DamerauLevenshtein.distance(left, right) > NAME_SLIPS:
        shorter, longer = sorted((left, right), key=len)
        return level if longer.startswith(shorter) and not is_listed(shorter) else "different"
    return level


@lru_cache(maxsize=200_000)
def _family_level(left: str, right: str) -> str:
    """Family names of several words agree closely where one holds a word of the other (marriage, second surname)."""
    if left == right:
        return "exact"
    if (" " in left or " " in right) and set(left.split()) & set(right.split()):
        return "close"
    level = _word_level(left.replace(" ", ""), right.replace(" ", ""))
    return {"nickname": "similar", "initial": "similar"}.get(level, level)


def _names(left: PersonName, right: PersonName) -> tuple[Agreement | None, Agreement | None]:
    given = family = None
    if _is_one_name_parted_elsewhere(left, right):
        return Agreement("given_name", "exact"), Agreement("family_name", "exact")
    if left.given and right.given:
        level = _given_level(left.given, right.given)
        given = Agreement("given_name", level, left.given if level == "exact" else "")
    if left.family and right.family:
        level = _family_level(left.family, right.family)
        family = Agreement("family_name", level, left.family if level == "exact" else "")
    return given, family


def _is_one_name_parted_elsewhere(left: PersonName, right: PersonName) -> bool:
    """Whether both are the same letters, in given and family name together."""
    mine, other = left.given + left.family, right.given + right.family
    if mine[:1] != other[:1] or not ((left.given and left.family) or (right.given and right.family)):
        return False
    parts = (left.given, left.family) != (right.given, right.family)
    return parts and mine.replace(" ", "") == other.replace(" ", "")


Pair = tuple[Agreement | None, Agreement | None]


def _rank(pair: Pair) -> tuple[int, int, str, str]:
    """The best pair first. A part that is missing counts more than one that differs: it must not hide a difference."""
    given, family = pair
    places = (
        NAME_LEVELS[given.level] if given else len(NAME_LEVELS),
        NAME_LEVELS[family.level] if family else len(NAME_LEVELS),
    )
    return sum(places), max(places), given.value if given else "", family.value if family else ""


def _is_whole(pair: Pair) -> bool:
    """Whether both parts agree exactly: no other order can be better."""
    given, family = pair
    return given is not None and family is not None and given.level == family.level == "exact"


def compare_names(left: Attributes, right: Attributes) -> list[Agreement]:
    """Given and family name of the best pair of names, in the order that fits better: many sources swap them."""
    pairs: list[Pair] = []
    for mine in left.names:
        for other in right.names:
            found = _names(mine, other)
            pairs.append(found)
            if mine.given and mine.family and other.given and other.family and not _is_whole(found):
                pairs.append(_names(PersonName(given=mine.family, family=mine.given), other))
    if not pairs:
        return []
    best = pairs[0] if len(pairs) == 1 else min(pairs, key=_rank)
    return [one for one in best if one is not None]


@lru_cache(maxsize=200_000)
def _date_level(left: BirthDate, right: BirthDate) -> str:
    if is_partial(left) or is_partial(right):
        return "partial" if left[0] == right[0] else "partial_different"
    if left == right:
        return "exact"
    if left[0] == right[0] and left[1:] == (right[2], right[1]):
        return "near"
    written = (f"{one[0]:04}{one[1]:02}{one[2]:02}" for one in (left, right))
    if DamerauLevenshtein.distance(*written) == 1:
        return "near"
    agreed = sum(1 for one, other in zip(left, right, strict=True) if one == other)
    if agreed == 2:
        return "two_parts"
    if left[0] == right[0]:
        return "year"
    return "within_year" if abs(_days(left) - _days(right)) <= YEAR_DAYS else "different"


def _days(date: BirthDate) -> int:
    return date[0] * 365 + date[1] * 30 + date[2]


@lru_cache(maxsize=200_000)
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


@lru_cache(maxsize=200_000)
def _text_level(left: str, right: str) -> str:
    if left == right:
        return "exact"
    alike = JaroWinkler.similarity(left, right)
    return "close" if alike >= CLOSE else "similar" if alike >= FAINT else "different"


@lru_cache(maxsize=200_000)
def _email_level(left: str, right: str) -> str:
    """Tags and dots of the local part are no difference; a slip of the keys is told from another customer's number."""
    if left == right:
        return "role" if _is_shared_mailbox(left.partition("@")[0]) else "exact"
    (mine, _, domain), (other, _, far) = left.partition("@"), right.partition("@")
    mine, other = mine.partition("+")[0].replace(".", ""), other.partition("+")[0].replace(".", "")
    near = domain == far or JaroWinkler.similarity(domain, far) >= SIMILAR
    if mine == other:
        return "exact" if domain == far else "slip" if near else "local"
    if not (domain and far):
        return "slip" if JaroWinkler.similarity(left, right) >= CLOSE else "different"
    if min(len(mine), len(other)) <= 3 or JaroWinkler.similarity(mine, other) < CLOSE:
        return "different"
    if DamerauLevenshtein.distance(_digits(mine), _digits(other)) > 1:
        return "different"
    return "slip" if near and DamerauLevenshtein.distance(mine, other) == 1 else "close"


def _is_shared_mailbox(local: str) -> bool:
    """Whether a mailbox says that several people read it: an office's, or a family's."""
    return local in ROLES or not HOUSEHOLDS.isdisjoint(_WORDS.findall(local))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


@lru_cache(maxsize=200_000)
def _phone_level(left: str, right: str) -> str:
    if left == right:
        return "exact"
    if left[-7:] == right[-7:] and min(len(left), len(right)) <= LOCAL_DIGITS:
        return "seven_digits"
    extended = min(len(left), len(right)) > LOCAL_DIGITS and (left.startswith(right) or right.startswith(left))
    return "close" if extended or DamerauLevenshtein.distance(left, right) == 1 else "different"


@lru_cache(maxsize=200_000)
def _handle_level(left: str, right: str) -> str | None:
    """Handles and addresses of pages, by what stands last in them; those of different platforms cannot be compared."""
    if left == right:
        return "exact"
    if left.partition(":")[0] != right.partition(":")[0]:
        return None
    mine, other = left.rstrip("/").rpartition("/")[2], right.rstrip("/").rpartition("/")[2]
    near = min(len(mine), len(other)) > 5 and DamerauLevenshtein.distance(mine, other) == 1
    return "close" if near else "different"


@lru_cache(maxsize=200_000)
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
    ("email", "emails", _email_level, EMAIL_LEVELS),
    ("phone", "phones", _phone_level, PHONE_LEVELS),
    ("handle", "handles", _handle_level, TEXT_LEVELS),
    ("device", "devices", _same, TEXT_LEVELS),
)
"""Comparison, attribute, how two values compare, and the ranks of the levels."""


@lru_cache(maxsize=200_000)
def _middle_level(left: str, right: str) -> str:
    """A word in common, else the first letters where one of them is no more than that."""
    mine, other = left.split(), right.split()
    if any(len(word) > 1 and word in other for word in mine):
        return "exact"
    short = any(len(a) == 1 or len(b) == 1 for a in mine for b in other if a[0] == b[0])
    return "initial" if short else "different"


def _compare_middle_names(left: Attributes, right: Attributes) -> tuple[str, str] | None:
    mine, other = ([name.middle for name in one.names if name.middle] for one in (left, right))
    return _best(((_middle_level(a, b), "") for a in mine for b in other), MIDDLE_LEVELS) if mine and other else None


@lru_cache(maxsize=200_000)
def _mailbox_level(email: str, given: str) -> str | None:
    """Whether an address is named after somebody: of the name, or of another one."""
    local = email.partition("@")[0]
    if given in local:
        return "exact"
    words = _WORDS.findall(local)
    if any(are_nicknames(word, given) for word in words):
        return "exact"
    return "different" if any(_begins_with_a_name(word) for word in words) else None


@lru_cache(maxsize=200_000)
def _begins_with_a_name(word: str) -> bool:
    """Whether a word is a given name, or a longer one with something behind it."""
    if len(word) >= MAILBOX_NAME and is_listed(word):
        return True
    return any(is_listed(word[:end]) for end in range(len(word) - 1, MAILBOX_PREFIX - 1, -1))


def _compare_mailbox_names(left: Attributes, right: Attributes) -> str | None:
    """A given name with the addresses of a side that says none: many are named after their owner."""
    found: set[str | None] = set()
    for named, other in ((left, right), (right, left)):
        if not any(name.given for name in other.names):
            givens = [name.given for name in named.names if len(name.given) >= MAILBOX_NAME]
            found |= {_mailbox_level(email, given) for email in other.emails - named.emails for given in givens}
    return next((level for level in ("exact", "different") if level in found), None)


def compare(left: Attributes, right: Attributes) -> list[Agreement]:
    """Every comparison for which both sides have a value."""
    found = compare_names(left, right) if left.names and right.names else []
    if middle := _compare_middle_names(left, right):
        found.append(Agreement("middle_name", middle[0]))
    if mailbox := _compare_mailbox_names(left, right):
        found.append(Agreement("mailbox_name", mailbox))
    if left.birth_dates and right.birth_dates:
        dates = _best(((_date_level(a, b), "") for a in left.birth_dates for b in right.birth_dates), DATE_LEVELS)
        if dates:
            found.append(Agreement("birth_date", dates[0]))
    if left.addresses and right.addresses:
        places = (
            (level, _address_value(a, level))
            for a in left.addresses
            for b in right.addresses
            if (level := _address_level(a, b)) is not None
        )
        if best := _best(places, ADDRESS_LEVELS):
            found.append(Agreement("address", *best))
    if left.government_ids and right.government_ids:
        numbers = (
            (level, " ".join(a))
            for a in left.government_ids
            for b in right.government_ids
            if (level := government_level(a, b)) is not None
        )
        if best := _best(numbers, TEXT_LEVELS):
            found.append(Agreement("government_id", best[0], best[1] if best[0] == "exact" else ""))
    for comparison, attribute, level_of, ranks in TEXTS:
        mine, other = getattr(left, attribute), getattr(right, attribute)
        if mine and other and (best := _best_pair(mine, other, level_of, ranks)):
            found.append(Agreement(comparison, best[0], best[1] if best[0] == "exact" else ""))
    return _at_home(found)


def _at_home(found: list[Agreement]) -> list[Agreement]:
    """A family name and a street say one thing, not two: relatives live together. And of those who live together,
    people with different given names are different people."""
    levels = {one.comparison: one.level for one in found}
    if levels.get("family_name") not in ("exact", "close") or levels.get("address") not in ("street", "street_near"):
        return found
    seen: list[Agreement] = []
    for one in found:
        if one.comparison == "address":
            seen.append(Agreement("address", "household"))
        elif one == Agreement("given_name", "different"):
            seen.append(Agreement("given_name", "different_at_home"))
        else:
            seen.append(one)
    return seen
