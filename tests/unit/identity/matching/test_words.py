"""Words that sources write."""

from __future__ import annotations

from profile_service.identity.matching.words import HOUSEHOLDS, MONTHS, ROLES, STREET_WORDS, SUFFIXES, TITLES


def test_words_are_ascii_in_lower_case() -> None:
    """As values are when they are looked up; a month has three letters."""
    everything = {*TITLES, *SUFFIXES, *SUFFIXES.values(), *STREET_WORDS, *STREET_WORDS.values(), *ROLES, *HOUSEHOLDS}
    assert all(word.isascii() and word == word.lower() for word in {*everything, *MONTHS})
    assert MONTHS[0] == "jan" and len(MONTHS) == 12 and {len(month) for month in MONTHS} == {3}


def test_each_list_has_what_it_is_for() -> None:
    """A title, a suffix, a street, a role's mailbox, a family's."""
    assert {"dr", "mrs"} <= TITLES
    assert (SUFFIXES["junior"], STREET_WORDS["street"]) == ("jr", "st")
    assert "info" in ROLES and "family" in HOUSEHOLDS
