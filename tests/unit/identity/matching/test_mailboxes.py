"""What e-mail addresses and user names say."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.comparisons import compare
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.mailboxes import (
    compare_mailbox_names,
    compare_user_names,
    email_level,
    user_names,
)
from profile_service.identity.matching.vocabulary import Comparison, Level
from tests.unit.identity.matching.said import named, said_by


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("eva.lang@example.org", "eva.lang@example.org", "exact"),
        ("evalang+shop@example.org", "eva.lang@example.org", "exact"),
        ("eva.lang@example.org", "evalang@exmaple.org", "slip"),
        ("eva.lang@example.org", "evalang@gmail.com", "local"),
        ("info@example.org", "info@example.org", "role"),
        ("smith.family@example.org", "smith.family@example.org", "role"),
        ("smithfamily@example.org", "smithfamily@example.org", "exact"),
        ("info@example.org", "info@gmail.com", "local"),
        ("evalang@example.org", "evalamg@example.org", "slip"),
        ("evalang@example.org", "evalamg@exmaple.org", "slip"),
        ("evalang@example.org", "evalamg@gmail.com", "close"),
        ("evalang@example.org", "evalangxy@example.org", "close"),
        ("evalang1@example.org", "evalang2@example.org", "slip"),
        ("evalang@example.org", "evalang7@example.org", "slip"),
        ("evalang@example.org", "evalang77@example.org", "different"),
        ("evalang15@example.org", "evalang77@example.org", "different"),
        ("evalang@example.org", "ianlang@example.org", "different"),
        ("eva@example.org", "evaa@example.org", "different"),
        ("evaa@example.org", "evaaa@example.org", "slip"),
        ("evaa@example.org", "eva@example.org", "different"),
        ("evalang", "evalamg", "slip"),
        ("evalang@example.org", "evalang", "local"),
        ("evalang@example.org", "evalamg", "different"),
        ("evalang", "kramer", "different"),
        ("evalang", "evalang", "exact"),
    ],
)
def test_addresses(left: str, right: str, level: str) -> None:
    """Tags and dots are no difference, slips are told from another customer's number, and what has no domain is
    compared as a whole."""
    assert email_level(left, right) == email_level(right, left) == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("eva***@example.org", "eva.lang@example.org", "masked"),
        ("eva***@example.org", "eva@example.org", "masked"),
        ("e***g@example.org", "eva.lang@example.org", "masked"),
        ("e***x@example.org", "eva.lang@example.org", "different"),
        ("i***g@example.org", "eva.lang@example.org", "different"),
        ("***g@example.org", "eva.lang@example.org", "masked"),
        ("eva***@example.org", "ev***@example.org", "masked"),
        ("eva***@example.org", "ia***@example.org", "different"),
        ("eva***@example.org", "eva***@example.org", "masked"),
        ("eva***@example.org", "eva***@example.net", None),
        ("eva***@example.org", "eva.lang@example.net", None),
        ("eva***@example.org", "ian.lang@example.org", "different"),
        ("eva***@example.org", "ian.lang@example.net", "different"),
    ],
)
def test_addresses_that_are_hidden_in_part(left: str, right: str, level: str | None) -> None:
    """What is shown has to fit; with another domain nothing is said."""
    assert email_level(left, right) == email_level(right, left) == level


@pytest.mark.parametrize(
    ("left", "right", "different"),
    [
        ("reid.cynthia@example.org", "reid.michael15@example.org", True),
        ("sandravelez63@example.org", "michael.velez@example.org", True),
        ("mike.velez@example.org", "michael55@example.org", False),
        ("cynthia@example.org", "c.reid@example.org", False),
        ("mar***@example.net", "michael@example.org", False),
    ],
)
def test_addresses_named_after_two_people(left: str, right: str, different: bool) -> None:
    """Where neither side says a given name: those who share a device or a phone are told apart."""
    sides = said_by(email=left), said_by(email=right)
    assert (Agreement(Comparison.MAILBOX_NAME, Level.DIFFERENT) in compare(*sides)) is different
    assert (Agreement(Comparison.MAILBOX_NAME, Level.DIFFERENT) in compare(*reversed(sides))) is different


def customer(given: str = "", *emails: str) -> Attributes:
    """A customer with a given name and addresses."""
    names = frozenset({named(given, "lang")}) if given else frozenset({named("", "lang")})
    return Attributes(names=names, emails=frozenset(emails))


@pytest.mark.parametrize(
    ("given", "emails", "level"),
    [
        ("cynthia", ["cynthia@example.org"], "exact"),
        ("cynthia", ["xcynthiax@example.org"], "exact"),
        ("xqzt", ["xqzt7@example.org"], "exact"),
        ("michael", ["mike.velez@example.org"], "exact"),
        ("cynthia", ["mike.velez@example.org"], "different"),
        ("cynthia", ["mike.velez@example.org", "cynthia@example.org"], "exact"),
        ("cynthia", ["wvlorb@example.org"], None),
        ("cynthia", ["wvlorb@cynthia.org"], None),
        ("cynthia", ["cynthiaxy@example.org"], "exact"),
        ("anna", ["cynthiaxy@example.org"], "different"),
        ("anna", ["markxy@example.org"], None),
        ("anna", ["jamesxy@example.org"], "different"),
        ("anna", ["mark@example.org"], "different"),
        ("anna", ["jo@example.org"], None),
        ("anna", ["ian@example.org"], "different"),
        ("anna", ["michael*@example.org"], None),
        ("jo", ["michael@example.org"], None),
        ("eva", ["eva@example.org"], "exact"),
        ("anna", [], None),
    ],
)
def test_a_given_name_with_the_addresses_of_the_other(given: str, emails: list[str], level: str | None) -> None:
    """Of a side that says none; a name of two letters is told nowhere, and one before other letters has five."""
    sides = customer(given), customer("", *emails)
    assert compare_mailbox_names(*sides) == compare_mailbox_names(*reversed(sides)) == level


def test_an_address_that_both_have_names_nobody() -> None:
    """A family's mailbox is named after one of it."""
    sides = customer("anna", "mike@example.org"), customer("", "mike@example.org")
    assert compare_mailbox_names(*sides) is None
    own = customer("anna", "anna@example.org"), customer("", "mike@example.org")
    assert compare_mailbox_names(*own) == "different"


def test_where_both_say_a_given_name_their_addresses_say_nothing() -> None:
    """The names do."""
    assert compare_mailbox_names(customer("anna", "anna@b.org"), customer("zoe", "mike@b.org")) is None
    assert compare_mailbox_names(customer("anna"), customer("")) is None
    assert compare_mailbox_names(customer("", "cynthia@b.org"), customer("", "mike@b.org")) == "different"
    assert compare_mailbox_names(customer("", "cynthia.mike@b.org"), customer("", "mike@b.org")) is None
    assert compare_mailbox_names(customer("", "cynthia.ian@b.org"), customer("", "mike.ian@b.org")) == "different"


def test_user_names_are_what_people_choose() -> None:
    """Before the @ of addresses that are not hidden, without a tag, and on some platforms; letters and digits."""
    attributes = Attributes(
        emails=frozenset({"eva.lang+shop@example.org", "ev***@example.org"}),
        handles=frozenset({"x:in/eva_lang7/", "sip:eva@pbx.org", "account:12345678", "instagram:eva"}),
    )
    assert sorted(user_names(attributes)) == [("email", "evalang"), ("sip", "eva"), ("x", "evalang7")]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("email eva.lang@example.org", "x eva_lang", True),
        ("x evalang77.x", "email evalang77@example.org", True),
        ("x in/eva-lang", "sip evalang@pbx.example.org", True),
        ("account 12345678", "email 12345678@example.org", False),
        ("account evalang7", "crm evalang7", False),
        ("x evalang7", "email evalang78@example.org", False),
        ("x eva", "email eva@example.org", False),
        ("x eva.lang", "x evalang", False),
    ],
)
def test_one_name_on_two_platforms(left: str, right: str, expected: bool) -> None:
    """Or before the @; on one platform two names are two accounts, and a digit more is somebody else's."""
    sides = [said_by(**{namespace: value}) for namespace, value in (left.split(), right.split())]
    assert (Agreement(Comparison.USER_NAME, Level.EXACT) in compare(*sides)) is expected
    assert (Agreement(Comparison.USER_NAME, Level.EXACT) in compare(*reversed(sides))) is expected


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("x evalan", "email evalan@b.org", "exact"),
        ("x evala", "email evala@b.org", "different"),
        ("x evalan", "email evalanx@b.org", "exact"),
        ("x evalan", "email evalan7@b.org", "different"),
        ("x evalan", "email evalanxy@b.org", "different"),
        ("x 1234567", "email 1234567@b.org", "different"),
        ("x evalan", "email xevalan@b.org", "different"),
        ("x evalan", "x evalan", None),
        ("x evalan", "account evalan", None),
    ],
)
def test_a_user_name_has_six_letters_and_may_end_in_another(left: str, right: str, level: str | None) -> None:
    """As people add where a name is taken; digits alone are no name."""
    sides = [said_by(**{namespace: value}) for namespace, value in (left.split(), right.split())]
    assert compare_user_names(*sides) == compare_user_names(*reversed(sides)) == level


def test_one_user_name_of_several_is_enough() -> None:
    """Whatever the others are."""
    left = said_by(sip="wvlorbx@b.org", email="evalang@b.org")
    assert compare_user_names(left, said_by(x="evalang")) == "exact"
    assert compare_user_names(said_by(x="evalang"), left) == "exact"
    assert compare_user_names(left, said_by(x="kramer7")) == "different"
