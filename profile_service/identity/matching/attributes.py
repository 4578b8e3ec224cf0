"""Attributes as sources write them -> values that can be compared. What cannot be read is left out, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from anyascii import anyascii

from profile_service.identity.matching.dates import BirthDate, parse_birth_date
from profile_service.identity.matching.words import STREET_WORDS, SUFFIXES, TITLES
from profile_service.identity.text.placeholders import is_no_code, means_nothing

COMPARED_MAX, VALUES_MAX = 200, 8
"""Characters of a value, and values of an attribute, that are compared: comparing costs their product."""
KNOWN_MAX = 100
"""The same for what is known of a customer over all records."""
GOVERNMENT_ID = "government_id/"
_WORD = re.compile(r"[a-z0-9]+")
KINDS = {"email": "emails", "phone": "phones", "device": "devices", "cookie": "devices"}
"""Namespaces that are compared in ways of their own; every other identifier is a handle on some platform."""
IDENTIFIERS = ("emails", "phones", "handles", "devices")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in canonical words; any part may be empty."""

    given: str
    family: str
    middle: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A street line in canonical words with its numbers apart, a postcode, a city."""

    street: str = ""
    numbers: frozenset[str] = frozenset()
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What is known of a customer, of one record or of a whole profile: every attribute with all its values."""

    names: frozenset[PersonName] = frozenset()
    birth_dates: frozenset[BirthDate] = frozenset()
    addresses: frozenset[Address] = frozenset()
    birth_places: frozenset[str] = frozenset()
    genders: frozenset[str] = frozenset()
    occupations: frozenset[str] = frozenset()
    organisations: frozenset[str] = frozenset()
    government_ids: frozenset[tuple[str, str]] = frozenset()
    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()

    def united(self, other: Attributes) -> Attributes:
        """The values of both; of very many the first KNOWN_MAX in order, whichever came first."""
        if self == NOTHING_SAID:
            return other
        return Attributes(
            names=_bounded(self.names | other.names),
            birth_dates=_bounded(self.birth_dates | other.birth_dates),
            addresses=_bounded(self.addresses | other.addresses),
            birth_places=_bounded(self.birth_places | other.birth_places),
            genders=_bounded(self.genders | other.genders),
            occupations=_bounded(self.occupations | other.occupations),
            organisations=_bounded(self.organisations | other.organisations),
            government_ids=_bounded(self.government_ids | other.government_ids),
            emails=_bounded(self.emails | other.emails),
            phones=_bounded(self.phones | other.phones),
            handles=_bounded(self.handles | other.handles),
            devices=_bounded(self.devices | other.devices),
        )

    def identifiers(self) -> frozenset[tuple[str, str]]:
        """Its identifiers as (attribute, value)."""
        kinds = zip(IDENTIFIERS, (self.emails, self.phones, self.handles, self.devices), strict=True)
        return frozenset((name, value) for name, values in kinds for value in values)

    def with_identifiers(self, other: Attributes) -> Attributes:
        """The same, and the identifiers of the other."""
        return replace(
            self,
            emails=_bounded(self.emails | other.emails),
            phones=_bounded(self.phones | other.phones),
            handles=_bounded(self.handles | other.handles),
            devices=_bounded(self.devices | other.devices),
        )

    def without(self, taken: Iterable[tuple[str, str]]) -> Attributes:
        """The values but those that are taken away, as (attribute, value)."""
        gone = frozenset(taken)
        return replace(
            self,
            emails=frozenset(value for value in self.emails if ("emails", value) not in gone),
            phones=frozenset(value for value in self.phones if ("phones", value) not in gone),
            handles=frozenset(value for value in self.handles if ("handles", value) not in gone),
            devices=frozenset(value for value in self.devices if ("devices", value) not in gone),
        )


def _bounded(values: frozenset[Value]) -> frozenset[Value]:
    return values if len(values) <= KNOWN_MAX else frozenset(sorted(values, key=repr)[:KNOWN_MAX])


NOTHING_SAID = Attributes()


@lru_cache(maxsize=50_000)
def words(text: str) -> tuple[str, ...]:
    """ASCII words in lower case; an apostrophe joins (O'Brien is one word). Of a long text the first COMPARED_MAX
    characters."""
    return tuple(_WORD.findall(anyascii(text[:COMPARED_MAX])[:COMPARED_MAX].lower().replace("'", "")))


def parse_name(given: str, family: str, full: str = "", middle: str = "") -> PersonName | None:
    """A name from its parts, or where there are none from the full name: "Family, Given" where there is a comma, else
    the last word is the family name. None where nothing is left of it."""
    if given or family or middle:
        return _name(_name_words(given), _name_words(family), _name_words(middle))
    before, comma, after = full.partition(",")
    first, second = _name_words(before), _name_words(after)
    if comma and second and not all(word in SUFFIXES for word in second):
        return _name(second, first)
    everything = [*first, *second]
    whole = [word for word in everything if word not in SUFFIXES]
    return _name([*whole[:-1], *(word for word in everything if word in SUFFIXES)], whole[-1:])


def _name_words(text: str) -> list[str]:
    return [word for word in words(text) if word not in TITLES]


def _name(given: Sequence[str], family: Sequence[str], middle: Sequence[str] = ()) -> PersonName | None:
    """A middle name is never taken for the given name that is missing."""
    suffix = next((SUFFIXES[word] for word in (*given, *family, *middle) if word in SUFFIXES), "")
    first, last, rest = ([word for word in part if word not in SUFFIXES] for part in (given, family, middle))
    if not first and not last and not rest:
        return None
    between = " ".join((*first[1:], *rest))
    return PersonName(given=first[0] if first else "", family=" ".join(last), middle=between, suffix=suffix)


def parse_address(street: str, postcode: str, city: str) -> Address | None:
    """An address of what is known of it; the postcode is taken off the end of a line that holds it."""
    spelled = [STREET_WORDS.get(word, word) for word in words(street)]
    code = "".join(words(postcode))
    if not code and len(spelled) > 2 and spelled[-1].isdigit() and len(spelled[-1]) == 5:
        code = spelled.pop()
    address = Address(
        street=" ".join(spelled),
        numbers=frozenset(word for word in spelled if any(letter.isdigit() for letter in word)),
        postcode=code,
        city=" ".join(words(city)),
    )
    return address if address != Address() else None


MATCHED = frozenset(
    {"given_name", "middle_name", "family_name", "name", "birth_date", "street", "postcode", "city", "birth_place"}
) | {"gender", "occupation", "organisation"}
"""The attributes that are matched, beside government_id/TYPE."""


def is_matched(attribute: str) -> bool:
    """Whether matching reads an attribute; others are kept for the profile alone."""
    return attribute in MATCHED or _is_government_id(attribute)


def parse_attributes(given: Mapping[str, str], identifiers: Iterable[tuple[str, str]] = ()) -> Attributes:
    """The attributes of one source record, and its identifiers as (namespace, normalised value).

    It reads the keys of `is_matched`; a value may be several, parted by a vertical bar, of which VALUES_MAX are read.
    """
    cells = said_in(given)

    def only(key: str) -> str:
        return next(iter(cells.get(key, ())), "")

    def texts(key: str) -> frozenset[str]:
        return frozenset(" ".join(words(text)) for text in cells.get(key, ()))

    parts = parse_name(only("given_name"), only("family_name"), middle=only("middle_name"))
    names = [parts] if parts else [parse_name("", "", full) for full in cells.get("name", ())]
    address = parse_address(only("street"), only("postcode"), only("city"))
    known = _compared(identifiers)
    return Attributes(
        names=frozenset(name for name in names if name is not None),
        birth_dates=frozenset(date for text in cells.get("birth_date", ()) for date in parse_birth_date(text)),
        addresses=frozenset({address} if address else ()),
        birth_places=texts("birth_place"),
        genders=frozenset(text[:1] for text in texts("gender")),
        occupations=texts("occupation"),
        organisations=texts("organisation"),
        government_ids=frozenset(
            (key.removeprefix(GOVERNMENT_ID), value.replace(" ", ""))
            for key in filter(_is_government_id, cells)
            for value in texts(key)
        ),
        emails=frozenset(known["emails"]),
        phones=frozenset(known["phones"]),
        handles=frozenset(known["handles"]),
        devices=frozenset(known["devices"]),
    )


NAME_PARTS = ("given_name", "middle_name", "family_name")


def said_in(given: Mapping[str, str]) -> dict[str, list[str]]:
    """The values of each attribute, but for those that mean nothing (E8). Words that people are called as well mean
    nothing in a name that has no other, and in the number of a document."""
    cells = {
        key: [
            value.strip()[:COMPARED_MAX]
            for value in text.split("|", VALUES_MAX)[:VALUES_MAX]
            if value.strip() and not (is_no_code if _is_government_id(key) else means_nothing)(value)
        ]
        for key, text in given.items()
    }
    for parts in (NAME_PARTS, ("name",)):
        if all(map(is_no_code, (value for part in parts for value in cells.get(part, ())))):
            cells |= {part: [] for part in parts if part in cells}
    return cells


def _is_government_id(attribute: str) -> bool:
    return attribute.startswith(GOVERNMENT_ID)


def _compared(identifiers: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The values of identifiers by the attribute that they are compared as."""
    known: dict[str, set[str]] = {name: set() for name in IDENTIFIERS}
    for namespace, value in identifiers:
        name, compared = as_compared(namespace, value)
        known[name].add(compared)
    return known


def digits_of(text: str) -> str:
    """The digits of a text."""
    return text if text.isdigit() else "".join(filter(str.isdigit, text))


def as_compared(namespace: str, value: str) -> tuple[str, str]:
    """The attribute that an identifier is compared as, and its value there."""
    return KINDS.get(namespace, "handles"), value if namespace in KINDS else f"{namespace}:{value}"
