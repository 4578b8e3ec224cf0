"""Blocking: equality keys of which two records of one customer very probably share one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import jellyfish

from profile_service.identity.matching.attributes import (
    Attributes,
    BirthDate,
    PersonName,
    digits_of,
    is_mistyped,
    is_partial,
)
from profile_service.identity.matching.nicknames import canonical_names

KEYS_MAX = 64
"""Keys per record; a record with many values would otherwise make thousands."""
NICKNAMES_MAX = 4
DIGITS_MIN = 4
"""Digits of an e-mail address's local part that single it out."""


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """How a name sounds (Metaphone), or the name where nothing is left of it."""
    return jellyfish.metaphone(word) or word


def blocking_keys(held: Attributes) -> list[str]:
    """The keys of a record in a fixed order. They hold personal values: hash them before they leave the core."""
    found: dict[str, None] = {}
    for key in (*_name_keys(held), *_date_keys(held), *_address_keys(held), *_identifier_keys(held)):
        found[key] = None
    return list(found)[:KEYS_MAX]


def _name_keys(held: Attributes) -> Iterator[str]:
    for name in sorted(held.names, key=str):
        yield f"letters {''.join(sorted(name.given + name.family.replace(' ', '')))}"
        if not (name.given and name.family):
            continue
        family = sound(name.family.replace(" ", ""))
        for given in sorted(canonical_names(name.given))[:NICKNAMES_MAX]:
            first, second = sorted((sound(given), family))
            yield f"names {first} {second}"
        first, second = sorted((name.given[:3], name.family[:4]))
        yield f"starts {first} {second}"
        yield f"initial {name.given[:1]} {family}"
        yield f"initial {name.family[:1]} {sound(name.given)}"


def _parts(name: PersonName) -> Iterator[str]:
    yield from (sound(word) for word in (name.given, name.family.replace(" ", "")) if word)


def _date_keys(held: Attributes) -> Iterator[str]:
    for date in sorted(held.birth_dates):
        if not (is_partial(date) or is_mistyped(date)):
            yield f"date {date}"
        for name in sorted(held.names, key=str):
            for part in _parts(name):
                yield f"year {date[0]} {part} {_other_initial(name, part)}"
        for place in sorted(held.birth_places):
            yield f"born {date[0]} {place}"
        for turned in _turned(date):
            for name in sorted(held.names, key=str):
                yield f"turned {turned} {name.given[:1]}{name.family[:1]}"


def _other_initial(name: PersonName, part: str) -> str:
    return name.family[:1] if name.given and sound(name.given) == part else name.given[:1]


def _turned(date: BirthDate) -> Iterator[tuple[int, int, int]]:
    """The date with its day and month in order, so that swapped ones meet."""
    if not (is_partial(date) or is_mistyped(date)):
        yield (date[0], min(date[1:]), max(date[1:]))


def _address_keys(held: Attributes) -> Iterator[str]:
    for address in sorted(held.addresses, key=str):
        number = min(address.numbers, default="")
        for name in sorted(held.names, key=str):
            for part in _parts(name):
                if address.postcode:
                    yield f"postcode {address.postcode} {part}"
                if address.street:
                    yield f"street {number} {address.street[:12]} {part}"
                if address.city:
                    yield f"city {address.city[:5]} {part}"
            if address.city and name.given and name.family:
                first, second = sorted((name.given[0], name.family[0]))
                yield f"town {address.city[:3]} {first}{second}"
    for organisation in sorted(held.organisations):
        for name in sorted(held.names, key=str):
            yield f"works {organisation[:4]} {name.given[:1]}{name.family[:1]}"
    for place in sorted(held.birth_places):
        for name in sorted(held.names, key=str):
            for part in _parts(name):
                yield f"place {place} {part}"


def _identifier_keys(held: Attributes) -> Iterator[str]:
    for kind, value in sorted(held.government_ids):
        yield f"government {kind} {value}"
    for email in sorted(held.emails):
        local = email.partition("@")[0].partition("+")[0].replace(".", "")
        yield f"email {email}"
        if len(local) > 4:
            yield f"local {local}"
            yield f"local start {local[:5]} {email.partition('@')[2][:5]}"
        digits = digits_of(local)
        if len(digits) >= DIGITS_MIN:
            yield f"digits {digits}"
    for digits in sorted(map(digits_of, held.phones)):
        yield f"phone {digits[-7:]}"
        yield f"line {digits[:11]}"
    for handle in sorted(held.handles):
        yield f"handle {handle}"
    for device in sorted(held.devices):
        yield f"device {device}"
