"""How alike two customers are, attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from profile_service.identity.matching.attributes import Address, Attributes, parse_attributes
from profile_service.identity.matching.comparisons import (
    compare,
    compare_further,
    compare_persons,
    government_level,
)
from profile_service.identity.matching.dates import BirthDate
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.model import shipped_model
from profile_service.identity.matching.vocabulary import Comparison, Level
from tests.unit.identity.matching.said import levels, living_at, named, people, said_by


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"given_name": "Bob"}, {"given_name": "Robert"}, {"given_name": "nickname"}),
        ({"given_name": "Jon"}, {"given_name": "J"}, {"given_name": "initial"}),
        ({"name": "Wang Jie"}, {"family_name": "WangJie"}, {"given_name": "exact", "family_name": "exact"}),
        ({"name": "Shaw Daniella"}, {"name": "Daniella Shaw"}, {"given_name": "exact", "family_name": "exact"}),
        ({"name": "Grace Shaw"}, {"name": "Shawn Gray"}, {"given_name": "similar", "family_name": "different"}),
        ({"name": "Terry Cohen"}, {"name": "Chen Terry"}, {"given_name": "similar", "family_name": "exact"}),
        ({"name": "Harley Tayrlo"}, {"name": "Hayler Taylor"}, {"given_name": "similar", "family_name": "close"}),
        ({"family_name": "Garcia"}, {"family_name": "Garcia Lopez"}, {"family_name": "close"}),
        ({"birth_date": "1978-12-11"}, {"birth_date": "1978-11-12"}, {"birth_date": "near"}),
        ({"birth_date": "1978-12-11"}, {"birth_date": "1978-01-01"}, {"birth_date": "partial"}),
        ({"birth_date": "1978-12-11"}, {"birth_date": "1990-03-15"}, {"birth_date": "different"}),
        ({"birth_date": "1943-04-07"}, {"birth_date": "19403407"}, {"birth_date": "near"}),
        ({"birth_date": "1972-05-25"}, {"birth_date": "21/25/1972"}, {"birth_date": "two_parts"}),
        ({"birth_date": "1939-04-15"}, {"birth_date": "04/42/1639"}, {}),
        ({"birth_date": "1943-04-07"}, {"birth_date": "19519606"}, {}),
        ({"birth_date": "99999999"}, {"birth_date": "99999999"}, {}),
        ({"street": "1 Oak Lane", "city": "X"}, {"street": "1 Oak Ln"}, {"address": "street"}),
        ({"postcode": "SW1P 1HZ"}, {"postcode": "sw1p1hz"}, {"address": "postcode"}),
        ({"city": "London"}, {"birth_date": "1978"}, {}),
    ],
)
def test_levels(left: Mapping[str, str], right: Mapping[str, str], expected: Mapping[str, str]) -> None:
    """One level per attribute that both sides know."""
    assert levels(left, right) == expected


def test_near_misses_of_identifiers_are_evidence() -> None:
    """A mistyped address, a number without its area code, a plus tag."""
    left = parse_attributes({}, [("email", "van.bishop157@example.com"), ("phone", "+12023213212")])
    right = parse_attributes({}, [("email", "van.bishop157@exmaple.com"), ("phone", "3213212")])
    tagged = parse_attributes({}, [("email", "vanbishop157+shop@example.com")])
    assert {agreement.comparison: agreement.level for agreement in compare(left, right)} == {
        "email": "slip",
        "phone": "seven_digits",
    }
    assert [agreement.level for agreement in compare(left, tagged)] == ["exact"]


@pytest.mark.parametrize(
    ("namespace", "left", "right", "level"),
    [
        ("email", "eva***@example.org", "eva.lang@example.org", "masked"),
        ("email", "e***g@example.org", "eva.lang@example.org", "masked"),
        ("email", "eva***@example.org", "ev***@example.org", "masked"),
        ("email", "eva***@example.org", "eva***@example.org", "masked"),
        ("email", "eva***@example.org", "ian.lang@example.org", "different"),
        ("email", "eva***@example.org", "eva.lang@example.net", None),
        ("phone", "124155501203541", "+12415550120;ext=3541", "close"),
        ("phone", "1241555012035415", "+12415550120;ext=3541", "close"),
        ("phone", "0664 1234567", "+436641234567", "close"),
        ("phone", "+12415550120", "+12415550120;ext=3541", "close"),
        ("phone", "+12415550120", "+12415559870", "different"),
    ],
)
def test_what_is_hidden_or_run_together_is_evidence(namespace: str, left: str, right: str, level: str | None) -> None:
    """What a mask shows; digits with a country code or an extension, or without."""
    found = compare(said_by(**{namespace: left}), said_by(**{namespace: right}))
    assert [agreement.level for agreement in found] == ([level] if level else [])


def both_ways(left: Attributes, right: Attributes) -> list[Agreement]:
    """What two customers say, from either side: but for the values it is the same."""
    forth, back = compare(left, right), compare(right, left)
    assert [agreement[:2] for agreement in forth] == [agreement[:2] for agreement in back]
    return forth


def born(*dates: BirthDate) -> Attributes:
    """A customer of whom only birth dates are known."""
    return Attributes(birth_dates=frozenset(dates))


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ((1978, 12, 11), (1978, 12, 11), "exact"),
        ((1978, 12, 11), (1978, 11, 12), "near"),
        ((1978, 12, 11), (1979, 11, 12), "within_year"),
        ((1978, 2, 11), (1978, 11, 3), "year"),
        ((1978, 12, 11), (1978, 12, 12), "near"),
        ((1978, 12, 11), (1979, 12, 11), "near"),
        ((1970, 12, 5), (1971, 2, 5), "near"),
        ((1978, 12, 5), (1978, 10, 25), "near"),
        ((1978, 12, 11), (1978, 12, 25), "two_parts"),
        ((1978, 12, 11), (1985, 12, 11), "two_parts"),
        ((1978, 12, 11), (1978, 5, 11), "two_parts"),
        ((1978, 12, 11), (1978, 3, 25), "year"),
        ((1978, 12, 11), (1979, 3, 25), "within_year"),
        ((1978, 1, 2), (1979, 3, 2), "within_year"),
        ((1978, 1, 2), (1979, 3, 3), "different"),
        ((1978, 12, 11), (1990, 3, 15), "different"),
        ((1978, 12, 11), (1990, 12, 15), "different"),
        ((1978, 12, 11), (1990, 3, 11), "different"),
        ((1978, 12, 11), (1978, 0, 0), "partial"),
        ((1978, 12, 11), (1978, 1, 1), "partial"),
        ((1978, 1, 1), (1978, 1, 1), "partial"),
        ((1978, 12, 11), (1979, 0, 0), "partial_different"),
        ((1978, 12, 11), (1979, 1, 1), "partial_different"),
        ((1943, 4, 7), (1940, 34, 7), "near"),
        ((1943, 4, 7), (1943, 4, 77), "near"),
        ((1943, 4, 7), (1943, 41, 8), None),
        ((1943, 4, 7), (1943, 40, 7), "near"),
        ((1943, 4, 7), (1951, 96, 6), None),
        ((1978, 13, 45), (1978, 13, 45), None),
    ],
)
def test_birth_dates(left: BirthDate, right: BirthDate, level: str | None) -> None:
    """Day and month in either order, a slip of the keys, two parts of three, a year, a year and two months."""
    found = both_ways(born(left), born(right))
    assert found == ([Agreement(Comparison.BIRTH_DATE, Level(level))] if level else [])


def test_the_best_pair_of_birth_dates_is_told() -> None:
    """In the order of their levels; what says nothing is left out."""
    ranked = [
        (1978, 12, 11),
        (1978, 11, 12),
        (1978, 0, 0),
        (1978, 12, 25),
        (1978, 3, 25),
        (1979, 3, 25),
        (1960, 0, 0),
        (1990, 3, 15),
        (1951, 96, 6),
    ]
    expected = ["exact", "near", "partial", "two_parts", "year", "within_year", "partial_different", "different", None]
    for place, level in enumerate(expected):
        found = both_ways(born((1978, 12, 11)), born(*ranked[place:], (1951, 96, 7)))
        assert [agreement.level for agreement in found] == ([level] if level else [])


def test_birth_dates_are_compared_where_both_have_one() -> None:
    """One side alone says nothing."""
    assert compare(born((1978, 12, 11)), born()) == compare(born(), born((1978, 12, 11))) == []


def place(street: str = "", postcode: str = "", city: str = "") -> Address:
    """An address, with the numbers of its street."""
    numbers = frozenset(word for word in street.split() if any(letter.isdigit() for letter in word))
    return Address(street=street, numbers=numbers, postcode=postcode, city=city)


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (place("1 oak ln"), place("1 oak ln"), ("street", "1 oak ln")),
        (place("1 oak ln"), place("1 oak ln springfield"), ("street", "1 oak ln")),
        (place("1 oak ln"), place("1 oak ln apt 4"), ("street", "1 oak ln")),
        (place("1 oak ln"), place("1 oak lx"), ("street_near", "")),
        (place("1 oak ln"), place("1 oak"), ("street", "1 oak ln")),
        (place("1 oak ln"), place("2 oak ln"), ("different", "")),
        (place("oak ln"), place("oak"), ("street_near", "")),
        (place("afaa"), place("afdacaeace"), ("street_near", "")),
        (place("1 oak ln apt 4"), place("1 oak ln apt 5"), ("different", "")),
        (place("oak ln"), place("elm st"), ("different", "")),
        (place("oak ln", "60527"), place("elm st", "60527"), ("postcode", "60527")),
        (place("oak ln", "60527"), place("elm st"), ("different", "")),
        (place("", "60527"), place("", "60528"), ("postcode_area", "")),
        (place("", "60527"), place("", "60599"), ("postcode_area", "")),
        (place("", "60527"), place("", "06527"), ("postcode_area", "")),
        (place("", "60527"), place("", "60627"), ("postcode_area", "")),
        (place("", "60527"), place("", "61999"), ("different", "")),
        (place("", "60527", "leeds"), place("", "99999", "leeds"), ("city", "leeds")),
        (place("", "", "leeds"), place("", "", "leeds"), ("city", "leeds")),
        (place("", "", "adddaddefc"), place("", "", "adddac"), ("city", "adddaddefc")),
        (place("", "", "dcef"), place("", "", "dcfadc"), ("city_near", "")),
        (place("", "", "leeds"), place("", "", "york"), ("different", "")),
        (place("oak ln", "", "leeds"), place("elm st", "", "york"), ("different", "")),
        (place("oak ln"), place("", "60527"), None),
        (place("", "60527"), place("", "", "leeds"), None),
        (place("oak ln", "60527"), place("", "", "leeds"), None),
    ],
)
def test_addresses(left: Address, right: Address, level: tuple[str, str] | None) -> None:
    """A street with its numbers, a postcode and its beginning, a city; what only one side knows says nothing."""
    found = both_ways(living_at(left), living_at(right))
    assert found == ([Agreement(Comparison.ADDRESS, Level(level[0]), level[1])] if level else [])


def test_the_best_pair_of_addresses_is_told() -> None:
    """In the order of their levels; of equal ones the first value."""
    ranked = [
        place("1 oak ln"),
        place("1 oak lx"),
        place("", "60527"),
        place("", "60528"),
        place("", "", "leeds"),
        place("", "", "leexx"),
        place("9 elm st"),
    ]
    expected = ["street", "street_near", "postcode", "postcode_area", "city", "city_near", "different"]
    for start, level in enumerate(expected):
        found = both_ways(living_at(place("1 oak ln", "60527", "leeds")), living_at(*ranked[start:]))
        assert [agreement.level for agreement in found] == [level]
    several = living_at(place("2 elm st"), place("1 oak ln"))
    assert compare(several, several) == [Agreement(Comparison.ADDRESS, Level.STREET, "1 oak ln")]


HOUSEHOLD = Agreement(Comparison.ADDRESS, Level.HOUSEHOLD)


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        (("anna", "lang"), ("anna", "lang"), ["given_name exact", "family_name exact", "address household"]),
        (("anna", "lang"), ("zoe", "lang"), ["given_name different_at_home", "family_name exact", "address household"]),
        (
            ("anna", "smith"),
            ("zoe", "smyth"),
            ["given_name different_at_home", "family_name close", "address household"],
        ),
        (("anna", "lang"), ("zoe", "kramer"), ["given_name different", "family_name different", "address street"]),
        (("anna", "bob"), ("zoe", "robert"), ["given_name different", "family_name similar", "address street"]),
        (("anna", ""), ("zoe", ""), ["given_name different", "address street"]),
        (("", "lang"), ("", "lang"), ["family_name exact", "address household"]),
    ],
)
def test_a_family_name_and_a_street_say_one_thing(
    left: tuple[str, str], right: tuple[str, str], found: list[str]
) -> None:
    """Relatives live together; of those, people with different given names are different people."""
    home = frozenset({place("1 oak ln")})
    sides = [Attributes(names=frozenset({named(*name)}), addresses=home) for name in (left, right)]
    assert [f"{both_way.comparison} {both_way.level}" for both_way in both_ways(sides[0], sides[1])] == found
    near = Attributes(names=sides[1].names, addresses=frozenset({place("1 oak lx")}))
    assert [both_way.level for both_way in both_ways(sides[0], near)] == [
        "street_near" if word == "address street" else word.partition(" ")[2] for word in found
    ]


def test_a_family_name_and_a_postcode_say_two_things() -> None:
    """Only a street is a home."""
    code = frozenset({place("", "60527")})
    left, right = (Attributes(names=frozenset({named(given, "lang")}), addresses=code) for given in ("anna", "zoe"))
    assert both_ways(left, right) == [
        Agreement(Comparison.GIVEN_NAME, Level.DIFFERENT),
        Agreement(Comparison.FAMILY_NAME, Level.EXACT, "lang"),
        Agreement(Comparison.ADDRESS, Level.POSTCODE, "60527"),
    ]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("+12023213212", "+12023213212", "exact"),
        ("+12023213212", "3213212", "seven_digits"),
        ("+12023213212", "93213212", "seven_digits"),
        ("+12023213212", "993213212", "different"),
        ("+12023213212", "3213213", "different"),
        ("0123456789", "+43123456789", "close"),
        ("012345678", "+4312345678", "different"),
        ("123456789", "+43123456789", "close"),
        ("12415550120", "+12415550120;ext=3541", "close"),
        ("+12415550120", "+12415550121", "close"),
        ("+12415550120", "+12415550102", "close"),
        ("+12415550120", "+12415550131", "different"),
    ],
)
def test_phones(left: str, right: str, level: str) -> None:
    """Without an area code, a country code or an extension, and with a slip of the keys."""
    sides = Attributes(phones=frozenset({left})), Attributes(phones=frozenset({right}))
    assert both_ways(*sides) == [Agreement(Comparison.PHONE, Level(level), left if level == "exact" else "")]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("crm:evalang", "crm:evalang", "exact"),
        ("crm:evalang", "crm:evalamg", "close"),
        ("crm:evalan", "crm:evalam", "close"),
        ("crm:a/evala", "crm:a/evalb", "different"),
        ("crm:a/evalan", "crm:b/evalam", "close"),
        ("crm:a/evala", "crm:a/evalan", "different"),
        ("crm:https://f.com/evalang/", "crm:f.com/evalamg", "close"),
        ("crm:evalang", "crm:kramer7", "different"),
        ("crm:evalang", "account:evalang", None),
    ],
)
def test_handles(left: str, right: str, level: str | None) -> None:
    """By what stands last in them, of six letters at least; those of different platforms cannot be compared."""
    sides = Attributes(handles=frozenset({left})), Attributes(handles=frozenset({right}))
    value = left if level == "exact" else ""
    assert both_ways(*sides) == ([Agreement(Comparison.HANDLE, Level(level), value)] if level else [])


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (("ssn", "123456"), ("ssn", "123456"), "exact"),
        (("ssn", "123456"), ("ssn", "123465"), "close"),
        (("ssn", "123456"), ("ssn", "123499"), "close"),
        (("ssn", "123456"), ("ssn", "123999"), "different"),
        (("ssn", "12345"), ("ssn", "123456"), "different"),
        (("ssn", "123456"), ("ssn", "12345"), "different"),
        (("ssn", "12345"), ("ssn", "12345"), "exact"),
        (("ssn", "123456"), ("passport", "123456"), None),
    ],
)
def test_documents(left: tuple[str, str], right: tuple[str, str], level: str | None) -> None:
    """Of one kind; a number of six characters may have two slips."""
    assert government_level(left, right) == government_level(right, left) == level
    sides = Attributes(government_ids=frozenset({left})), Attributes(government_ids=frozenset({right}))
    value = " ".join(left) if level == "exact" else ""
    assert both_ways(*sides) == ([Agreement(Comparison.GOVERNMENT_ID, Level(level), value)] if level else [])


def test_the_best_pair_of_documents_is_told() -> None:
    """Whatever the others are."""
    left = Attributes(government_ids=frozenset({("ssn", "123456"), ("passport", "7")}))
    right = Attributes(government_ids=frozenset({("ssn", "123465"), ("passport", "8")}))
    assert both_ways(left, right) == [Agreement(Comparison.GOVERNMENT_ID, Level.CLOSE)]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("painter", "painter", "exact"),
        ("adddaddefc", "adddac", "close"),
        ("dcef", "dcfadc", "similar"),
        ("painter", "baker", "different"),
    ],
)
@pytest.mark.parametrize("attribute", ["birth_place", "occupation", "organisation"])
def test_texts(attribute: str, left: str, right: str, level: str) -> None:
    """By their similarity: 0.92 is close, 0.8 is similar."""
    mine, other = (parse_attributes({attribute: value}) for value in (left, right))
    assert both_ways(mine, other) == [Agreement(Comparison(attribute), Level(level), left if level == "exact" else "")]


def test_genders_and_devices_agree_or_differ() -> None:
    """Nothing between."""
    left, right = (Attributes(genders=frozenset({gender}), devices=frozenset({two})) for gender, two in ("fx", "fy"))
    assert both_ways(left, right) == [
        Agreement(Comparison.GENDER, Level.EXACT, "f"),
        Agreement(Comparison.DEVICE, Level.DIFFERENT),
    ]
    right = Attributes(genders=frozenset({"m"}), devices=frozenset({"x"}))
    assert both_ways(left, right) == [
        Agreement(Comparison.GENDER, Level.DIFFERENT),
        Agreement(Comparison.DEVICE, Level.EXACT, "x"),
    ]


EVERYTHING = {
    "name": "Anna Lang",
    "birth_date": "1978-12-11",
    "postcode": "60527",
    "government_id/ssn": "123456",
    "birth_place": "Leeds",
    "gender": "f",
    "occupation": "Painter",
    "organisation": "Oscorp",
}
IDENTIFIERS = [("email", "wvlorb@b.org"), ("phone", "+4930901820"), ("x", "kramer7"), ("device", "d")]


def comparisons(found: Iterable[Agreement]) -> list[str]:
    """Their names in their order."""
    return [agreement.comparison for agreement in found]


def test_every_attribute_that_both_know_is_compared_once() -> None:
    """Persons first; and the model that ships has a weight for whatever is found."""
    attributes = parse_attributes(EVERYTHING, IDENTIFIERS)
    middle = parse_attributes({"given_name": "Anna", "middle_name": "Zoe", "family_name": "Lang"})
    whole = attributes.united(middle)
    persons = ["given_name", "family_name", "birth_date"]
    texts = ["birth_place", "gender", "occupation", "organisation", "email", "phone", "handle", "device"]
    assert comparisons(compare_persons(whole, whole)) == persons
    expected = [*persons, "middle_name", "address", "government_id", *texts, "user_name"]
    assert comparisons(compare(whole, whole)) == expected
    assert comparisons(compare_further(whole, whole, [])) == expected[3:]
    known = shipped_model().levels
    assert all((agreement.comparison, agreement.level) in known for agreement in compare(whole, attributes))
    assert compare(attributes, Attributes()) == compare(Attributes(), attributes) == []


def test_user_names_are_compared_where_some_handle_is_known() -> None:
    """On either side; two addresses alone are compared as addresses."""
    email, handle = said_by(email="evalang@b.org"), said_by(x="evalang")
    assert both_ways(email, handle) == [Agreement(Comparison.USER_NAME, Level.EXACT)]
    assert comparisons(both_ways(email, said_by(email="evalang@c.org"))) == ["email"]


def test_names_of_mailboxes_are_compared() -> None:
    """Between what persons say and where they live."""
    left = Attributes(names=frozenset({named("anna", "lang")}), addresses=frozenset({place("", "60527")}))
    right = Attributes(emails=frozenset({"mike@b.org"}), addresses=left.addresses)
    assert both_ways(left, right) == [
        Agreement(Comparison.MAILBOX_NAME, Level.DIFFERENT),
        Agreement(Comparison.ADDRESS, Level.POSTCODE, "60527"),
    ]
    assert both_ways(people(named("anna", "", "zoe")), people(named("anna", "", "z"))) == [
        Agreement(Comparison.GIVEN_NAME, Level.EXACT, "anna"),
        Agreement(Comparison.MIDDLE_NAME, Level.INITIAL),
    ]
