"""Score two customers: prior, weights of every comparison, vetoes; a probability at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.comparisons import Agreement, compare, vetoes
from profile_service.identity.matching.model import MatchModel

PSEUDO_RECORDS = 200
"""The model's own figure counts as much as this many records, so that a first record does not look like a rule."""


UNIQUE = frozenset({"email", "phone", "handle"})
"""Values that are meant to be one person's: the one person who has it does not make it frequent, the others do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """How many distinct people have a value, by (comparison, value); how many have any; how many people there are."""

    people: int
    having: Mapping[str, int]
    of_value: Mapping[tuple[str, str], int]

    def share(self, agreement: Agreement, u: float) -> float | None:
        """The share of people with the agreed value, drawn towards the model's figure; None where no value is named."""
        if not agreement.value:
            return None
        count = self.of_value.get((agreement.comparison, agreement.value), 0)
        if agreement.comparison in UNIQUE:
            count = max(count - 1, 0)
        return (count + PSEUDO_RECORDS * u) / (self.having.get(agreement.comparison, 0) + PSEUDO_RECORDS)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One comparison with its match weight."""

    agreement: Agreement
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The running score: prior and weights in log2, what stands against a match, the probability."""

    prior: float
    weighed: tuple[Weighed, ...]
    vetoes: tuple[str, ...]

    @property
    def total(self) -> float:
        """The sum, log2 of the odds."""
        return self.prior + sum(one.weight for one in self.weighed)

    @property
    def probability(self) -> float:
        """0 where something forbids the match."""
        return 0.0 if self.vetoes else 1 / (1 + 2 ** -max(min(self.total, 1000), -1000))


def score(left: Attributes, right: Attributes, model: MatchModel, frequencies: Frequencies) -> Score:
    """Compare two customers (each a record, or a profile with all its records)."""
    found = compare(left, right)
    weighed = tuple(
        Weighed(one, model.weight(one.comparison, one.level, _frequency(one, model, frequencies))) for one in found
    )
    against = tuple(vetoes(left, right, found))
    return Score(prior=model.prior(frequencies.people), weighed=weighed, vetoes=against)


def _frequency(found: Agreement, model: MatchModel, frequencies: Frequencies) -> float | None:
    return frequencies.share(found, model.levels[found.comparison, found.level].u)
