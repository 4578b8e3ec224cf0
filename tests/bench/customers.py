"""Made-up customers for the bench: names by rank and frequency, an address, a birth date, an e-mail and a phone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

GIVEN, FAMILY, STREETS, CITIES = 2_000, 40_000, 20_000, 3_000
LETTERS = ("bcdfghjklmnprstvwz", "aeiou")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One record: its number, what it says, and its identifiers as (namespace, value)."""

    number: int
    attributes: Mapping[str, str]
    identifiers: tuple[tuple[str, str], ...]


@cache
def _words(kind: str, count: int) -> tuple[str, ...]:
    chance = random.Random(kind)
    return tuple(
        "".join(chance.choice(LETTERS[place % 2]) for place in range(chance.randrange(4, 9))) for _ in range(count)
    )


@cache
def _shares(count: int) -> tuple[float, ...]:
    """Zipf's law, cumulated: the second most frequent name is half as frequent as the first."""
    total, shares = 0.0, list[float]()
    for rank in range(1, count + 1):
        total += 1 / (rank + 20)
        shares.append(total)
    return tuple(shares)


def _pick(chance: random.Random, kind: str, count: int) -> str:
    return chance.choices(_words(kind, count), cum_weights=_shares(count))[0]


def customers(first: int, count: int, seed: int = 1) -> Iterator[Customer]:
    """Customers by number; the same number is always the same customer."""
    for number in range(first, first + count):
        chance = random.Random(seed * 1_000_003 + number)
        given, family = _pick(chance, "given", GIVEN), _pick(chance, "family", FAMILY)
        city = chance.randrange(CITIES)
        yield Customer(
            number=number,
            attributes={
                "given_name": given.title(),
                "family_name": family.title(),
                "birth_date": str(date(1935, 1, 1) + timedelta(days=chance.randrange(26_000))),
                "street": f"{chance.randrange(1, 200)} {chance.choice(_words('street', STREETS))} street",
                "postcode": f"{city * 7 + chance.randrange(7):05}",
                "city": _words("city", CITIES)[city],
            },
            identifiers=(
                ("email", f"{given}.{family}{number}@example.org"),
                ("phone", f"+1310{2_000_000 + number:07}"),
            ),
        )


def again(customer: Customer, seed: int = 2) -> Customer:
    """Another system's record of the same customer: a slip in the family name, another address, no identifier."""
    chance = random.Random(seed * 1_000_003 + customer.number)
    family = customer.attributes["family_name"]
    place = chance.randrange(1, len(family))
    slip = family[:place] + chance.choice("aeiou") + family[place:]
    return Customer(
        number=customer.number,
        attributes={**customer.attributes, "family_name": slip, "street": "", "postcode": ""},
        identifiers=(),
    )
