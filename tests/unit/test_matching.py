"""Matching: what is read from attributes, how two customers compare, and what forbids a match."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_service.engine.matching.description import readable
from profile_service.identity.matching.attributes import (
    Attributes,
    PersonName,
    parse_address,
    parse_attributes,
    parse_birth_date,
    parse_name,
)
from profile_service.identity.matching.blocking import blocking_keys
from profile_service.identity.matching.comparisons import compare
from profile_service.identity.matching.decision import Candidate, Decision, Judge
from profile_service.identity.matching.explanation import lines
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.model import ModelError, load_model, shipped_model
from profile_service.identity.matching.scoring import NEAR_MISS_MAX, Frequencies, score, score_briefly
from profile_service.identity.matching.vetoes import vetoes

MODEL = shipped_model()
NAMESPACES = ("email", "phone", "x", "sip", "account", "crm", "instagram", "device")
EMPTY = Frequencies(people=1000, of_comparison={}, of_value={})


def levels(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """The levels of two records."""
    return {one.comparison: one.level for one in compare(parse_attributes(left), parse_attributes(right))}


def said_by(**said: str) -> Attributes:
    """What a record says; identifiers by their namespaces."""
    return parse_attributes(said, [(name, value) for name, value in said.items() if name in NAMESPACES])


def against(left: Attributes, right: Attributes) -> list[str]:
    """The vetoes of two customers."""
    return vetoes(left, right, compare(left, right))


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Dr. José", "García Márquez", ""), PersonName(given="jose", family="garcia marquez")),
        (("Robert J", "Smith Jr.", ""), PersonName(given="robert", family="smith", middle="j", suffix="jr")),
        (("", "", "Smith, Robert"), PersonName(given="robert", family="smith")),
        (("", "", "Robert Smith, Jr"), PersonName(given="robert", family="smith", suffix="jr")),
        (("", "", "Sean O'Brien"), PersonName(given="sean", family="obrien")),
        (("Wife", "Oakes", ""), PersonName(given="", family="oakes")),
        (("", "", "Mr"), None),
    ],
)
def test_names_are_read_as_sources_write_them(parts: tuple[str, str, str], name: PersonName | None) -> None:
    """Titles go, suffixes stand apart, a comma turns the order."""
    assert parse_name(*parts) == name


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("1978-12-11", {(1978, 12, 11)}),
        ("12/11/1978", {(1978, 12, 11), (1978, 11, 12)}),
        ("20/8/1991", {(1991, 8, 20)}),
        ("24-May-11", {(2011, 5, 24)}),
        ("19781211", {(1978, 12, 11)}),
        ("1978", {(1978, 0, 0)}),
        ("1978-25-12", {(1978, 12, 25)}),
        ("1978-13-45", {(1978, 13, 45)}),
        ("13/45/1978", set[tuple[int, int, int]]()),
        ("soon", set[tuple[int, int, int]]()),
    ],
)
def test_birth_dates_keep_every_reading(text: str, dates: set[tuple[int, int, int]]) -> None:
    """What is no date in any order is kept where it was written year first, and is nothing else."""
    assert parse_birth_date(text) == dates


def test_a_postcode_is_taken_off_the_end_of_the_line() -> None:
    """And street words are spelled in one way."""
    held = parse_address("123 Main Street, Las Vegas NV 89132", "", "")
    assert held is not None
    assert (held.street, held.postcode, held.numbers) == ("123 main st las vegas nv", "89132", {"123"})


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
    assert {one.comparison: one.level for one in compare(left, right)} == {"email": "slip", "phone": "seven_digits"}
    assert [one.level for one in compare(left, tagged)] == ["exact"]


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
    assert (Agreement("user_name", "exact") in compare(*sides)) is expected


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
    assert (Agreement("mailbox_name", "different") in compare(said_by(email=left), said_by(email=right))) is different


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
    assert [one.level for one in found] == ([level] if level else [])


HOME = {"street": "3212 W 32nd St", "postcode": "60527", "family_name": "Smith"}


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
    both = (parse_attributes(left), parse_attributes(right))
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


def test_a_rare_value_weighs_more_than_a_common_one() -> None:
    """Frequencies of distinct people; a value that is nobody else's keeps the model's own figure."""
    held = Frequencies(
        people=1000,
        of_comparison={"family_name": 1000, "email": 1000},
        of_value={("family_name", "smith"): 50, ("family_name", "kusha"): 1, ("email", "a@b.org"): 1},
    )
    smith, kusha = (parse_attributes({"name": f"John {name}"}) for name in ("Smith", "Kusha"))
    assert score(smith, smith, MODEL, held).total + 4 < score(kusha, kusha, MODEL, held).total
    mail = parse_attributes({}, [("email", "a@b.org")])
    assert score(mail, mail, MODEL, held).weighed[0].weight > MODEL.weights["email", "exact"]


RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "given_name": st.sampled_from(["Bob", "Robert", "Rob", "Ann", "Benedetta", "Xqzt", "Wvlorb", "J", ""]),
        "family_name": st.sampled_from(["Smith", "Smyth", "Garcia Lopez", "Garcia", "Kusha", ""]),
        "birth_date": st.sampled_from(["1978-12-11", "11/12/1978", "1978", "1990-03-15", "x"]),
        "street": st.sampled_from(["1 Oak Lane", "1 Oak Ln Springfield 60527", "2 Elm St"]),
        "postcode": st.sampled_from(["60527", "60528", "99999"]),
        "city": st.sampled_from(["Springfield", "Sprngfield", "Paris"]),
        "government_id/ssn": st.sampled_from(["1", "2"]),
    },
)

IDENTIFIERS = (("email", "ann@b.org"), ("phone", "+13105550100"), ("instagram", "ann"), ("device", "d1"))


@given(RECORDS, RECORDS)
def test_a_score_has_no_sides(left: dict[str, str], right: dict[str, str]) -> None:
    """The order of the two does not matter."""
    one, other = parse_attributes(left), parse_attributes(right)
    forth, back = score(one, other, MODEL, EMPTY), score(other, one, MODEL, EMPTY)
    assert forth.total == pytest.approx(back.total)
    assert forth.vetoes == back.vetoes


@given(RECORDS, RECORDS, st.sets(st.sampled_from(IDENTIFIERS)), st.sets(st.sampled_from(IDENTIFIERS)))
def test_who_is_ruled_out_at_once_is_ruled_out_by_everything_else_too(
    left: dict[str, str], right: dict[str, str], mine: set[tuple[str, str]], other: set[tuple[str, str]]
) -> None:
    """A brief score is that of the whole comparison, or both are 0."""
    sides = (parse_attributes(left, mine), parse_attributes(right, other))
    whole, brief = score(*sides, MODEL, EMPTY), score_briefly(*sides, MODEL, EMPTY)
    assert brief == whole or (brief.vetoes and whole.vetoes)


def test_two_names_and_birth_dates_are_enough_to_rule_out() -> None:
    """Nothing else is compared then, unless a document in common could outweigh it."""
    anna = {"given_name": "Anna", "family_name": "Smith", "birth_date": "1978-12-11", "street": "1 Oak Lane"}
    ben = {**anna, "given_name": "Benjamin", "birth_date": "1990-03-15"}
    assert score_briefly(parse_attributes(anna), parse_attributes(ben), MODEL, EMPTY).weighed == ()
    with_document = [parse_attributes({**one, "government_id/ssn": "123456"}) for one in (anna, ben)]
    assert score_briefly(*with_document, MODEL, EMPTY).weighed


def test_two_names_at_one_mailbox_may_be_slips_of_one() -> None:
    """What no list knows as a name does not rule out who may have an identifier in common."""
    said = [{"given_name": "Xqzt", "family_name": "Kushabar"}, {"given_name": "Wvlorb", "family_name": "Garcia"}]
    assert score_briefly(*(parse_attributes(one) for one in said), MODEL, EMPTY).vetoes == ("name",)
    at_one = [parse_attributes(one, [("email", "ann@b.org")]) for one in said]
    assert score_briefly(*at_one, MODEL, EMPTY) == score(*at_one, MODEL, EMPTY)


@given(RECORDS)
def test_every_record_meets_itself(record: dict[str, str]) -> None:
    """Blocking keys are few, and the same each time."""
    held = parse_attributes(record)
    assert blocking_keys(held) == blocking_keys(parse_attributes(dict(reversed(record.items()))))
    assert len(blocking_keys(held)) == len(set(blocking_keys(held))) <= 64


@pytest.mark.parametrize(
    ("left", "right", "meet"),
    [
        ({"postcode": "43004", "birth_date": "1980-01-09"}, {"postcode": "43004", "birth_date": "1980-07-02"}, True),
        ({"postcode": "43004", "given_name": "Ann"}, {"postcode": "43004", "given_name": "Aan"}, True),
        ({"city": "Dublin", "occupation": "Painter"}, {"city": "Dublim", "occupation": "painters"}, True),
        ({"city": "Dublin", "name": "Ann Lee"}, {"city": "Dubln", "name": "Lwe Aan"}, True),
        ({"organisation": "Oscorp", "name": "Ann Lee"}, {"organisation": "Oscrp", "name": "Lwe Aan"}, False),
        ({"organisation": "Oscorp", "name": "Ann Lee"}, {"organisation": "Oscopr", "name": "Lwe Aan"}, True),
        ({"email": "ann.lee77@example.org"}, {"x": "annlee77.x"}, True),
        ({"email": "annle@example.org"}, {"email": "annle8@exampel.org"}, True),
        ({"phone": "+12415550120;ext=3541"}, {"phone": "124155501203541"}, True),
        ({"phone": "+436641234567"}, {"phone": "06641234567"}, True),
        ({"birth_date": "1980-13-45"}, {"birth_date": "1980-13-45"}, False),
        ({"given_name": "Ann"}, {"given_name": "Ann"}, False),
    ],
)
def test_records_that_are_looked_up_together(left: Mapping[str, str], right: Mapping[str, str], meet: bool) -> None:
    """They share a key in spite of slips; half a name, or what is no date, is no key."""
    sides = [said_by(**one) for one in (left, right)]
    assert bool(set(blocking_keys(sides[0])) & set(blocking_keys(sides[1]))) is meet


def test_a_broken_model_is_refused_with_the_place() -> None:
    """And every level that a comparison can answer is in the model that ships."""
    with pytest.raises(ModelError, match="version"):
        load_model('name = "x"\npairs = 1\n[comparisons]\n')
    assert all(0 < level.m < 1 and 0 < level.u < 1 for level in MODEL.levels.values())


def test_a_document_without_a_person_is_nobodys_of_a_home() -> None:
    """A record with a document, an address and the family's mailbox, and no name, could be of any of the family."""
    home = {"street": "12 mill lane", "postcode": "43004", "city": "blacklick"}
    mail = [("email", "family123@example.org")]
    son = {"given_name": "Mark", "family_name": "Kusk", "birth_date": "1997-09-28", **home}
    nobody = parse_attributes({"government_id/ssn": "201-77-7719", **home}, mail)
    assert "document_of_nobody" in against(nobody, parse_attributes(son, mail))
    alone = parse_attributes({"government_id/ssn": "201-77-7719"}, mail)
    assert against(alone, parse_attributes(son, mail)) == []
    known = parse_attributes({**son, "government_id/ssn": "201-77-7719"}, mail)
    assert against(nobody, known) == []


def test_an_address_one_letter_off_is_a_question_where_nothing_else_speaks() -> None:
    """However small the base: john.smith1 and john.smith2 may well be two. A name in common joins them."""
    few = Frequencies(people=5, of_comparison={}, of_value={})
    judge = Judge(model=MODEL, frequencies=few)

    def decide(said: dict[str, str], phones: tuple[str, str] | None = None) -> Decision:
        sides: list[Attributes] = []
        for place in (0, 1):
            numbers = [("phone", phones[place])] if phones else []
            sides.append(parse_attributes(said, [("email", f"john.smith{place}@example.org"), *numbers]))
        return judge.decide(sides[0], None, [Candidate(profile="p", via="n", attributes=sides[1])])

    for said in ({}, {"gender": "m"}, {"city": "Leeds"}, {"occupation": "baker"}):
        decision = decide(said)
        (match,) = decision.ranked
        assert (decision.joined, decision.reviewed) == ((), (match,))
        assert (match.score.probability, decision.verdict(match)) == (NEAR_MISS_MAX, "review")
        assert "at most 0.9" in "".join(lines(match.score, 0.95, 0.5, "review"))
    series = ("+13105550101", "+13105550102")
    assert decide({}, series).reviewed
    (joined,) = decide({}, (series[0], series[0])).joined
    assert joined.leans == {("phones", series[0])}
    assert decide({"given_name": "John", "family_name": "Smith"}).joined


def test_a_user_name_on_another_platform_is_a_question_where_nothing_else_speaks() -> None:
    """In a town of a few customers; a name in common joins them."""
    few = Frequencies(people=5, of_comparison={}, of_value={})
    home = {"city": "Villach", "gender": "f"}
    sides = said_by(email="evalang77@example.org", **home), said_by(x="eva.lang77", **home)
    assert score(*sides, MODEL, few).probability == NEAR_MISS_MAX
    named = said_by(email="evalang77@example.org", **home, name="Eva Lang"), said_by(x="eva.lang77", name="Eva Lang")
    assert score(*named, MODEL, few).probability > NEAR_MISS_MAX


def test_what_is_left_of_a_masked_number_is_no_number() -> None:
    """The digits of other invalid numbers still say something."""
    assert readable("phone", "+43 664 ***1234") == ""
    assert readable("phone", "0664 1234567") == "06641234567"
    assert readable("email", "eva***@example.org") == "eva***@example.org"


def test_what_is_likely_but_forbidden_is_told_as_a_review() -> None:
    """Two established customers with other birth dates: a record that fits both joins the likelier, and says so."""
    said = {"given_name": "Jo", "family_name": "Vandersteen", "street": "12 Mill Lane", "postcode": "43004"}
    sides = [parse_attributes({**said, "birth_date": date}) for date in ("1950-01-09", "1988-07-23")]
    candidates = [Candidate(profile=f"p{place}", via=f"n{place}", attributes=one) for place, one in enumerate(sides)]
    decision = Judge(model=MODEL, frequencies=EMPTY).decide(parse_attributes(said), None, candidates)
    assert len(decision.joined) == len(decision.reviewed) == 1
    (match,) = decision.reviewed
    assert match.score.probability >= 0.95
    assert "forbids that they become one" in lines(match.score, 0.95, 0.5, decision.verdict(match))[-1]
