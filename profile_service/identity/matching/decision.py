"""Which of the candidates a record joins, and which of them a human should look at. One record at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.frequencies import Frequencies
from profile_service.identity.matching.model import MatchModel
from profile_service.identity.matching.scoring import OF_A_NODE, Score, may_merge, score, score_briefly
from profile_service.identity.matching.vetoes import DOCUMENT_OF_NOBODY
from profile_service.identity.matching.vocabulary import Comparison, Level

OF_THE_PERSON = frozenset({Comparison.GIVEN_NAME, Comparison.BIRTH_DATE, Comparison.GOVERNMENT_ID})
"""Comparisons that say who it is; a family name, an address, a number may change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A profile with all that is known of it; `via` names the node that the link is made to."""

    profile: str
    via: str
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A candidate with its score. `depends_on` are the identifiers that both have, (attribute, value), where it would
    not be joined without them."""

    candidate: Candidate
    score: Score
    depends_on: frozenset[tuple[str, str]] = frozenset()

    @property
    def by_identifiers_alone(self) -> bool:
        """Whether nothing speaks for it but identifiers that both have."""
        return all(
            agreement.level is Level.EXACT and agreement.comparison in OF_A_NODE for agreement in self.score.speaking()
        )

    def contradicts(self, review: float) -> bool:
        """Whether the record is of somebody else: not likely enough to ask, and something of the person differs."""
        if self.score.probability >= review:
            return False
        return any(veto != DOCUMENT_OF_NOBODY for veto in self.score.vetoes) or any(
            weighed.weight < 0 for weighed in self.score.weighed if weighed.agreement.comparison in OF_THE_PERSON
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """All candidates, the likeliest first; those that are joined, and those that become merge reviews."""

    ranked: tuple[Match, ...] = ()
    joined: tuple[Match, ...] = ()
    reviewed: tuple[Match, ...] = ()

    def verdict(self, match: Match) -> str:
        """What came of a candidate: join, review or apart."""
        name = match.candidate.profile
        if any(other.candidate.profile == name for other in self.joined):
            return "join"
        return "review" if any(other.candidate.profile == name for other in self.reviewed) else "apart"

    def against(self, review: float) -> frozenset[str]:
        """The profiles that the record is not of."""
        return frozenset(match.candidate.profile for match in self.ranked if match.contradicts(review))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What decides: the model, the frequencies, and two probabilities. A record joins a profile from `join`; a human is
    asked from `review`. `in_full`: those who are ruled out at once are compared to the end as well, to be shown."""

    model: MatchModel
    frequencies: Frequencies
    join: float = 0.95
    review: float = 0.5
    in_full: bool = False

    def decide(self, record: Attributes, own: Attributes | None, candidates: Sequence[Candidate]) -> Decision:
        """Score a record against whole profiles. `own` is the profile that the record is in already, if it is in one.

        Every profile that reaches the threshold is joined, the likeliest first: a record that bridges two merges them,
        unless what is known of the two forbids it. What is forbidden then, and what falls between the thresholds, is a
        review.
        """
        ranked = sorted(
            (Match(candidate=candidate, score=self._score(record, candidate)) for candidate in candidates),
            key=lambda match: (-match.score.probability, match.candidate.via),
        )
        joined: list[Match] = []
        reviewed: list[Match] = []
        whole = record if own is None else own.united(record)
        established = own is not None
        for match in ranked:
            probability, other = match.score.probability, match.candidate.attributes
            if probability < self.review:
                break
            if probability < self.join or (established and not may_merge(whole, other, self.frequencies)):
                reviewed.append(match)
                continue
            joined.append(replace(match, depends_on=self._depends_on(record, match)))
            whole, established = whole.united(other), True
        return Decision(ranked=tuple(ranked), joined=tuple(joined), reviewed=tuple(reviewed))

    def _depends_on(self, record: Attributes, match: Match) -> frozenset[tuple[str, str]]:
        other = match.candidate.attributes
        agreed = record.identifiers() & other.identifiers()
        if not agreed:
            return agreed
        bare = score(record.without(agreed), other.without(agreed), self.model, self.frequencies)
        return agreed if bare.probability < self.join else frozenset()

    def _score(self, record: Attributes, candidate: Candidate) -> Score:
        scored = score if self.in_full else score_briefly
        return scored(record, candidate.attributes, self.model, self.frequencies)
