"""A score as people read it."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.explanation import lines, running, verdict
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.scoring import Score
from profile_service.identity.matching.vocabulary import Comparison, Level

HELD = Score(
    prior=-2.0,
    found=[Agreement(Comparison.GIVEN_NAME, Level.NICKNAME), Agreement(Comparison.BIRTH_DATE, Level.TWO_PARTS, "1978")],
    weights=[4.5, -1.25],
    vetoes=(),
)
FORBIDDEN = Score(prior=0.0, found=[], weights=[], vetoes=("given_name_of_relatives", "name"))
NEAR = Score(prior=0.0, found=[Agreement(Comparison.EMAIL, Level.SLIP)], weights=[10.0], vetoes=())


def even(total: float) -> Score:
    """A score of one comparison, whose sum is given."""
    return Score(prior=0.0, found=[Agreement(Comparison.GENDER, Level.EXACT)], weights=[total], vetoes=())


def test_a_score_runs() -> None:
    """From the prior on, comparison by comparison."""
    assert running(HELD) == [2.5, 1.25]
    assert running(FORBIDDEN) == []


@pytest.mark.parametrize(
    ("join", "review", "result"),
    [(0.5, 0.5, "join"), (0.6, 0.5, "review"), (0.7, 0.6, "apart")],
)
def test_a_score_alone_comes_to_a_verdict(join: float, review: float, result: str) -> None:
    """At the thresholds exactly."""
    assert verdict(even(0.0), join, review) == result


def test_a_score_is_read_line_by_line() -> None:
    """No line holds a personal value."""
    assert lines(HELD, 0.95, 0.5, "review") == [
        "prior -2.00: the odds before anything is compared",
        "given name nickname: +4.50, running +2.50",
        "birth date two parts: -1.25, running +1.25",
        "score +1.25, probability 0.7040: a review from 0.5",
    ]
    assert lines(HELD, 0.9, 0.75, "apart")[-1] == "score +1.25, probability 0.7040: stays apart"
    assert lines(HELD, 0.7, 0.5, "join")[-1] == "score +1.25, probability 0.7040: joins from 0.7"


def test_what_forbids_a_match_is_told() -> None:
    """Each by itself."""
    assert lines(FORBIDDEN, 0.95, 0.5, "apart") == [
        "prior +0.00: the odds before anything is compared",
        "forbidden by given name of relatives",
        "forbidden by name",
        "score +0.00, probability 0.0000: stays apart",
    ]


def test_a_near_miss_is_told() -> None:
    """With the most that it is worth."""
    assert lines(NEAR, 0.95, 0.5, "review")[2:] == [
        "rests on an identifier that is nearly the other's: probability at most 0.9",
        "score +10.00, probability 0.9000: a review from 0.5",
    ]


@pytest.mark.parametrize(("join", "forbidden"), [(0.5, True), (0.51, False)])
def test_a_review_of_what_is_likely_enough_to_join_says_why(join: float, forbidden: bool) -> None:
    """What is known of both forbids it; a join and what stays apart need no reason."""
    why = "a review, because what is known of both customers forbids that they become one"
    last = lines(even(0.0), join, 0.4, "review")[-1]
    assert last == f"score +0.00, probability 0.5000: {why if forbidden else 'a review from 0.4'}"
    assert lines(even(0.0), 0.5, 0.4, "join")[-1].endswith("joins from 0.5")
