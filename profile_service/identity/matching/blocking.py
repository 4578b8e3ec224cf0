"""Blocking: equality keys of which two records of one customer very probably share one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import jellyfish

from profile_service.identity.matching.attributes import Attributes, PersonName, digits_of
from profile_service.identity.matching.dates import is_mistyped, is_partial
from profile_service.identity.matching.mailboxes import user_names
from profile_service.identity.matching.nicknames import canonical_names

KEYS_MAX = 64
"""Keys per record; a record with many values would otherwise make thousands."""
NICKNAMES_MAX = 4
USER_NAME = 8
"""So many letters of a user name, on a platform or before the @."""
DIGITS_MIN = 4
"""Digits of an e-mail address's local part that single it out."""


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """How a name sounds (Metaphone), or the name where nothing is left of it."""
    return jellyfish.metaphone(word) or word


def blocking_keys(features: Attributes) -> list[str]:
    """The keys of a record in a fixed order. They hold personal values: hash them before they leave the core."""
    distinct: dict[str, None] = {}
    for keys in (_name_keys, _date_keys, _address_keys, _origin_keys, _identifier_keys):
        distinct.update(dict.fromkeys(keys(features)))
    return list(distinct)[:KEYS_MAX]


def _name_keys(features: Attributes) -> Iterator[str]:
    for name in sorted(features.names, key=str):
        if not (name.given and name.family):
            continue
        yield f"letters {''.join(sorted(name.given + name.family.replace(' ', '')))}"
        family = sound(name.family.replace(" ", ""))
        for given in sorted(canonical_names(name.given))[:NICKNAMES_MAX]:
            first, second = sorted((sound(given), family))
            yield f"names {first} {second}"
        first, second = sorted((name.given[:3], name.family[:4]))
        yield f"starts {first} {second}"


def _parts(name: PersonName) -> Iterator[str]:
    yield from (sound(word) for word in (name.given, name.family.replace(" ", "")) if word)


def _date_keys(features: Attributes) -> Iterator[str]:
    """The date, and the date with day and month in order of size, so that swapped ones meet."""
    for date in sorted(features.birth_dates):
        year, *rest = date
        names = sorted(features.names, key=str)
        for name in names:
            for part in _parts(name):
                yield f"year {year} {part} {_other_initial(name, part)}"
        for place in sorted(features.birth_places):
            yield f"born {year} {place}"
        if is_partial(date) or is_mistyped(date):
            continue
        yield f"date {date}"
        for name in names:
            yield f"turned {year} {sorted(rest)} {_initials(name)}"


def _other_initial(name: PersonName, part: str) -> str:
    return name.family[:1] if name.given and sound(name.given) == part else name.given[:1]


def _address_keys(features: Attributes) -> Iterator[str]:
    """A place with a name, a year of birth, an occupation or initials: alone it is too many people's."""
    names = sorted(features.names, key=str)
    parts = [part for name in names for part in _parts(name)]
    years, occupations = sorted({str(date[0]) for date in features.birth_dates}), sorted(features.occupations)
    for address in sorted(features.addresses, key=str):
        if address.postcode:
            for who in (*parts, *years, *(name.given[0] for name in names if name.given)):
                yield f"postcode {address.postcode} {who}"
        if address.street:
            for part in parts:
                yield f"street {min(address.numbers, default='')} {address.street[:12]} {part}"
        if address.city:
            for who in (*parts, *(occupation[:6] for occupation in occupations)):
                yield f"city {address.city[:5]} {who}"
            for name in names:
                yield f"town {address.city[:3]} {_initials(name)}"


def _origin_keys(features: Attributes) -> Iterator[str]:
    """Where somebody works or was born."""
    names = sorted(features.names, key=str)
    for organisation in sorted(features.organisations):
        for name in names:
            yield f"works {organisation[:4]} {_initials(name)}"
    for place in sorted(features.birth_places):
        for name in names:
            for part in _parts(name):
                yield f"place {place} {part}"


def _initials(name: PersonName) -> str:
    """In the order of letters: sources swap names."""
    return "".join(sorted((name.given[:1], name.family[:1])))


def _identifier_keys(features: Attributes) -> Iterator[str]:
    for kind, value in sorted(features.government_ids):
        yield f"government {kind} {value}"
    for email in sorted(features.emails):
        local = email.partition("@")[0].partition("+")[0].replace(".", "")
        yield f"email {email}"
        if len(local) > 4:
            yield f"local start {local[:5]} {email.partition('@')[2][:5]}"
        digits = digits_of(local)
        if len(digits) >= DIGITS_MIN:
            yield f"digits {digits}"
    for _, name in sorted(user_names(features)):
        yield f"user {name[:USER_NAME]}"
    for digits in sorted(map(digits_of, features.phones)):
        yield f"phone {digits[-7:]}"
        yield f"line {digits[:11]}"
    for handle in sorted(features.handles):
        yield f"handle {handle}"
    for device in sorted(features.devices):
        yield f"device {device}"
