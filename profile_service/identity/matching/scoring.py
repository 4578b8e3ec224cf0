"""Score two customers: prior, weights of every comparison, vetoes; a probability at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from typing import NamedTuple

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.comparisons import compare, compare_further, compare_persons
from profile_service.identity.matching.frequencies import Frequencies
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.model import MatchModel
from profile_service.identity.matching.vetoes import merge_vetoes, ruled_out, vetoes
from profile_service.identity.matching.vocabulary import Comparison, Level

OF_A_NODE = frozenset({Comparison.EMAIL, Comparison.PHONE, Comparison.HANDLE, Comparison.DEVICE})
"""Comparisons of identifiers, which are nodes of the graph themselves."""
SAYS_WHO = frozenset({Comparison.GIVEN_NAME, Comparison.FAMILY_NAME, Comparison.BIRTH_DATE, Comparison.GOVERNMENT_ID})
NEARLY_A_NODE = OF_A_NODE | {Comparison.USER_NAME}
AT_HOME = frozenset({Level.HOUSEHOLD, Level.STREET, Level.STREET_NEAR})
OF_A_NAME = frozenset({Comparison.GIVEN_NAME, Comparison.MIDDLE_NAME, Comparison.FAMILY_NAME, Comparison.GENDER})
NEAR_MISS_MAX = 0.9
"""The probability of a match that rests on an identifier which is nearly the other's: the next in a series is somebody
else's (john.smith1 and john.smith2), however few customers there are; or on a name alone, however rare it is (E5)."""


class Weighed(NamedTuple):
    """One comparison with its match weight."""

    agreement: Agreement
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The running score: prior and weights in log2, what stands against a match, the probability."""

    prior: float
    found: Sequence[Agreement]
    weights: Sequence[float]
    vetoes: Sequence[str]

    @property
    def weighed(self) -> Sequence[Weighed]:
        """The comparisons in their order."""
        return tuple(map(Weighed, self.found, self.weights))

    @property
    def total(self) -> float:
        """The sum, log2 of the odds."""
        return self.prior + sum(self.weights)

    @property
    def probability(self) -> float:
        """0 where something forbids the match, `NEAR_MISS_MAX` at most where it rests on a near miss or a name."""
        if self.vetoes:
            return 0.0
        probability = 1 / (1 + 2 ** -max(min(self.total, 1000), -1000))
        is_weak = probability > NEAR_MISS_MAX and (self.rests_on_a_near_miss or self.rests_on_a_name)
        return NEAR_MISS_MAX if is_weak else probability

    @property
    def rests_on_a_near_miss(self) -> bool:
        """Whether identifiers speak for the match that are nearly the other's, and nothing says who it is: no name, no
        birth date, no document, no home, no identifier that both have."""
        speaking = self.speaking()
        return any(agreement.comparison in NEARLY_A_NODE for agreement in speaking) and not any(
            map(_says_who, speaking)
        )

    @property
    def rests_on_a_name(self) -> bool:
        """Whether nothing speaks for the match but a name."""
        return all(agreement.comparison in OF_A_NAME for agreement in self.speaking())

    def speaking(self) -> list[Agreement]:
        """The comparisons that speak for the match."""
        return [agreement for agreement, weight in zip(self.found, self.weights, strict=True) if weight > 0]


def _says_who(agreement: Agreement) -> bool:
    if agreement.comparison in OF_A_NODE:
        return agreement.level is Level.EXACT
    return agreement.comparison in SAYS_WHO or (
        agreement.comparison is Comparison.ADDRESS and agreement.level in AT_HOME
    )


def score(left: Attributes, right: Attributes, model: MatchModel, frequencies: Frequencies) -> Score:
    """Compare two customers (each a record, or a profile with all its records)."""
    return _weigh(left, right, compare(left, right), model, frequencies)


def score_briefly(left: Attributes, right: Attributes, model: MatchModel, frequencies: Frequencies) -> Score:
    """As `score`, but for customers whom names and birth dates alone rule out: nothing more of them is compared."""
    persons = compare_persons(left, right)
    if veto := ruled_out(left, right, persons):
        return Score(prior=model.prior(frequencies.people), found=(), weights=(), vetoes=(veto,))
    return _weigh(left, right, compare_further(left, right, persons), model, frequencies)


def _weigh(
    left: Attributes, right: Attributes, agreements: list[Agreement], model: MatchModel, frequencies: Frequencies
) -> Score:
    weights: list[float] = []
    for comparison, level, value in agreements:
        if value:
            odds = model.levels[comparison, level]
            weights.append(log2(odds.m / frequencies.share(comparison, value, odds.u)))
        else:
            weights.append(model.weights[comparison, level])
    against = vetoes(left, right, agreements, frequencies.is_name)
    return Score(prior=model.prior(frequencies.people), found=agreements, weights=weights, vetoes=against)


def share_of_each(
    features: Attributes, others: Sequence[Attributes], model: MatchModel, frequencies: Frequencies
) -> list[float]:
    """How likely each of several customers is, where at most one of them can be meant: the odds of each over those of
    all, and of none."""
    scores = (score(features, other, model, frequencies) for other in others)
    odds = [0.0 if each.vetoes else 2 ** max(min(each.total, 1000), -1000) for each in scores]
    return [each / (1 + sum(odds)) for each in odds]


def may_merge(left: Attributes, right: Attributes, frequencies: Frequencies) -> bool:
    """Whether nothing forbids that two established customers become one."""
    return not merge_vetoes(left, right, compare(left, right), frequencies.is_name)
