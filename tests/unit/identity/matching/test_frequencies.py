"""How frequent a value is: an agreement on a rare value says more."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.attributes import Address, Attributes
from profile_service.identity.matching.frequencies import Frequencies, compared_values, counted_values
from profile_service.identity.matching.vocabulary import Comparison
from tests.unit.identity.matching.said import named

HELD = Frequencies(
    people=1000,
    of_comparison={"family_name": 800, "email": 600},
    of_value={
        ("family_name", "smith"): 50,
        ("family_name", "kusha"): 1,
        ("email", "a@b.org"): 1,
        ("email", "c@d.org"): 5,
        ("given_name", "xqzt"): 3,
        ("given_name", "wvlorb"): 2,
    },
)


@pytest.mark.parametrize(
    ("comparison", "value", "share"),
    [
        ("family_name", "smith", (50 + 200 * 0.1) / 1000),
        ("family_name", "kusha", (1 + 200 * 0.1) / 1000),
        ("family_name", "other", 200 * 0.1 / 1000),
        ("email", "a@b.org", 200 * 0.1 / 800),
        ("email", "c@d.org", (4 + 200 * 0.1) / 800),
        ("email", "other", 200 * 0.1 / 800),
        ("phone", "1", 0.1),
    ],
)
def test_a_share_is_drawn_towards_the_models_figure(comparison: str, value: str, share: float) -> None:
    """By 200 records of it; the one person whose a unique value is does not make it frequent."""
    assert HELD.share(Comparison(comparison), value, 0.1) == pytest.approx(share)


@pytest.mark.parametrize("comparison", ["email", "phone", "handle", "device", "government_id"])
def test_identifiers_are_meant_to_be_one_persons(comparison: str) -> None:
    """The first who has it does not count, the second does."""
    for count, others in ((0, 0), (1, 0), (2, 1)):
        frequencies = Frequencies(people=9, of_comparison={comparison: 0}, of_value={(comparison, "v"): count})
        assert frequencies.share(Comparison(comparison), "v", 0.5) == pytest.approx((others + 100) / 200)


@pytest.mark.parametrize(("given", "name"), [("anna", True), ("xqzt", True), ("wvlorb", False), ("other", False)])
def test_a_word_is_a_given_name(given: str, name: bool) -> None:
    """One that is known, or that three people have."""
    assert HELD.is_name(given) is name


EVERYTHING = Attributes(
    names=frozenset({named("ann", "lee", "b", "jr"), named("", "kramer"), named("zoe")}),
    addresses=frozenset({Address("1 oak ln", frozenset({"1"}), "60527", "leeds"), Address(city="york")}),
    birth_dates=frozenset({(1978, 12, 11)}),
    government_ids=frozenset({("ssn", "1")}),
    birth_places=frozenset({"bath", ""}),
    genders=frozenset({"f"}),
    occupations=frozenset({"painter"}),
    organisations=frozenset({"oscorp"}),
    emails=frozenset({"a@b.org"}),
    phones=frozenset({"+1"}),
    handles=frozenset({"x:ann"}),
    devices=frozenset({"d"}),
)
COUNTED = {
    ("given_name", "ann"),
    ("family_name", "lee"),
    ("family_name", "kramer"),
    ("given_name", "zoe"),
    ("address", "1 oak ln"),
    ("address", "60527"),
    ("address", "leeds"),
    ("address", "york"),
    ("government_id", "ssn 1"),
    ("birth_place", "bath"),
    ("gender", "f"),
    ("occupation", "painter"),
    ("organisation", "oscorp"),
    ("email", "a@b.org"),
    ("phone", "+1"),
    ("handle", "x:ann"),
    ("device", "d"),
}


def test_values_are_counted_as_agreements_name_them() -> None:
    """Each once, and no empty one."""
    found = list(counted_values(EVERYTHING))
    assert (set(found), len(found)) == (COUNTED, len(COUNTED))
    assert list(counted_values(Attributes())) == []


def test_a_comparison_can_agree_on_names_in_either_order() -> None:
    """Where both parts are known."""
    assert compared_values(EVERYTHING) == COUNTED | {("given_name", "lee"), ("family_name", "ann")}
