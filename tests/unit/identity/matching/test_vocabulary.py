"""The words of matching."""

from __future__ import annotations

from profile_service.identity.matching.vocabulary import LEVELS, RANKS, Comparison, Level


def test_every_comparison_has_levels_and_every_level_a_comparison() -> None:
    """None twice; all end with what speaks against."""
    assert set(LEVELS) == set(Comparison)
    assert {level for levels in LEVELS.values() for level in levels} == set(Level)
    for levels in LEVELS.values():
        assert len(set(levels)) == len(levels)
        assert levels[-1] in (Level.DIFFERENT, Level.DIFFERENT_AT_HOME)


def test_the_best_level_has_the_first_rank() -> None:
    """From 0 on, in order."""
    assert list(RANKS[Comparison.MIDDLE_NAME].items()) == [(Level.EXACT, 0), (Level.INITIAL, 1), (Level.DIFFERENT, 2)]
    assert all(list(RANKS[comparison]) == list(levels) for comparison, levels in LEVELS.items())


def test_levels_of_addresses_and_dates_are_ranked() -> None:
    """A street before a city; a slip of the keys before another mailbox; a date before its year."""
    assert LEVELS[Comparison.ADDRESS] == (
        "street",
        "street_near",
        "household",
        "postcode",
        "postcode_area",
        "city",
        "city_near",
        "different",
    )
    assert LEVELS[Comparison.EMAIL] == ("exact", "slip", "local", "close", "role", "masked", "different")
    assert LEVELS[Comparison.BIRTH_DATE] == (
        "exact",
        "near",
        "partial",
        "two_parts",
        "year",
        "within_year",
        "partial_different",
        "different",
    )
