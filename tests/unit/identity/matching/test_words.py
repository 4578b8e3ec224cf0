"""Words that sources write."""

from __future__ import annotations

from profile_service.identity.matching.words import HOUSEHOLDS, IN_DATES, MONTHS, ROLES, STREET_WORDS, SUFFIXES, TITLES


def test_words_are_ascii_in_lower_case() -> None:
    """As values are when they are looked up."""
    everything = {*TITLES, *SUFFIXES, *SUFFIXES.values(), *STREET_WORDS, *STREET_WORDS.values(), *ROLES, *HOUSEHOLDS}
    everything |= IN_DATES
    assert all(word.isascii() and word == word.lower() for word in {*everything, *MONTHS})


def test_a_month_is_told_by_as_many_letters_as_it_takes() -> None:
    """In every language of the list; three of them where no other month begins so, and never a word of a date."""
    assert set(MONTHS.values()) == set(range(1, 13))
    assert (MONTHS["jan"], MONTHS["mai"], MONTHS["maerz"], MONTHS["juillet"], MONTHS["lipca"]) == (1, 5, 3, 7, 7)
    assert {"jui", "ja"}.isdisjoint(MONTHS) and (MONTHS["v"], MONTHS["viii"], MONTHS["xii"]) == (5, 8, 12)
    assert IN_DATES.isdisjoint(MONTHS)


def test_each_list_has_what_it_is_for() -> None:
    """A title, a suffix, a street, a role's mailbox, a family's."""
    assert {"dr", "mrs"} <= TITLES
    assert (SUFFIXES["junior"], STREET_WORDS["street"]) == ("jr", "st")
    assert "info" in ROLES and "family" in HOUSEHOLDS
