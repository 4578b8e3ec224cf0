"""Levels of a comparison, and the best of several pairs."""

from __future__ import annotations

from profile_service.identity.matching.levels import Agreement, best_of, best_pair
from profile_service.identity.matching.vocabulary import Comparison, Level

RANKS = {Level.EXACT: 0, Level.CLOSE: 1, Level.DIFFERENT: 2}


def level_of(left: str, right: str) -> Level | None:
    """Equal, of one first letter, else different; what begins with x cannot be compared."""
    if left.startswith("x") or right.startswith("x"):
        return None
    return Level.EXACT if left == right else Level.CLOSE if left[0] == right[0] else Level.DIFFERENT


def test_an_agreement_has_no_value_where_none_is_given() -> None:
    """The level's own figure counts then."""
    assert Agreement(Comparison.EMAIL, Level.CLOSE) == ("email", "close", "")


def test_the_best_level_is_chosen_whatever_the_order() -> None:
    """Of equal ones the first value by name."""
    found = [(Level.CLOSE, "a"), (Level.EXACT, "c"), (Level.EXACT, "b"), (Level.DIFFERENT, "")]
    assert best_of(found, RANKS) == best_of(reversed(found), RANKS) == ("exact", "b")
    assert best_of([], RANKS) is None


def test_the_best_pair_of_two_sides_is_chosen() -> None:
    """With the value of the left one; pairs that cannot be compared say nothing."""
    assert best_pair(frozenset({"a"}), frozenset({"ab"}), level_of, RANKS) == ("close", "a")
    assert best_pair(frozenset({"a"}), frozenset({"x"}), level_of, RANKS) is None
    assert best_pair(frozenset({"x", "xx"}), frozenset({"a"}), level_of, RANKS) is None
    assert best_pair(frozenset({"x", "b", "a"}), frozenset({"ab", "c"}), level_of, RANKS) == ("close", "a")
    assert best_pair(frozenset({"c"}), frozenset({"ab", "c"}), level_of, RANKS) == ("exact", "c")
    assert best_pair(frozenset({"a", "c"}), frozenset({"c"}), level_of, RANKS) == ("exact", "c")
