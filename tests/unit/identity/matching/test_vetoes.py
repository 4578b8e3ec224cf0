"""Evidence against: why two customers cannot be one, whatever else agrees."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.comparisons import compare, compare_persons
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.scoring import score
from profile_service.identity.matching.vetoes import merge_vetoes, ruled_out, vetoes
from profile_service.identity.matching.vocabulary import Comparison, Level
from tests.unit.identity.matching.said import EMPTY, MODEL, against, named, people, said_by

HOME = {"street": "3212 W 32nd St", "postcode": "60527", "family_name": "Smith"}
NOTHING = Attributes()


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ({"government_id/ssn": "1"}, {"government_id/ssn": "2"}, "government_id/ssn"),
        ({"name": "John Smith Jr"}, {"name": "John Smith Sr"}, "name_suffix"),
        (
            {**HOME, "given_name": "John", "birth_date": "1970-10-10"},
            {**HOME, "given_name": "John", "birth_date": "1990-03-15"},
            "birth_date_at_home",
        ),
        (
            {**HOME, "given_name": "Mark", "birth_date": "1997-09-28"},
            {**HOME, "given_name": "Wilma", "birth_date": "1997-09-28"},
            "given_name_of_relatives",
        ),
        (
            {"given_name": "Ann", "birth_date": "1970-10-10"},
            {"given_name": "Zoe", "birth_date": "1990-03-15"},
            "given_name_and_birth_date",
        ),
        ({"name": "Ann Lee"}, {"name": "Zoe Kramer"}, "name"),
        (
            {"family_name": "Dean", "birth_date": "2015-03-03"},
            {"given_name": "Isla", "family_name": "Price", "birth_date": "2015-03-03"},
            "name",
        ),
        (
            {"given_name": "Mark", "family_name": "Kusha", "birth_date": "1997-09-28"},
            {"given_name": "Wilma", "family_name": "Kusha", "birth_date": "1997-09-28"},
            "twins",
        ),
    ],
)
def test_evidence_against_forbids_a_match(left: Mapping[str, str], right: Mapping[str, str], reason: str) -> None:
    """Parent and child, twins, two documents: no sum of weights outvotes it."""
    both = parse_attributes(left), parse_attributes(right)
    assert reason in against(*both)
    assert score(*both, MODEL, EMPTY).probability == 0


def test_two_mistyped_documents_of_one_person_are_no_conflict() -> None:
    """One slip in the number; and another number where name, birth date and home all agree."""
    person = {**HOME, "given_name": "John", "birth_date": "1970-10-10"}
    left = parse_attributes({**person, "government_id/ssn": "1804974"})
    for number in ("1804947", "7215752"):
        assert not against(left, parse_attributes({**person, "government_id/ssn": number}))
    elsewhere = {"name": "John Smith", "government_id/ssn": "7215752"}
    assert against(left, parse_attributes(elsewhere)) == ["government_id/ssn"]


def test_twins_who_share_a_mailbox_stay_two_and_one_document_joins_two_spellings() -> None:
    """An e-mail address does not outweigh a home in common; a government id does."""
    twin = {**HOME, "birth_date": "1997-09-28"}
    mailbox = [("email", "smiths@example.org")]
    mark, wilma = (parse_attributes({**twin, "given_name": name}, mailbox) for name in ("Mark", "Wilma"))
    assert against(mark, wilma) == ["given_name_of_relatives"]
    passport = {"government_id/passport": "483290175"}
    lee, lea = (parse_attributes({**twin, **passport, "given_name": name}) for name in ("Mark", "Wilma"))
    assert against(lee, lea) == []


def test_a_document_without_a_person_is_nobodys_of_a_home() -> None:
    """A record with a document, an address and the family's mailbox, and no name, could be of any of the family."""
    home = {"street": "12 mill lane", "postcode": "43004", "city": "blacklick"}
    mail = [("email", "family123@example.org")]
    son = {"given_name": "Mark", "family_name": "Kusk", "birth_date": "1997-09-28", **home}
    nobody = parse_attributes({"government_id/ssn": "201-77-7719", **home}, mail)
    assert "document_of_nobody" in against(nobody, parse_attributes(son, mail))
    assert "document_of_nobody" in against(parse_attributes(son, mail), nobody)
    alone = parse_attributes({"government_id/ssn": "201-77-7719"}, mail)
    assert against(alone, parse_attributes(son, mail)) == []
    known = parse_attributes({**son, "government_id/ssn": "201-77-7719"}, mail)
    assert against(nobody, known) == []
    dated = parse_attributes({"government_id/ssn": "201-77-7719", "birth_date": "1997", **home}, mail)
    assert against(dated, parse_attributes(son, mail)) == []


def found(**levels: str) -> list[Agreement]:
    """What comparisons answered."""
    return [Agreement(Comparison(comparison), Level(level)) for comparison, level in levels.items()]


def told(left: Attributes = NOTHING, right: Attributes = NOTHING, /, **levels: str) -> list[str]:
    """The vetoes that comparisons make; of two customers they are the same from either side."""
    forth, back = vetoes(left, right, found(**levels)), vetoes(right, left, found(**levels))
    assert forth == back
    return forth


ANNA, CYNTHIA = people(named("anna", "lang")), people(named("cynthia", "kramer"))
SLIPS = people(named("xqzta", "lang")), people(named("wvlorb", "lang"))
GIVEN_AND_DATE, NAME, RELATIVES = "given_name_and_birth_date", "name", "given_name_of_relatives"
DIFFERENT = ("different", "year", "within_year", "partial_different")


@pytest.mark.parametrize(
    ("levels", "reasons"),
    [
        ({}, []),
        ({"given_name": "exact", "family_name": "exact", "birth_date": "exact"}, []),
        ({"given_name": "different", "birth_date": "different"}, [GIVEN_AND_DATE, NAME]),
        ({"given_name": "different", "birth_date": "different", "email": "exact"}, [GIVEN_AND_DATE]),
        ({"given_name": "different", "birth_date": "year", "email": "slip"}, [GIVEN_AND_DATE]),
        ({"given_name": "different", "birth_date": "within_year", "email": "slip"}, [GIVEN_AND_DATE]),
        ({"given_name": "different", "birth_date": "partial_different", "email": "slip"}, [GIVEN_AND_DATE]),
        ({"given_name": "different", "birth_date": "two_parts", "email": "slip"}, []),
        ({"given_name": "different", "birth_date": "near", "email": "slip"}, []),
        ({"given_name": "similar", "birth_date": "different"}, []),
        ({"given_name": "different_at_home", "birth_date": "year", "email": "slip"}, [GIVEN_AND_DATE]),
        ({"given_name": "different", "family_name": "exact", "birth_date": "exact"}, ["twins"]),
        ({"given_name": "different", "family_name": "close", "birth_date": "exact"}, ["twins"]),
        ({"given_name": "different", "family_name": "similar", "birth_date": "exact"}, []),
        ({"given_name": "different", "family_name": "exact", "birth_date": "near"}, []),
        ({"given_name": "similar", "family_name": "exact", "birth_date": "exact"}, []),
        ({"given_name": "different", "family_name": "exact", "birth_date": "exact", "gender": "exact"}, ["twins"]),
        ({"given_name": "different", "family_name": "exact", "birth_date": "exact", "email": "different"}, ["twins"]),
        ({"given_name": "different", "family_name": "exact", "birth_date": "exact", "email": "local"}, []),
        ({"given_name": "different", "family_name": "exact", "birth_date": "exact", "middle_name": "exact"}, ["twins"]),
        ({"given_name": "different"}, [NAME]),
        ({"family_name": "different"}, [NAME]),
        ({"family_name": "different", "birth_date": "exact"}, [NAME]),
        ({"family_name": "different", "phone": "close"}, []),
        ({"family_name": "different", "phone": "different"}, [NAME]),
        ({"given_name": "exact", "family_name": "different"}, []),
        ({"given_name": "different", "family_name": "different", "email": "slip"}, [NAME]),
        ({"given_name": "different", "family_name": "different", "email": "exact"}, []),
        ({"given_name": "different", "family_name": "similar", "email": "slip"}, []),
    ],
)
def test_what_differs_of_people_forbids(levels: dict[str, str], reasons: list[str]) -> None:
    """A given name with a birth date, twins, and a whole name for which nothing else speaks."""
    assert told(**levels) == reasons


@pytest.mark.parametrize("reached", ["email", "phone", "device"])
def test_a_family_name_and_a_birth_date_at_one_identifier_are_anothers(reached: str) -> None:
    """A family's mailbox, number or device; one that is only like the other's says nothing of that."""
    other = {"given_name": "exact", "family_name": "different", "birth_date": "year"}
    assert told(**other, **{reached: "exact"}) == ["family_name_and_birth_date"]
    assert told(**other, **{reached: "close"}) == []
    assert told(**{**other, "birth_date": "near"}, **{reached: "exact"}) == []
    assert told(**{**other, "family_name": "close"}, **{reached: "exact"}) == []


@pytest.mark.parametrize(
    ("levels", "years", "forbidden"),
    [
        ({"given_name": "exact", "family_name": "exact"}, (1970, 1984), False),
        ({"given_name": "exact", "family_name": "exact"}, (1970, 1985), True),
        ({"given_name": "exact", "family_name": "exact"}, (1985, 1970), True),
        ({"given_name": "nickname", "family_name": "close"}, (1970, 1984), False),
        ({"given_name": "close", "family_name": "exact"}, (1970, 1984), True),
        ({"given_name": "exact", "family_name": "similar"}, (1970, 1984), True),
        ({"given_name": "exact", "family_name": "exact", "middle_name": "initial"}, (1970, 1984), False),
        ({"given_name": "exact", "family_name": "exact", "middle_name": "different"}, (1970, 1984), True),
    ],
)
def test_namesakes_in_one_home_are_a_generation_apart(
    levels: dict[str, str], years: tuple[int, int], forbidden: bool
) -> None:
    """Fifteen years; less is a birth date that was typed wrongly."""
    left, right = (Attributes(birth_dates=frozenset({(year, 2, 3)})) for year in years)
    reasons = ["birth_date_at_home"] if forbidden else []
    assert told(left, right, birth_date="different", address="household", **levels) == reasons
    assert told(left, right, birth_date="exact", address="household", **levels) == []
    assert told(left, right, birth_date="different", address="postcode", **levels) == []


def test_one_date_of_several_within_a_generation_is_enough() -> None:
    """Of a history with a date that was typed wrongly; without dates nothing is known of the generation."""
    left = Attributes(birth_dates=frozenset({(1970, 2, 3), (1990, 2, 3)}))
    right = Attributes(birth_dates=frozenset({(1980, 2, 3)}))
    same = {"given_name": "exact", "family_name": "exact", "birth_date": "different", "address": "household"}
    assert told(left, right, **same) == []
    assert told(**same) == ["birth_date_at_home"]


@pytest.mark.parametrize(
    ("levels", "sides", "reasons"),
    [
        ({"family_name": "exact", "address": "household"}, SLIPS, [RELATIVES]),
        ({"family_name": "exact", "email": "exact"}, SLIPS, []),
        ({"family_name": "exact", "email": "exact"}, (ANNA, CYNTHIA), [RELATIVES]),
        ({"family_name": "close", "phone": "exact"}, (ANNA, CYNTHIA), [RELATIVES]),
        ({"family_name": "similar", "phone": "exact"}, (ANNA, CYNTHIA), []),
        ({"family_name": "exact", "phone": "close"}, (ANNA, CYNTHIA), []),
        ({"family_name": "different", "phone": "exact"}, (ANNA, CYNTHIA), [NAME]),
        ({"family_name": "different", "phone": "exact"}, SLIPS, []),
        ({"family_name": "different", "phone": "close"}, SLIPS, [NAME]),
        ({"family_name": "different", "address": "household"}, (ANNA, CYNTHIA), [RELATIVES]),
        ({"phone": "exact"}, (ANNA, CYNTHIA), []),
        ({"device": "exact"}, (ANNA, CYNTHIA), ["given_name_at_a_device"]),
        ({"device": "exact", "gender": "exact"}, (ANNA, CYNTHIA), ["given_name_at_a_device"]),
        ({"device": "exact", "birth_date": "different"}, (ANNA, CYNTHIA), [GIVEN_AND_DATE, "given_name_at_a_device"]),
        ({"device": "exact"}, SLIPS, []),
        ({"device": "different"}, (ANNA, CYNTHIA), [NAME]),
        ({"device": "exact", "birth_date": "exact"}, (ANNA, CYNTHIA), []),
        ({"device": "exact", "family_name": "exact"}, (ANNA, CYNTHIA), [RELATIVES]),
        ({"device": "exact", "phone": "close"}, (ANNA, CYNTHIA), []),
    ],
)
def test_another_given_name_tells_relatives_apart(
    levels: dict[str, str], sides: tuple[Attributes, Attributes], reasons: list[str]
) -> None:
    """In one home, and at one identifier where both are known to be names, not slips of the keys."""
    assert told(*sides, given_name="different", **levels) == reasons


@pytest.mark.parametrize(
    ("left", "right", "names"),
    [
        ("anna", "cynthia", True),
        ("anna", "xqzta", False),
        ("xqzta", "anna", False),
        ("anna", "annabellex", True),
        ("", "anna", False),
        ("anna", "", False),
    ],
)
def test_a_name_that_goes_on_where_the_other_ends_is_one(left: str, right: str, names: bool) -> None:
    """Anna and Annabelle are two."""
    sides = people(named(left, "lang")), people(named(right, "lang"))
    assert told(*sides, given_name="different", device="exact") == (["given_name_at_a_device"] if names else [])


def test_what_several_people_have_is_a_name() -> None:
    """As whoever knows the frequencies says."""
    sides = SLIPS
    levels = found(given_name="different", device="exact")
    assert vetoes(*sides, levels) == []
    assert vetoes(*sides, levels, lambda name: True) == ["given_name_at_a_device"]
    assert vetoes(*sides, levels, lambda name: name == "xqzta") == []


@pytest.mark.parametrize("stronger", [{"government_id": "exact"}, {"government_id": "close"}, {"handle": "exact"}])
def test_a_document_or_a_handle_in_common_outweighs_relatives(stronger: dict[str, str]) -> None:
    """But neither suffixes nor other documents."""
    other = {"given_name": "different", "birth_date": "different", "address": "household"}
    assert told(**other, **stronger) == []
    junior, senior = people(named("a", "b", "", "jr")), people(named("a", "b", "", "sr"))
    assert told(junior, senior, **other, **stronger) == ["name_suffix"]
    assert told(**other, handle="close") == [GIVEN_AND_DATE, "birth_date_at_home", RELATIVES]
    assert told(**other, government_id="different") == [GIVEN_AND_DATE, "birth_date_at_home", RELATIVES]


def documents(*numbers: tuple[str, str]) -> Attributes:
    """A customer of whom only documents are known."""
    return Attributes(government_ids=frozenset(numbers))


@pytest.mark.parametrize(
    ("left", "right", "reasons"),
    [
        ([("ssn", "111111")], [("ssn", "999999")], ["government_id/ssn"]),
        ([("ssn", "111111")], [("ssn", "111112")], []),
        ([("ssn", "111111")], [("id", "999999")], []),
        ([("ssn", "111111"), ("ssn", "999999")], [("ssn", "999999")], []),
        (
            [("ssn", "111111"), ("id", "222222")],
            [("ssn", "999999"), ("id", "888888")],
            ["government_id/id", "government_id/ssn"],
        ),
        ([("ssn", "111111"), ("id", "222222")], [("ssn", "999999"), ("id", "222222")], ["government_id/ssn"]),
        ([("ssn", "111111")], [], []),
    ],
)
def test_documents_conflict_by_their_kind(
    left: list[tuple[str, str]], right: list[tuple[str, str]], reasons: list[str]
) -> None:
    """Where both have one of a kind, and no number is nearly another's."""
    assert told(documents(*left), documents(*right)) == reasons


CONFLICT = documents(("ssn", "111111")), documents(("ssn", "999999"))


@pytest.mark.parametrize(
    ("levels", "same"),
    [
        ({"birth_date": "exact", "given_name": "exact", "family_name": "exact"}, True),
        ({"birth_date": "near", "given_name": "nickname", "family_name": "close"}, True),
        ({"birth_date": "exact", "given_name": "close", "family_name": "similar"}, True),
        ({"birth_date": "exact", "given_name": "exact", "address": "household"}, True),
        ({"birth_date": "exact", "given_name": "exact", "address": "street"}, True),
        ({"birth_date": "exact", "given_name": "exact", "address": "street_near"}, True),
        ({"birth_date": "exact", "given_name": "exact", "address": "postcode"}, True),
        ({"birth_date": "exact", "given_name": "exact", "address": "postcode_area"}, True),
        ({"birth_date": "exact", "given_name": "exact", "address": "city"}, False),
        ({"birth_date": "exact", "family_name": "exact", "address": "postcode"}, True),
        ({"birth_date": "exact", "given_name": "similar", "family_name": "exact"}, False),
        ({"birth_date": "exact", "given_name": "initial", "family_name": "exact"}, False),
        ({"birth_date": "exact", "given_name": "exact", "family_name": "different"}, False),
        ({"birth_date": "exact", "given_name": "exact"}, False),
        ({"birth_date": "two_parts", "given_name": "exact", "family_name": "exact"}, False),
        ({"given_name": "exact", "family_name": "exact", "address": "postcode"}, False),
    ],
)
def test_a_number_is_mistyped_where_the_person_is_the_same(levels: dict[str, str], same: bool) -> None:
    """The birth date agrees, and two of given name, family name and place."""
    assert ("government_id/ssn" not in told(*CONFLICT, **levels)) is same


def test_another_given_name_is_another_person_with_another_number() -> None:
    """Whatever else agrees."""
    levels = {"birth_date": "exact", "family_name": "exact", "address": "household"}
    for given in ("different", "different_at_home"):
        assert "government_id/ssn" in told(*CONFLICT, given_name=given, **levels)


@pytest.mark.parametrize("level", ["street", "street_near"])
def test_a_document_of_nobody_is_one_at_an_address(level: str) -> None:
    """A postcode or a household with a family name is none; nor is it where both have a document or none has."""
    paper = documents(("ssn", "111111"))
    assert told(paper, NOTHING, address=level) == ["document_of_nobody"]
    assert told(paper, ANNA, address="postcode") == told(paper, ANNA, address="household") == []
    assert told(paper, paper, address=level) == told(NOTHING, NOTHING, address=level) == []
    person = Attributes(names=ANNA.names, government_ids=paper.government_ids)
    born = Attributes(birth_dates=frozenset({(1978, 1, 2)}), government_ids=paper.government_ids)
    assert told(person, NOTHING, address=level) == told(born, NOTHING, address=level) == []


@pytest.mark.parametrize(
    ("left", "right", "conflict"),
    [
        (named("a", "b", "", "jr"), named("a", "b", "", "sr"), True),
        (named("a", "b", "", "jr"), named("a", "b", "", "jr"), False),
        (named("a", "b", "", "jr"), named("a", "b"), False),
        (named("a", "b", "", "ii"), named("a", "b", "i"), True),
        (named("a", "b", "", "iii"), named("a", "b", "i"), True),
        (named("a", "b", "", "iv"), named("a", "b", "i"), True),
        (named("a", "b", "", "jr"), named("a", "b", "i"), False),
        (named("a", "b", "", "ii"), named("a", "b", "j"), False),
        (named("a", "b"), named("a", "b", "i"), False),
    ],
)
def test_suffixes_tell_a_parent_from_a_child(left: object, right: object, conflict: bool) -> None:
    """The first is told from the second only where the other is numbered too."""
    sides = (Attributes(names=frozenset({name})) for name in (left, right))  # pyright: ignore[reportArgumentType]
    assert told(*sides) == (["name_suffix"] if conflict else [])


def test_a_suffix_in_common_is_no_conflict() -> None:
    """Of several."""
    left = people(named("a", "b", "", "jr"), named("a", "b", "", "ii"))
    assert told(left, people(named("a", "b", "", "jr"), named("c", "d"))) == []


@pytest.mark.parametrize(
    ("levels", "forbidden"),
    [
        ({"birth_date": "different"}, True),
        ({"birth_date": "partial_different"}, True),
        ({"birth_date": "year"}, False),
        ({"birth_date": "within_year"}, False),
        ({"birth_date": "different", "email": "different"}, True),
        ({"birth_date": "different", "email": "local"}, False),
        ({"birth_date": "different", "email": "exact"}, False),
        ({}, False),
    ],
)
def test_two_histories_with_other_birth_dates_are_two_customers(levels: dict[str, str], forbidden: bool) -> None:
    """Where no mailbox is like the other's; a single record may have it wrong."""
    assert merge_vetoes(NOTHING, NOTHING, found(given_name="exact", **levels)) == (["birth_date"] if forbidden else [])
    assert told(given_name="exact", **levels) == []


def test_histories_are_forbidden_by_all_that_forbids_records() -> None:
    """With the names that frequencies know."""
    levels = found(given_name="different", birth_date="different", email="slip")
    assert merge_vetoes(NOTHING, NOTHING, levels) == [GIVEN_AND_DATE]
    assert merge_vetoes(*SLIPS, found(given_name="different", device="exact"), lambda name: True) == [
        "given_name_at_a_device"
    ]


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        ({"given_name": "different", "birth_date": "different"}, GIVEN_AND_DATE),
        ({"given_name": "different", "birth_date": "year"}, GIVEN_AND_DATE),
        ({"given_name": "different", "birth_date": "within_year"}, GIVEN_AND_DATE),
        ({"given_name": "different", "birth_date": "partial_different"}, GIVEN_AND_DATE),
        ({"given_name": "different", "birth_date": "two_parts"}, ""),
        ({"given_name": "different", "family_name": "different"}, NAME),
        ({"given_name": "different", "family_name": "similar"}, ""),
        ({"given_name": "different"}, ""),
        ({"given_name": "similar", "birth_date": "different"}, ""),
        ({"family_name": "different", "birth_date": "different"}, ""),
        ({}, ""),
    ],
)
def test_names_and_birth_dates_may_be_enough(levels: dict[str, str], reason: str) -> None:
    """To rule two out, before anything else is compared."""
    assert ruled_out(NOTHING, NOTHING, found(**levels)) == reason


@pytest.mark.parametrize(
    ("attribute", "value", "dates", "names"),
    [
        ("government_ids", ("ssn", "1"), False, False),
        ("handles", "x:1", False, False),
        ("emails", "a", True, False),
        ("phones", "1", True, False),
        ("devices", "d", True, False),
        ("genders", "f", True, True),
    ],
)
def test_what_both_have_may_count_more(attribute: str, value: object, dates: bool, names: bool) -> None:
    """A document or a handle outweighs all; an identifier of both may be one of a slip of the keys."""
    attributes = Attributes(**{attribute: frozenset({value})})  # pyright: ignore[reportArgumentType]
    by_date, by_name = (
        found(given_name="different", **{attribute: "different"}) for attribute in ("birth_date", "family_name")
    )
    expected = (GIVEN_AND_DATE if dates else "", NAME if names else "")
    assert (ruled_out(attributes, attributes, by_date), ruled_out(attributes, attributes, by_name)) == expected
    for sides in ((attributes, NOTHING), (NOTHING, attributes)):
        assert (ruled_out(*sides, by_date), ruled_out(*sides, by_name)) == (GIVEN_AND_DATE, NAME)


def test_vetoes_of_real_records_hold_from_both_sides() -> None:
    """And who is ruled out early is forbidden by the whole comparison."""
    left = said_by(name="Anna Lang", birth_date="1978-12-11", email="a@b.org")
    right = said_by(name="Zoe Kramer", birth_date="1990-03-15", email="a@b.org")
    assert against(left, right) == against(right, left)
    assert ruled_out(left, right, compare_persons(left, right)) in vetoes(left, right, compare(left, right))
