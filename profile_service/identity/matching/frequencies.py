"""How frequent a value is, counted over distinct people: an agreement on a rare value says more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.comparisons import TEXTS
from profile_service.identity.matching.nicknames import is_given_name
from profile_service.identity.matching.vocabulary import Comparison

PSEUDO_RECORDS = 200
"""The model's own figure counts as much as this many records, so that a first record does not look like a rule."""
NAMESAKES_MIN = 3
"""A given name that so many people have is one; fewer may have made the same slip."""
UNIQUE = frozenset({Comparison.EMAIL, Comparison.PHONE, Comparison.HANDLE, Comparison.DEVICE, Comparison.GOVERNMENT_ID})
"""Values that are meant to be one person's: the one person who has it does not make it frequent, the others do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """How many distinct people have a value, by (comparison, value); the sum of these by comparison; how many people
    there are. A customer with two telephone numbers counts once for each."""

    people: int
    of_comparison: Mapping[str, int]
    of_value: Mapping[tuple[str, str], int]

    def is_name(self, given: str) -> bool:
        """Whether a word is a given name: a known one, or one that several people have."""
        return is_given_name(given) or self.of_value.get((Comparison.GIVEN_NAME, given), 0) >= NAMESAKES_MIN

    def share(self, comparison: Comparison, value: str, u: float) -> float:
        """The share of people with the agreed value, drawn towards the model's figure."""
        count = self.of_value.get((comparison, value), 0)
        if count and comparison in UNIQUE:
            count -= 1
        return (count + PSEUDO_RECORDS * u) / (self.of_comparison.get(comparison, 0) + PSEUDO_RECORDS)


def counted_values(features: Attributes) -> Iterator[tuple[Comparison, str]]:
    """The values whose frequency counts, as (comparison, value), named as an `Agreement` names them."""
    for name in features.names:
        if name.given:
            yield Comparison.GIVEN_NAME, name.given
        if name.family:
            yield Comparison.FAMILY_NAME, name.family
    for address in features.addresses:
        yield from ((Comparison.ADDRESS, value) for value in (address.street, address.postcode, address.city) if value)
    yield from ((Comparison.GOVERNMENT_ID, " ".join(number)) for number in features.government_ids)
    for text in TEXTS:
        yield from ((text.comparison, value) for value in text.values_of(features) if value)


def compared_values(features: Attributes) -> set[tuple[Comparison, str]]:
    """The values that a comparison with anybody can agree on: names count in either order."""
    values = set(counted_values(features))
    for name in features.names:
        if name.given and name.family:
            values |= {(Comparison.GIVEN_NAME, name.family), (Comparison.FAMILY_NAME, name.given)}
    return values
