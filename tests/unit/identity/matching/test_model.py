"""The match model: what an agreement is worth, and what its document may say."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.model import MatchModel, ModelError, Odds, load_model, shipped_model, write_model
from profile_service.identity.matching.vocabulary import LEVELS, Comparison, Level

MODEL = shipped_model()
TWO = MatchModel(
    name="two",
    version=3,
    pairs=2.0,
    levels={
        (Comparison.EMAIL, Level.EXACT): Odds(m=0.5, u=0.125),
        (Comparison.EMAIL, Level.DIFFERENT): Odds(m=0.25, u=1.0),
        (Comparison.PHONE, Level.EXACT): Odds(m=1.0, u=0.0009765625),
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
        ("a =", "is no TOML: "),
        ('name = "x"\npairs = 1\n[comparisons]\n', "Object missing required field `version`"),
        ("version = 1\npairs = 1\n[comparisons]\n", "Object missing required field `name`"),
        ('name = "x"\nversion = 1\n[comparisons]\n', "Object missing required field `pairs`"),
        ('name = "x"\nversion = 1\npairs = 1\n', "Object missing required field `comparisons`"),
        (HEAD + "shape = 1\n[comparisons]\n", "Object contains unknown field `shape`"),
        (HEAD + "[comparisons.email]\nexact = [0.5]", "comparisons.email.exact: Expected `array` of length 2, got 1"),
        (HEAD + "[comparisons.email]\nexact = 1", "comparisons.email.exact: Expected `array`, got `int`"),
        (HEAD + "[comparisons.email]\nexact = ['x', 1]", "comparisons.email.exact[0]: Expected `float`, got `str`"),
        ("a = " + "[" * 400 + "\n" + "[" * 400, "is no TOML: "),
        (HEAD + "[comparisons.email]\nexact = [1.1, 1]", "comparisons.email.exact[0]: Expected `float` <= 1.0"),
        (HEAD + "[comparisons.email]\nexact = [1, 1.1]", "comparisons.email.exact[1]: Expected `float` <= 1.0"),
        (HEAD + "[comparisons.email]\nexact = [1, 0]", "comparisons.email.exact[1]: Expected `float` > 0.0"),
        (HEAD + "[comparisons.email]\nexact = [nan, 1]", "comparisons.email.exact[0]: Expected `float` > 0.0"),
        (HEAD + "[comparisons]\nemail = 1", "comparisons.email: Expected `object`, got `int`"),
        (HEAD + "[comparisons.shoe]\nexact = [1, 1]", "comparisons.shoe: is no comparison; there are given_name, "),
        (HEAD + "[comparisons.device]\nodd = [1, 1]", "comparisons.device.odd: is no level of it; there are exact, "),
        ('name = "x"\nversion = 1\npairs = 0\n[comparisons]\n', "pairs: Expected `float` > 0.0"),
        ('name = "x"\nversion = 1\npairs = -1\n[comparisons]\n', "pairs: Expected `float` > 0.0"),
        ('name = "x"\nversion = -1\npairs = 1\n[comparisons]\n', "version: Expected `int` >= 0"),
    ],
)
def test_a_broken_model_is_refused_with_the_place(text: str, why: str) -> None:
    """What TOML refuses, what is missing, and what are no probabilities."""
    with pytest.raises(ModelError) as caught:
        load_model(text)
    assert str(caught.value).startswith(why)


def document(**given: str) -> str:
    """A model with the same figures for every level but those that are given."""
    lines = [HEAD]
    for comparison, levels in LEVELS.items():
        lines.append(f"[comparisons.{comparison}]")
        lines += [f"{level} = {given.get(f'{comparison}_{level}', '[0.5, 0.25]')}" for level in levels]
    return "\n".join(lines)


def test_a_model_is_read() -> None:
    """Whole numbers are numbers; 1 is a probability."""
    found = load_model(document(email_exact="[1, 0.5]"))
    assert (found.name, found.version, found.pairs) == ("x", 1, 2.0)
    assert found.levels[Comparison.EMAIL, Level.EXACT] == Odds(m=1.0, u=0.5)
    others = {key: odds for key, odds in found.levels.items() if key != (Comparison.EMAIL, Level.EXACT)}
    assert set(others.values()) == {Odds(m=0.5, u=0.25)}
    assert found.levels.keys() == MODEL.levels.keys()


def test_a_model_is_read_as_it_was_written() -> None:
    """The one that ships, too; every comparison stands once."""
    assert write_model(TWO) == (
        'name = "two"\nversion = 3\npairs = 2.0\n\n'
        "[comparisons.email]\nexact = [0.5, 0.125]\ndifferent = [0.25, 1]\n\n"
        "[comparisons.phone]\nexact = [1, 0.0009765625]\n"
    )
    assert load_model(write_model(MODEL)) == MODEL


def test_every_level_that_can_be_found_has_a_weight() -> None:
    """In the model that ships, with probabilities that are neither 0 nor 1, and nothing else has one."""
    assert set(MODEL.levels) == {(comparison, level) for comparison, levels in LEVELS.items() for level in levels}
    assert all(0 < odds.m < 1 and 0 < odds.u < 1 for odds in MODEL.levels.values())


@pytest.mark.parametrize("key", ["comparisons.email.slip", "comparisons.phone.close"])
def test_a_model_has_to_have_every_level(key: str) -> None:
    """The first that is missing is told."""
    _, comparison, level = key.split(".")
    lines = document().splitlines()
    section = lines.index(f"[comparisons.{comparison}]")
    del lines[lines.index(f"{level} = [0.5, 0.25]", section)]
    with pytest.raises(ModelError) as caught:
        load_model("\n".join(lines))
    assert str(caught.value) == f"{key}: is missing"
