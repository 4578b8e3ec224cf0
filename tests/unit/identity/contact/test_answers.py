"""A customer's answer compared with what is known: forgiving of form, not of content."""

from __future__ import annotations

import pytest

from profile_service.identity.contact.answers import answer_matches, canonical_answer


@pytest.mark.parametrize(
    ("attribute", "text", "canonical"),
    [
        ("birth_date", "1990-07-15", "1990-07-15"),
        ("birth_date", " 1990/7/15 ", "1990-07-15"),
        ("birth_date", "1990.7.15", "1990-07-15"),
        ("birth_date", "1990 7 15", "1990-07-15"),
        ("birth_date", "15.7.1990", "1990-07-15"),
        ("birth_date", "7/15/1990", "1990-07-15"),
        ("birth_date", "5/7/1990", "1990-05-07"),
        ("birth_date", "5.7.1990", "1990-07-05"),
        ("birth_date", "15/7/1990", "1571990"),
        ("birth_date", "15-7-1990", "1571990"),
        ("birth_date", "31.2.1990", "3121990"),
        ("birth_date", "July 1990", "july1990"),
        ("birth_place", "15.7.1990", "1571990"),
        ("name", "Renée  O'Neil", "reneeoneil"),
        ("name", "ＡＢＣ　１２", "abc12"),
        ("street", "Große Straße 1-3", "grossestrasse13"),
        ("name", "  ", ""),
        ("name", "", ""),
    ],
)
def test_answers_are_compared_in_one_form(attribute: str, text: str, canonical: str) -> None:
    """Dates of birth as ISO, with the day first where there are dots and the month first where there are slashes; of
    all else letters and digits."""
    assert canonical_answer(attribute, text) == canonical


@pytest.mark.parametrize(
    ("attribute", "answer", "known", "fits"),
    [
        ("birth_date", "15.7.1990", ["1990-07-15"], True),
        ("birth_date", "14.7.1990", ["1990-07-15"], False),
        ("birth_date", "12/03/1984", ["1984-03-12"], True),
        ("birth_date", "12 March 1984", ["1984-03-12"], True),
        ("birth_date", "1984", ["1984-03-12"], False),
        ("birth_date", "1.1.1984", ["1984-01-01"], True),
        ("birth_date", "1984-13-40", ["1984-03-12"], False),
        ("name", "renée  o'neil", ["Renee ONeil"], True),
        ("name", "Renee", ["Rene", "RENEE"], True),
        ("name", "Renee", ["Rene", "Irene"], False),
        ("name", "Renee", [], False),
        ("postcode", "", ["", "75011"], False),
        ("postcode", " - ", ["", "-"], False),
    ],
)
def test_an_answer_is_one_of_the_known_values(attribute: str, answer: str, known: list[str], fits: bool) -> None:
    """An empty answer never is."""
    assert answer_matches(attribute, answer, known) is fits
