"""The match model: what an agreement is worth, and what its document may say."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.comparisons import (
    ADDRESS_LEVELS,
    DATE_LEVELS,
    EMAIL_LEVELS,
    PHONE_LEVELS,
)
from profile_service.identity.matching.model import (
    Level,
    MatchModel,
    ModelError,
    load_model,
    require_levels,
    shipped_model,
    write_model,
)
from profile_service.identity.matching.names import MIDDLE_LEVELS, NAME_LEVELS

MODEL = shipped_model()
TWO = MatchModel(
    name="two",
    version=3,
    pairs=2.0,
    levels={
        ("email", "exact"): Level(m=0.5, u=0.125),
        ("email", "different"): Level(m=0.25, u=1.0),
        ("phone", "exact"): Level(m=1.0, u=0.0009765625),
    },
)
HEAD = 'name = "x"\nversion = 1\npairs = 2\n'


def test_a_weight_is_the_logarithm_of_m_over_u() -> None:
    """To the base of 2."""
    assert TWO.weights == {("email", "exact"): 2.0, ("email", "different"): -2.0, ("phone", "exact"): 10.0}
    assert TWO.label == "two@3"


@pytest.mark.parametrize(("people", "prior"), [(0, 50), (99, 50), (100, 50), (128, 64), (2048, 1024)])
def test_the_prior_is_that_of_one_among_so_many(people: int, prior: int) -> None:
    """A base of fewer than a hundred people says nothing."""
    assert 2 ** -TWO.prior(people) == pytest.approx(prior)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a =", "TOMLDecodeError "),
        ('name = "x"\npairs = 1\n[comparisons]\n', "KeyError 'version'"),
        ("version = 1\npairs = 1\n[comparisons]\n", "KeyError 'name'"),
        ('name = "x"\nversion = 1\n[comparisons]\n', "KeyError 'pairs'"),
        ('name = "x"\nversion = 1\npairs = 1\n', "KeyError 'comparisons'"),
        (HEAD + "[comparisons.email]\nexact = [0.5]", "IndexError "),
        (HEAD + "[comparisons.email]\nexact = 1", "TypeError "),
        (HEAD + "[comparisons.email]\nexact = ['x', 1]", "ValueError "),
        ("a = " + "[" * 400 + "\n" + "[" * 400, "RecursionError "),
        (HEAD + "[comparisons.email]\nexact = [1.1, 1]", "email.exact: m and u are probabilities above 0"),
        (HEAD + "[comparisons.email]\nexact = [1, 1.1]", "email.exact: m and u are probabilities above 0"),
        (HEAD + "[comparisons.a]\nb = [1, 1]\n[comparisons.c]\nd = [1, 2]", "c.d: m and u are probabilities above 0"),
        ('name = "x"\nversion = 1\npairs = 0\n[comparisons]\n', "pairs has to be above 0"),
        ('name = "x"\nversion = 1\npairs = -1\n[comparisons]\n', "pairs has to be above 0"),
    ],
)
def test_a_broken_model_is_refused_with_the_place(text: str, why: str) -> None:
    """What TOML refuses, what is missing, and what are no probabilities."""
    with pytest.raises(ModelError) as caught:
        load_model(text)
    assert str(caught.value) == why if why.endswith("0") else str(caught.value).startswith(why)


def test_a_model_is_read() -> None:
    """Whole numbers are numbers; 1 is a probability."""
    found = load_model('name = 7\nversion = "2"\npairs = 1\n[comparisons.email]\nexact = [1, 0.5]')
    levels = {("email", "exact"): Level(m=1.0, u=0.5)}
    assert found == MatchModel(name="7", version=2, pairs=1.0, levels=levels)


def test_a_model_is_read_as_it_was_written() -> None:
    """The one that ships, too; every comparison stands once."""
    assert write_model(TWO) == (
        'name = "two"\nversion = 3\npairs = 2.0\n\n'
        "[comparisons.email]\nexact = [0.5, 0.125]\ndifferent = [0.25, 1]\n\n"
        "[comparisons.phone]\nexact = [1, 0.0009765625]\n"
    )
    assert load_model(write_model(TWO)) == TWO
    assert load_model(write_model(MODEL)) == MODEL


def test_every_level_that_can_be_found_has_a_weight() -> None:
    """In the model that ships, with probabilities that are neither 0 nor 1."""
    ranks = {
        "given_name": NAME_LEVELS,
        "family_name": NAME_LEVELS,
        "middle_name": MIDDLE_LEVELS,
        "birth_date": DATE_LEVELS,
        "address": ADDRESS_LEVELS,
        "email": EMAIL_LEVELS,
        "phone": PHONE_LEVELS,
    }
    for comparison, levels in ranks.items():
        assert set(levels) <= {level for name, level in MODEL.levels if name == comparison}, comparison
    assert all(0 < level.m < 1 and 0 < level.u < 1 for level in MODEL.levels.values())


def test_a_model_has_to_have_every_level() -> None:
    """The first that is missing is told; more than those are no matter."""
    assert require_levels(MODEL) is MODEL
    more = MatchModel(name="m", version=1, pairs=1.0, levels={**MODEL.levels, ("shoe", "exact"): Level(m=0.5, u=0.5)})
    assert require_levels(more) is more
    lacking = {key: level for key, level in MODEL.levels.items() if key not in {("phone", "close"), ("email", "slip")}}
    with pytest.raises(ModelError) as caught:
        require_levels(MatchModel(name="m", version=1, pairs=1.0, levels=lacking))
    assert str(caught.value) == "it has no weight for email.slip"
