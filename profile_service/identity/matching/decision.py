"""Which of the candidates a record joins, and which of them a human should look at. One record at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.frequencies import Frequencies
from profile_service.identity.matching.model import MatchModel
from profile_service.identity.matching.scoring import Score, may_merge, score


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Probabilities: a record joins a profile from `join`; a human is asked from `review`."""

    join: float = 0.95
    review: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A profile with all that is known of it; `via` names the node that the link is made to."""

    profile: str
    via: str
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A candidate with its score."""

    candidate: Candidate
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """All candidates, the likeliest first; those that are joined, and those that become merge reviews."""

    ranked: tuple[Match, ...] = ()
    joined: tuple[Match, ...] = ()
    reviewed: tuple[Match, ...] = ()


def decide(
    record: Attributes,
    own: Attributes | None,
    candidates: Sequence[Candidate],
    *,
    model: MatchModel,
    frequencies: Frequencies,
    thresholds: Thresholds,
) -> Decision:
    """Score a record against whole profiles. `own` is the profile that the record is in already, if it is in one.

    Every profile that reaches the threshold is joined, the likeliest first: a record that bridges two merges them,
    unless what is known of the two forbids it. What is forbidden then, and what falls between the thresholds, is a review.
    """
    ranked = sorted(
        (Match(candidate=one, score=score(record, one.attributes, model, frequencies)) for one in candidates),
        key=lambda match: (-match.score.probability, match.candidate.via),
    )
    joined: list[Match] = []
    reviewed: list[Match] = []
    whole = record if own is None else own.united(record)
    established = own is not None
    for match in ranked:
        probability = match.score.probability
        if probability < thresholds.review:
            break
        if probability < thresholds.join or (
            established and not may_merge(whole, match.candidate.attributes, frequencies)
        ):
            reviewed.append(match)
            continue
        joined.append(match)
        whole, established = whole.united(match.candidate.attributes), True
    return Decision(ranked=tuple(ranked), joined=tuple(joined), reviewed=tuple(reviewed))
