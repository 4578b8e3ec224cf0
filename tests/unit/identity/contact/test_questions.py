"""The cheapest question that would settle who it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from profile_service.identity.contact.questions import Ask, AskKind, proving_question, separating_question
from profile_service.identity.policies import shipped_policy

POLICY = replace(shipped_policy("default"), ask_order=("account", "birth_date", "postcode", "record", "email"))


def person(**known: str) -> Mapping[str, frozenset[str]]:
    """A candidate by what is known, several values parted by blanks."""
    return {key: frozenset(text.split()) for key, text in known.items()}


def test_numbers_are_those_of_the_proto() -> None:
    """They are sent."""
    assert {kind.name: kind.value for kind in AskKind} == {"IDENTIFIER": 1, "ANSWER": 2, "ONE_TIME_PASSWORD": 3}


@pytest.mark.parametrize(
    ("known", "ask"),
    [
        ([person(birth_date="1", postcode="x"), person(birth_date="2", postcode="x")], ("ANSWER", "birth_date", 2)),
        ([person(birth_date="1"), person(birth_date="1")], None),
        ([person(postcode="x", birth_date="1"), person(postcode="y", birth_date="2")], ("ANSWER", "birth_date", 2)),
        (
            [
                person(birth_date="1", postcode="x"),
                person(birth_date="1", postcode="y"),
                person(birth_date="2", postcode="z"),
            ],
            ("ANSWER", "postcode", 3),
        ),
        ([person(birth_date="1"), person()], ("ANSWER", "birth_date", 1)),
        ([person(account="1"), person(account="2")], ("IDENTIFIER", "account", 2)),
        ([person(record="1"), person(record="2")], ("ANSWER", "record", 2)),
        ([person(postcode="x y"), person(postcode="y")], ("ANSWER", "postcode", 1)),
        ([person(postcode="x y"), person(postcode="y z")], ("ANSWER", "postcode", 2)),
        ([person(shoe="1"), person(shoe="2")], None),
        ([], None),
    ],
)
def test_the_question_that_separates_most_is_asked(
    known: Sequence[Mapping[str, frozenset[str]]], ask: tuple[str, str, int] | None
) -> None:
    """The policy's order decides among equals; an attribute that all share separates nobody."""
    expected = ask and Ask(kind=AskKind[ask[0]], key=ask[1], separates=ask[2])
    assert separating_question(known, POLICY) == expected


@pytest.mark.parametrize(
    ("known", "checked", "ask"),
    [
        (person(phone="1", email="a", birth_date="1"), "", ("ONE_TIME_PASSWORD", "phone")),
        (person(email="a", birth_date="1"), "", ("ONE_TIME_PASSWORD", "email")),
        (person(email="", birth_date="1", postcode="x"), "", ("ANSWER", "birth_date")),
        (person(birth_date="1", postcode="x"), "birth_date", ("ANSWER", "postcode")),
        (person(birth_date="1", postcode="x"), "birth_date postcode", None),
        (person(birth_date="1", account="1"), "", ("ANSWER", "account")),
        (person(phone="1", birth_date="1"), "phone", ("ANSWER", "birth_date")),
        (person(crm="1", given_name="x"), "", None),
        (person(shoe="1", birth_date=""), "", None),
        (person(), "", None),
    ],
)
def test_one_customer_is_proved_by_a_password_else_by_an_answer(
    known: Mapping[str, frozenset[str]], checked: str, ask: tuple[str, str] | None
) -> None:
    """To a number before an address; what was checked is not asked again."""
    expected = ask and Ask(kind=AskKind[ask[0]], key=ask[1], separates=1)
    assert proving_question(known, frozenset(checked.split()), POLICY) == expected
