"""Attributes as sources write them, and what is read of them."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.attributes import (
    COMPARED_MAX,
    GOVERNMENT_ID,
    IDENTIFIERS,
    KNOWN_MAX,
    NOTHING_SAID,
    VALUES_MAX,
    Address,
    Attributes,
    PersonName,
    as_compared,
    digits_of,
    is_matched,
    parse_address,
    parse_attributes,
    parse_name,
    words,
)


def test_bounds_are_those_that_are_documented() -> None:
    """Comparing costs the product of what is compared."""
    assert (COMPARED_MAX, VALUES_MAX, KNOWN_MAX, GOVERNMENT_ID) == (200, 8, 100, "government_id/")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("José García-Márquez 3rd", ("jose", "garcia", "marquez", "3rd")),
        ("O'Brien", ("obrien",)),
        ("  ", ()),
        ("a " * 150, ("a",) * 100),
        ("x" * 300, ("x" * 200,)),
        ("ß" * 150, ("ss" * 100,)),
    ],
)
def test_words_are_ascii_in_lower_case(text: str, found: tuple[str, ...]) -> None:
    """An apostrophe joins; of a long text the first 200 characters, before and after it is turned into ASCII."""
    assert words(text) == found


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Dr. José", "García Márquez", ""), PersonName(given="jose", family="garcia marquez")),
        (("Robert J", "Smith Jr.", ""), PersonName(given="robert", family="smith", middle="j", suffix="jr")),
        (("", "", "Smith, Robert"), PersonName(given="robert", family="smith")),
        (("", "", "Smith, Robert J"), PersonName(given="robert", family="smith", middle="j")),
        (("", "", "Robert Smith, Jr"), PersonName(given="robert", family="smith", suffix="jr")),
        (("", "", "Smith, Robert Jr"), PersonName(given="robert", family="smith", suffix="jr")),
        (("", "", "Robert Smith,"), PersonName(given="robert", family="smith")),
        (("", "", "Robert Senior Smith"), PersonName(given="robert", family="smith", suffix="sr")),
        (("", "", "Sean O'Brien"), PersonName(given="sean", family="obrien")),
        (("", "", "Sean"), PersonName(given="", family="sean")),
        (("", "", "Anna Maria de Lang"), PersonName(given="anna", family="lang", middle="maria de")),
        (("Wife", "Oakes", ""), PersonName(given="", family="oakes")),
        (("Robert", "", "Anna Lang"), PersonName(given="robert", family="")),
        (("", "Smith", "Anna Lang"), PersonName(given="", family="smith")),
        (("", "", "Mr"), None),
        (("Mr", "", ""), None),
        (("Jr", "", ""), None),
        (("", "", ""), None),
    ],
)
def test_names_are_read_as_sources_write_them(parts: tuple[str, str, str], name: PersonName | None) -> None:
    """Titles go, suffixes stand apart, a comma turns the order."""
    assert parse_name(*parts) == name


def test_middle_names_follow_those_behind_the_given_name() -> None:
    """A middle name is never taken for the given name that is missing; a suffix in it is one."""
    assert parse_name("Robert J", "Smith", middle="Mark") == PersonName("robert", "smith", "j mark")
    assert parse_name("", "", "Anna Lang", middle="Mark") == PersonName("", "", "mark")
    assert parse_name("Robert", "Smith", middle="Jr") == PersonName("robert", "smith", "", "jr")
    assert parse_name("Robert II", "Smith Jr") == PersonName("robert", "smith", "", "ii")
    assert PersonName("a", "b") == PersonName("a", "b", "", "")


@pytest.mark.parametrize(
    ("street", "postcode", "city", "address"),
    [
        (
            "123 Main Street, Las Vegas NV 89132",
            "",
            "",
            Address("123 main st las vegas nv", frozenset({"123"}), "89132", ""),
        ),
        (
            "123 Main Street, Las Vegas NV 89132",
            "SW1P 1HZ",
            "",
            Address("123 main st las vegas nv 89132", frozenset({"123", "89132"}), "sw1p1hz", ""),
        ),
        ("Main 89132", "", "", Address("main 89132", frozenset({"89132"}), "", "")),
        ("1 Main 89132", "", "", Address("1 main", frozenset({"1"}), "89132", "")),
        ("1 Main 8913", "", "", Address("1 main 8913", frozenset({"1", "8913"}), "", "")),
        ("1 Main 8913a", "", "", Address("1 main 8913a", frozenset({"1", "8913a"}), "", "")),
        ("", "", "St. Louis-Ville", Address("", frozenset(), "", "st louis ville")),
        ("", "60527", "", Address("", frozenset(), "60527", "")),
        ("Elm Avenue 4b", "", "", Address("elm ave 4b", frozenset({"4b"}), "", "")),
        ("", "", "", None),
        ("-", " ", "", None),
    ],
)
def test_an_address_is_what_is_known_of_it(street: str, postcode: str, city: str, address: Address | None) -> None:
    """A postcode is taken off the end of the line, where none is given; street words are spelled in one way."""
    assert parse_address(street, postcode, city) == address
    assert Address() == Address("", frozenset(), "", "")


def test_some_attributes_are_matched() -> None:
    """And documents of any kind; others are kept for the profile alone."""
    matched = "given_name middle_name family_name name birth_date street postcode city birth_place gender occupation"
    assert all(is_matched(name) for name in (*matched.split(), "organisation", "government_id/ssn"))
    assert not any(is_matched(name) for name in ("shoe_size", "government_id", "email", ""))


def test_a_record_is_read() -> None:
    """Every attribute, and its identifiers by how they are compared."""
    given = {
        "given_name": "Ann",
        "family_name": "Lee",
        "middle_name": "B",
        "name": "Zoe Kramer",
        "birth_date": "1978-12-11",
        "street": "1 Oak Lane",
        "postcode": "60527",
        "city": "Dublin",
        "birth_place": "San José",
        "gender": "Female",
        "occupation": "Painter",
        "organisation": "Oscorp Inc.",
        "government_id/ssn": "201-77 7719",
        "shoe_size": "9",
    }
    identifiers = [("email", "a@b.org"), ("phone", "+1"), ("device", "d"), ("cookie", "c"), ("x", "ann"), ("crm", "7")]
    assert parse_attributes(given, identifiers) == Attributes(
        names=frozenset({PersonName("ann", "lee", "b")}),
        birth_dates=frozenset({(1978, 12, 11)}),
        addresses=frozenset({Address("1 oak ln", frozenset({"1"}), "60527", "dublin")}),
        birth_places=frozenset({"san jose"}),
        genders=frozenset({"f"}),
        occupations=frozenset({"painter"}),
        organisations=frozenset({"oscorp inc"}),
        government_ids=frozenset({("ssn", "201777719")}),
        emails=frozenset({"a@b.org"}),
        phones=frozenset({"+1"}),
        devices=frozenset({"d", "c"}),
        handles=frozenset({"x:ann", "crm:7"}),
    )
    assert parse_attributes({}) == parse_attributes({"shoe_size": "9"}) == NOTHING_SAID == Attributes()
    assert parse_attributes({"middle_name": "B"}).names == {PersonName("", "", "b")}


def test_a_cell_may_hold_several_values() -> None:
    """Eight of them, of 200 characters each; empty ones say nothing. Of parts of a name and of an address the first."""
    many = parse_attributes({"occupation": "|".join(f" job{number} " for number in range(10))})
    assert many.occupations == {f"job{number}" for number in range(8)}
    assert parse_attributes({"birth_place": "a||b|"}).birth_places == {"a", "b"}
    assert parse_attributes({"name": "Ann Lee|Mr|Zoe Kramer"}).names == {
        PersonName("ann", "lee"),
        PersonName("zoe", "kramer"),
    }
    assert parse_attributes({"given_name": " |Ann|Zoe"}).names == {PersonName("ann", "")}
    assert parse_attributes({"birth_date": "1978|1979-2-3"}).birth_dates == {(1978, 0, 0), (1979, 2, 3)}
    assert parse_attributes({"government_id/a": "1|2"}).government_ids == {("a", "1"), ("a", "2")}
    assert parse_attributes({"city": "x" * 201 + "|b"}).addresses == {Address(city="x" * 200)}


def test_two_customers_are_united() -> None:
    """Value by value; with nothing said the other is as it is."""
    left = Attributes(emails=frozenset({"a"}), genders=frozenset({"f"}))
    right = Attributes(emails=frozenset({"b"}), phones=frozenset({"1"}))
    both = Attributes(emails=frozenset({"a", "b"}), genders=frozenset({"f"}), phones=frozenset({"1"}))
    assert left.united(right) == right.united(left) == both
    assert NOTHING_SAID.united(left) is left
    assert left.united(NOTHING_SAID) == left


def test_of_very_many_values_the_first_are_known() -> None:
    """A hundred in order, whichever came first."""
    values = [f"{number:03}" for number in range(101)]
    full = Attributes(emails=frozenset(values[1:]))
    assert full.united(Attributes(phones=frozenset({"1"}))).emails == set(values[1:])
    more = full.united(Attributes(emails=frozenset(values[:1])))
    assert more.emails == set(values[:100])
    assert Attributes(emails=frozenset(values[:1])).united(full) == more


def test_identifiers_are_told_and_taken_away() -> None:
    """With the attribute that they are compared as; one of another attribute stays."""
    attributes = Attributes(
        emails=frozenset({"a", "b"}),
        phones=frozenset({"a"}),
        handles=frozenset({"h"}),
        devices=frozenset({"d"}),
        genders=frozenset({"f"}),
    )
    assert IDENTIFIERS == ("emails", "phones", "handles", "devices")
    assert attributes.identifiers() == {
        ("emails", "a"),
        ("emails", "b"),
        ("phones", "a"),
        ("handles", "h"),
        ("devices", "d"),
    }
    bare = attributes.without([("emails", "a"), ("devices", "d"), ("genders", "f")])
    assert bare == Attributes(
        emails=frozenset({"b"}), phones=frozenset({"a"}), handles=frozenset({"h"}), genders=frozenset({"f"})
    )


@pytest.mark.parametrize(
    ("namespace", "compared"),
    [
        ("email", ("emails", "v")),
        ("phone", ("phones", "v")),
        ("device", ("devices", "v")),
        ("cookie", ("devices", "v")),
        ("x", ("handles", "x:v")),
        ("crm", ("handles", "crm:v")),
    ],
)
def test_an_identifier_is_compared_with_those_of_its_kind(namespace: str, compared: tuple[str, str]) -> None:
    """Every other one is a handle on some platform, which is part of it."""
    assert as_compared(namespace, "v") == compared


@pytest.mark.parametrize(("text", "digits"), [("123", "123"), ("+1 (2) x3", "123"), ("abc", ""), ("", "")])
def test_digits_are_those_of_a_text(text: str, digits: str) -> None:
    """In their order."""
    assert digits_of(text) == digits
