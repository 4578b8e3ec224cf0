"""Blocking: keys of which two records of one customer very probably share one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given

from profile_service.identity.matching.attributes import Address, Attributes, parse_attributes
from profile_service.identity.matching.blocking import KEYS_MAX, blocking_keys, sound
from tests.unit.identity.matching.said import RECORDS, named, said_by


@pytest.mark.parametrize(("word", "heard"), [("lang", "LNK"), ("smith", "SM0"), ("3", "3"), ("", "")])
def test_a_name_sounds(word: str, heard: str) -> None:
    """Or stands for itself, where nothing is left of it."""
    assert sound(word) == heard


NAMED = frozenset({named("xqzta", "de lang")})


@pytest.mark.parametrize(
    ("attributes", "keys"),
    [
        (
            Attributes(names=NAMED),
            ["letters aadeglnqtxz", "names SKST TLNK", "starts de l xqz"],
        ),
        (Attributes(names=frozenset({named("xqzta")})), []),
        (Attributes(names=frozenset({named("", "lang")})), []),
        (Attributes(birth_dates=frozenset({(1978, 12, 11)})), ["date (1978, 12, 11)"]),
        (Attributes(birth_dates=frozenset({(1978, 0, 0)})), []),
        (Attributes(birth_dates=frozenset({(1978, 13, 45)})), []),
        (
            Attributes(birth_dates=frozenset({(1978, 0, 0)}), birth_places=frozenset({"leeds", "bath"})),
            ["born 1978 bath", "born 1978 leeds"],
        ),
        (
            Attributes(birth_dates=frozenset({(1978, 12, 11)}), names=frozenset({named("zoe", "lang")})),
            [
                "letters aeglnoz",
                "names LNK S",
                "starts lang zoe",
                "year 1978 S l",
                "year 1978 LNK z",
                "date (1978, 12, 11)",
                "turned 1978 [11, 12] lz",
            ],
        ),
        (
            Attributes(birth_dates=frozenset({(1978, 0, 0)}), names=frozenset({named("", "lang")})),
            ["year 1978 LNK "],
        ),
        (
            Attributes(birth_dates=frozenset({(1978, 0, 0)}), names=frozenset({named("lang")})),
            ["year 1978 LNK "],
        ),
        (
            Attributes(
                addresses=frozenset({Address("12 oak lane north", frozenset({"12"}), "60527", "springfield")}),
                names=frozenset({named("", "lang")}),
                birth_dates=frozenset({(1978, 0, 0)}),
                occupations=frozenset({"painters"}),
            ),
            [
                "year 1978 LNK ",
                "postcode 60527 LNK",
                "postcode 60527 1978",
                "street 12 12 oak lane  LNK",
                "city sprin LNK",
                "city sprin painte",
                "town spr l",
            ],
        ),
        (
            Attributes(addresses=frozenset({Address("", frozenset(), "60527", "")}), names=frozenset({named("lang")})),
            ["postcode 60527 LNK", "postcode 60527 l"],
        ),
        (
            Attributes(addresses=frozenset({Address("oak", frozenset(), "", "")}), names=frozenset({named("lang")})),
            ["street  oak LNK"],
        ),
        (
            Attributes(
                organisations=frozenset({"oscorp"}),
                birth_places=frozenset({"leeds"}),
                names=frozenset({named("", "lang")}),
            ),
            ["works osco l", "place leeds LNK"],
        ),
        (
            Attributes(government_ids=frozenset({("ssn", "7"), ("id", "8")})),
            ["government id 8", "government ssn 7"],
        ),
        (
            Attributes(emails=frozenset({"e.va12+34@example.org"})),
            ["email e.va12+34@example.org", "local start eva12 examp", "user eva12"],
        ),
        (
            Attributes(emails=frozenset({"ev1234@b.org"})),
            ["email ev1234@b.org", "local start ev123 b.org", "digits 1234", "user ev1234"],
        ),
        (Attributes(emails=frozenset({"eval@b.org"})), ["email eval@b.org", "user eval"]),
        (Attributes(handles=frozenset({"x:evalang-1978"})), ["user evalang1", "handle x:evalang-1978"]),
        (
            Attributes(phones=frozenset({"+1 202-321-3212;ext=35"})),
            ["phone 1321235", "line 12023213212"],
        ),
        (Attributes(devices=frozenset({"d"}), handles=frozenset({"crm:7"})), ["handle crm:7", "device d"]),
    ],
)
def test_keys(attributes: Attributes, keys: list[str]) -> None:
    """Names by letters, sounds and beginnings; dates; places with who lives there; identifiers and what begins them."""
    assert blocking_keys(attributes) == keys


def test_a_name_has_a_key_for_each_name_that_it_may_be_short_for() -> None:
    """Four of them; Bob and Robert meet."""
    bob, robert = (Attributes(names=frozenset({named(given, "lang")})) for given in ("bob", "robert"))
    shared = set(blocking_keys(bob)) & set(blocking_keys(robert))
    assert "names LNK RBRT" in shared
    many = Attributes(names=frozenset({named("robert", "lang")}))
    assert sum(key.startswith("names ") for key in blocking_keys(many)) <= 4


def test_keys_are_few_and_each_stands_once() -> None:
    """Of a record with many values the first 64, the same each time."""
    many = Attributes(phones=frozenset(str(10**9 + number) for number in range(50)))
    found = blocking_keys(many)
    assert (KEYS_MAX, len(found), len(set(found))) == (64, 64, 64)
    assert found[0] == "phone 0000000"
    assert blocking_keys(Attributes()) == []


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
        ({"birth_date": "1980-03-04"}, {"birth_date": "1980-04-03"}, False),
        (
            {"birth_date": "1980-03-14", "name": "Ann Lee"},
            {"birth_date": "1980-14-03", "name": "Lwe Aan"},
            True,
        ),
    ],
)
def test_records_that_are_looked_up_together(left: Mapping[str, str], right: Mapping[str, str], meet: bool) -> None:
    """They share a key in spite of slips; half a name, or what is no date, is no key."""
    sides = [said_by(**record) for record in (left, right)]
    assert bool(set(blocking_keys(sides[0])) & set(blocking_keys(sides[1]))) is meet


@given(RECORDS)
def test_every_record_meets_itself(record: dict[str, str]) -> None:
    """Blocking keys are few, and the same each time, whatever the order in which it says things."""
    attributes = parse_attributes(record)
    assert blocking_keys(attributes) == blocking_keys(parse_attributes(dict(reversed(record.items()))))
    assert len(blocking_keys(attributes)) == len(set(blocking_keys(attributes))) <= 64
