"""Score two customers: prior, weights of every comparison, what stands against, a probability at the end."""

from __future__ import annotations

from dataclasses import replace
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.frequencies import Frequencies
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.scoring import (
    NEAR_MISS_MAX,
    Score,
    Weighed,
    may_merge,
    score,
    score_briefly,
    share_of_each,
)
from profile_service.identity.matching.vocabulary import Comparison, Level
from tests.unit.identity.matching.said import EMPTY, MODEL, RECORDS, named, said_by

IDENTIFIERS = (("email", "ann@b.org"), ("phone", "+13105550100"), ("instagram", "ann"), ("device", "d1"))
FEW = Frequencies(people=5, of_comparison={}, of_value={})


def scored(prior: float, *weights: float, forbidden: str = "") -> Score:
    """A score of comparisons of occupations."""
    found = [Agreement(Comparison.OCCUPATION, Level.EXACT)] * len(weights)
    return Score(prior=prior, found=found, weights=weights, vetoes=[forbidden] if forbidden else [])


@pytest.mark.parametrize(
    ("score", "total", "probability"),
    [
        (scored(0.0), 0.0, 0.5),
        (scored(-3.0, 1.0, 2.0), 0.0, 0.5),
        (scored(-3.0, 5.0, -1.0), 1.0, 2 / 3),
        (scored(0.0, 10.0), 10.0, 1024 / 1025),
        (scored(0.0, 2000.0), 2000.0, 1.0),
        (scored(0.0, -2000.0), -2000.0, 0.0),
        (scored(0.0, 10.0, forbidden="name"), 10.0, 0.0),
    ],
)
def test_a_probability_is_that_of_the_sum(score: Score, total: float, probability: float) -> None:
    """Log2 of the odds; 0 where something forbids the match; no sum is too large."""
    assert (score.total, score.probability) == (total, pytest.approx(probability))


def test_comparisons_stand_with_their_weights() -> None:
    """In their order; those that speak for the match are those above 0."""
    found = [
        Agreement(Comparison.EMAIL, Level.EXACT),
        Agreement(Comparison.PHONE, Level.CLOSE),
        Agreement(Comparison.GENDER, Level.EXACT),
    ]
    score = Score(prior=1.0, found=found, weights=[1.0, 0.0, -1.0], vetoes=())
    assert score.weighed == tuple(
        Weighed(agreement, weight) for agreement, weight in zip(found, (1.0, 0.0, -1.0), strict=True)
    )
    assert score.speaking() == found[:1]


NEAR, WHO = Agreement(Comparison.EMAIL, Level.SLIP), Agreement(Comparison.GIVEN_NAME, Level.NICKNAME)


@pytest.mark.parametrize(
    ("others", "rests"),
    [
        ([NEAR], True),
        ([Agreement(Comparison.PHONE, Level.CLOSE)], True),
        ([Agreement(Comparison.HANDLE, Level.CLOSE)], True),
        ([Agreement(Comparison.USER_NAME, Level.EXACT)], True),
        ([Agreement(Comparison.DEVICE, Level.SIMILAR)], True),
        ([NEAR, Agreement(Comparison.GENDER, Level.EXACT)], True),
        ([NEAR, Agreement(Comparison.ADDRESS, Level.CITY)], True),
        ([NEAR, Agreement(Comparison.ADDRESS, Level.POSTCODE)], True),
        ([NEAR, Agreement(Comparison.ADDRESS, Level.HOUSEHOLD)], False),
        ([NEAR, Agreement(Comparison.ADDRESS, Level.STREET)], False),
        ([NEAR, Agreement(Comparison.ADDRESS, Level.STREET_NEAR)], False),
        ([NEAR, Agreement(Comparison.PHONE, Level.EXACT)], False),
        ([NEAR, Agreement(Comparison.HANDLE, Level.EXACT)], False),
        ([NEAR, Agreement(Comparison.DEVICE, Level.EXACT)], False),
        ([NEAR, Agreement(Comparison.USER_NAME, Level.EXACT)], True),
        ([NEAR, WHO], False),
        ([NEAR, Agreement(Comparison.FAMILY_NAME, Level.CLOSE)], False),
        ([NEAR, Agreement(Comparison.BIRTH_DATE, Level.PARTIAL)], False),
        ([NEAR, Agreement(Comparison.GOVERNMENT_ID, Level.CLOSE)], False),
        ([NEAR, Agreement(Comparison.MIDDLE_NAME, Level.EXACT)], True),
        ([Agreement(Comparison.EMAIL, Level.EXACT)], False),
        ([Agreement(Comparison.OCCUPATION, Level.EXACT)], False),
        ([], False),
    ],
)
def test_a_match_may_rest_on_a_near_miss(others: list[Agreement], rests: bool) -> None:
    """The next in a series is somebody else's: 0.9 at most, where nothing says who it is."""
    score = Score(prior=0.0, found=others, weights=[10.0] * len(others), vetoes=())
    assert score.rests_on_a_near_miss is rests
    if others:
        assert (score.probability == NEAR_MISS_MAX) is rests
    low = Score(prior=0.0, found=others, weights=[0.001] * len(others), vetoes=())
    assert low.probability == pytest.approx(0.5, abs=0.001)


def test_what_speaks_against_a_match_does_not_say_who_it_is() -> None:
    """Nor makes it a near miss."""
    score = Score(prior=0.0, found=[NEAR, WHO], weights=[10.0, -0.5], vetoes=())
    assert score.probability == NEAR_MISS_MAX == 0.9
    score = Score(
        prior=0.0, found=[NEAR, Agreement(Comparison.OCCUPATION, Level.EXACT)], weights=[-0.5, 10.0], vetoes=()
    )
    assert score.probability > NEAR_MISS_MAX


def test_a_comparison_weighs_what_the_model_says() -> None:
    """The level's figure; where a value agrees the share of people who have it takes the place of u."""
    left = parse_attributes({"given_name": "Bob", "family_name": "Lang"})
    right = parse_attributes({"given_name": "Robert", "family_name": "Lang"})
    frequencies = replace(EMPTY, of_comparison={"family_name": 1000}, of_value={("family_name", "lang"): 10})
    found = score(left, right, MODEL, frequencies)
    assert found.prior == MODEL.prior(1000) == pytest.approx(log2(2 / 1000))
    nickname, family = found.weighed
    assert nickname == (
        Agreement(Comparison.GIVEN_NAME, Level.NICKNAME),
        MODEL.weights[Comparison.GIVEN_NAME, Level.NICKNAME],
    )
    exact = MODEL.levels[Comparison.FAMILY_NAME, Level.EXACT]
    assert family.weight == pytest.approx(log2(exact.m / ((10 + 200 * exact.u) / 1200)))
    assert found.vetoes == []


def test_a_rare_value_weighs_more_than_a_common_one() -> None:
    """Frequencies of distinct people; a value that is nobody else's keeps the model's own figure."""
    frequencies = Frequencies(
        people=1000,
        of_comparison={"family_name": 1000, "email": 1000},
        of_value={("family_name", "smith"): 50, ("family_name", "kusha"): 1, ("email", "a@b.org"): 1},
    )
    smith, kusha = (parse_attributes({"name": f"John {name}"}) for name in ("Smith", "Kusha"))
    assert score(smith, smith, MODEL, frequencies).total + 4 < score(kusha, kusha, MODEL, frequencies).total
    mail = parse_attributes({}, [("email", "a@b.org")])
    assert score(mail, mail, MODEL, frequencies).weighed[0].weight > MODEL.weights[Comparison.EMAIL, Level.EXACT]


@given(RECORDS, RECORDS)
def test_a_score_has_no_sides(left: dict[str, str], right: dict[str, str]) -> None:
    """The order of the two does not matter."""
    first, other = parse_attributes(left), parse_attributes(right)
    forth, back = score(first, other, MODEL, EMPTY), score(other, first, MODEL, EMPTY)
    assert forth.total == pytest.approx(back.total)
    assert forth.vetoes == back.vetoes


@given(RECORDS, RECORDS, st.sets(st.sampled_from(IDENTIFIERS)), st.sets(st.sampled_from(IDENTIFIERS)))
def test_who_is_ruled_out_at_once_is_ruled_out_by_everything_else_too(
    left: dict[str, str], right: dict[str, str], mine: set[tuple[str, str]], other: set[tuple[str, str]]
) -> None:
    """A brief score is that of the whole comparison, or both are 0."""
    sides = (parse_attributes(left, mine), parse_attributes(right, other))
    whole, brief = score(*sides, MODEL, EMPTY), score_briefly(*sides, MODEL, EMPTY)
    assert brief == whole or (brief.vetoes and whole.vetoes)


def test_two_names_and_birth_dates_are_enough_to_rule_out() -> None:
    """Nothing else is compared then, unless a document in common could outweigh it."""
    anna = {"given_name": "Anna", "family_name": "Smith", "birth_date": "1978-12-11", "street": "1 Oak Lane"}
    ben = {**anna, "given_name": "Benjamin", "birth_date": "1990-03-15"}
    brief = score_briefly(parse_attributes(anna), parse_attributes(ben), MODEL, EMPTY)
    assert brief.weighed == ()
    assert brief == Score(prior=MODEL.prior(1000), found=(), weights=(), vetoes=("given_name_and_birth_date",))
    left, right = (parse_attributes({**person, "government_id/ssn": "123456"}) for person in (anna, ben))
    assert score_briefly(left, right, MODEL, EMPTY).weighed


def test_two_names_at_one_mailbox_may_be_slips_of_one() -> None:
    """What no list knows as a name does not rule out who may have an identifier in common."""
    said = [{"given_name": "Xqzt", "family_name": "Kushabar"}, {"given_name": "Wvlorb", "family_name": "Garcia"}]
    left, right = (parse_attributes(record) for record in said)
    assert score_briefly(left, right, MODEL, EMPTY).vetoes == ("name",)
    left, right = (parse_attributes(record, [("email", "ann@b.org")]) for record in said)
    assert score_briefly(left, right, MODEL, EMPTY) == score(left, right, MODEL, EMPTY)


def test_a_user_name_on_another_platform_is_a_question_where_nothing_else_speaks() -> None:
    """In a town of a few customers; a name in common joins them."""
    home = {"city": "Villach", "gender": "f"}
    sides = said_by(email="evalang77@example.org", **home), said_by(x="eva.lang77", **home)
    assert score(*sides, MODEL, FEW).probability == NEAR_MISS_MAX
    named = said_by(email="evalang77@example.org", **home, name="Eva Lang"), said_by(x="eva.lang77", name="Eva Lang")
    assert score(*named, MODEL, FEW).probability > NEAR_MISS_MAX


def test_of_several_customers_at_most_one_is_meant() -> None:
    """The odds of each over those of all, and of none; who is forbidden has none."""
    record = said_by(name="Anna Lang", birth_date="1978-12-11")
    same, other = said_by(name="Anna Lang", birth_date="1978-12-11"), said_by(name="Anna Lang")
    forbidden = said_by(name="Zoe Kramer", birth_date="1990-03-15")
    odds = [2 ** score(record, side, MODEL, EMPTY).total for side in (same, other)]
    expected = [odds[0] / (1 + sum(odds)), odds[1] / (1 + sum(odds)), 0.0]
    assert share_of_each(record, [same, other, forbidden], MODEL, EMPTY) == pytest.approx(expected)
    assert share_of_each(record, [same], MODEL, EMPTY) == pytest.approx([score(record, same, MODEL, EMPTY).probability])
    assert share_of_each(record, [], MODEL, EMPTY) == []


def test_no_sum_is_too_large_for_odds() -> None:
    """Of customers with very much in common, or nothing."""
    huge = replace(MODEL, pairs=1e308)
    tiny = replace(MODEL, pairs=1e-300)
    many = frozenset(f"{number}" for number in range(9))
    attributes = Attributes(
        emails=many, names=frozenset({named("anna", "lang")}), birth_dates=frozenset({(1978, 12, 11)})
    )
    assert share_of_each(attributes, [attributes], huge, EMPTY) == [pytest.approx(1.0)]
    assert share_of_each(attributes, [Attributes()], tiny, EMPTY) == [pytest.approx(0.0)]


def test_two_established_customers_may_merge_where_nothing_forbids() -> None:
    """A birth date that differs does; a single record may have it wrong."""
    left, right = said_by(name="Anna Lang", birth_date="1978-12-11"), said_by(name="Anna Lang", birth_date="1990-03-15")
    assert may_merge(left, left, EMPTY) is True
    assert may_merge(left, right, EMPTY) is False
    assert score(left, right, MODEL, EMPTY).vetoes == []


def test_names_that_several_people_have_are_names() -> None:
    """For scores and for merges alike."""
    left, right = (said_by(given_name=name, device="d") for name in ("Xqzta", "Wvlorb"))
    many = replace(EMPTY, of_value={("given_name", "xqzta"): 3, ("given_name", "wvlorb"): 3})
    assert score(left, right, MODEL, EMPTY).vetoes == []
    assert score(left, right, MODEL, many).vetoes == ["given_name_at_a_device"]
    assert (may_merge(left, right, EMPTY), may_merge(left, right, many)) == (True, False)


def test_a_name_alone_joins_nobody() -> None:
    """However rare it is; something else has to agree (E5)."""
    name = [Agreement(part, Level.EXACT) for part in (Comparison.GIVEN_NAME, Comparison.FAMILY_NAME, Comparison.GENDER)]
    assert Score(prior=0.0, found=name, weights=[9.0, 9.0, 1.0], vetoes=()).probability == NEAR_MISS_MAX
    place = Agreement(Comparison.ADDRESS, Level.CITY)
    assert Score(prior=0.0, found=[*name, place], weights=[9.0, 9.0, 1.0, 0.1], vetoes=()).probability > NEAR_MISS_MAX
