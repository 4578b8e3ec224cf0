"""How alike names are: given, family and middle names."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.attributes import PersonName
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.names import CLOSE, SIMILAR, compare_middle_names, compare_names
from profile_service.identity.matching.vocabulary import Comparison, Level
from tests.unit.identity.matching.said import named, people


def found(left: PersonName, right: PersonName) -> list[tuple[str, str, str]]:
    """What is said of two names, which is the same from both sides but for the value."""
    forth, back = compare_names(people(left), people(right)), compare_names(people(right), people(left))
    assert [agreement[:2] for agreement in forth] == [agreement[:2] for agreement in back]
    return [(agreement.comparison, agreement.level, agreement.value) for agreement in forth]


def test_similarities_are_those_that_are_documented() -> None:
    """Of Jaro and Winkler."""
    assert (CLOSE, SIMILAR) == (0.92, 0.84)


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("anna", "anna", "exact"),
        ("bob", "robert", "nickname"),
        ("j", "jon", "initial"),
        ("jo", "jonas", "initial"),
        ("xqz", "xqzab", "close"),
        ("xqz", "xqzart", "close"),
        ("ann", "annxyz", "different"),
        ("ann", "annxy", "close"),
        ("wxyz", "wxyq", "close"),
        ("wxy", "wxq", "different"),
        ("wxyzq", "wxyqz", "close"),
        ("wxyzqr", "wqyxqr", "similar"),
        ("vxyzq", "wqyzq", "similar"),
        ("vxyz", "wqyz", "different"),
        ("adddaddefc", "adddac", "different"),
        ("addad", "addadefc", "close"),
        ("adela", "adele", "close"),
        ("adela", "adena", "different"),
        ("darla", "darlene", "different"),
        ("adela", "adelx", "close"),
        ("adelx", "adela", "close"),
        ("anna", "zoe", "different"),
    ],
)
def test_given_names(left: str, right: str, level: str) -> None:
    """Two known names that are alike are still two, unless they sound the same; one that was cut off is close."""
    value = left if level == "exact" else ""
    assert found(named(left), named(right)) == [("given_name", level, value)]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("lang", "lang", "exact"),
        ("garcia", "garcia lopez", "close"),
        ("garcia lopez", "lopez", "close"),
        ("garcia lopez", "lopez ruiz", "close"),
        ("de la cruz", "delacruz", "exact"),
        ("bob", "robert", "similar"),
        ("j", "jones", "similar"),
        ("jo", "jones", "similar"),
        ("jon", "jones", "close"),
        ("smith", "smyth", "close"),
        ("adela", "adena", "close"),
        ("adddaddefc", "adddac", "close"),
        ("afaa", "afdacaeace", "similar"),
        ("wxyzqr", "wqyxqr", "similar"),
        ("smith", "kramer", "different"),
    ],
)
def test_family_names(left: str, right: str, level: str) -> None:
    """Of several words closely where one holds a word of the other; what shortens a given name says less here."""
    value = left if level == "exact" and left == right else ""
    agreements = found(named("", left), named("", right))
    assert [agreement[:2] for agreement in agreements] == [("family_name", level)]
    assert level == "exact" or agreements[0][2] == value


@pytest.mark.parametrize(
    ("left", "right", "levels"),
    [
        (("wang", "jie"), ("", "wangjie"), ["exact", "exact"]),
        (("wangjie", ""), ("wang", "jie"), ["exact", "exact"]),
        (("anna", "maria lang"), ("annamaria", "lang"), ["exact", "exact"]),
        (("wang", "jie"), ("", "wangjin"), ["different"]),
        (("ang", "wjie"), ("wan", "gjie"), ["different", "close"]),
        (("wangjie", ""), ("", "wangjie"), []),
        (("", ""), ("", ""), []),
        (("anna", ""), ("anna", "lang"), ["exact"]),
    ],
)
def test_a_name_may_be_parted_elsewhere(left: tuple[str, str], right: tuple[str, str], levels: list[str]) -> None:
    """Both are the same letters, given and family name together, and one side has both."""
    assert [level for _, level, _ in found(named(*left), named(*right))] == levels


def test_a_name_that_is_parted_elsewhere_counts_by_its_level() -> None:
    """No value is agreed; one that is parted alike agrees on its values."""
    assert found(named("wang", "jie"), named("", "wangjie")) == [
        ("given_name", "exact", ""),
        ("family_name", "exact", ""),
    ]
    assert found(named("wang", "jie"), named("wang", "jie")) == [
        ("given_name", "exact", "wang"),
        ("family_name", "exact", "jie"),
    ]


@pytest.mark.parametrize(
    ("left", "right", "levels"),
    [
        (("shaw", "daniella"), ("daniella", "shaw"), ["exact", "exact"]),
        (("grace", "shaw"), ("shawn", "gray"), ["similar", "different"]),
        (("terry", "cohen"), ("chen", "terry"), ["similar", "exact"]),
        (("harley", "tayrlo"), ("hayler", "taylor"), ["similar", "close"]),
        (("anna", "lang"), ("anna", "anna"), ["exact", "different"]),
        (("lang", ""), ("anna", "lang"), ["different"]),
    ],
)
def test_names_may_be_swapped(left: tuple[str, str], right: tuple[str, str], levels: list[str]) -> None:
    """What is only alike in the other order says a level less, and nothing where a part agrees as it stands."""
    agreements = compare_names(people(named(*left)), people(named(*right)))
    assert [agreement.level for agreement in agreements] == levels


def test_the_best_pair_of_names_is_told() -> None:
    """A part that is missing counts more than one that differs: it does not hide a difference."""
    both = people(named("zoe", "kramer"), named("anna", "lang"))
    assert compare_names(both, people(named("anna", "lang"))) == [
        Agreement(Comparison.GIVEN_NAME, Level.EXACT, "anna"),
        Agreement(Comparison.FAMILY_NAME, Level.EXACT, "lang"),
    ]
    half = people(named("anna", "kramer"), named("anna"))
    assert [agreement.level for agreement in compare_names(half, people(named("anna", "lang")))] == [
        "exact",
        "different",
    ]
    other = people(named("", "lang"), named("zoe", "kramer"))
    assert [agreement.level for agreement in compare_names(other, people(named("anna", "lang")))] == ["exact"]
    assert compare_names(people(), people(named("anna"))) == []


def test_among_equal_pairs_the_first_by_value_is_told() -> None:
    """The order of names never counts."""
    left = people(named("anna", "lang"), named("zoe", "kramer"))
    assert [agreement.value for agreement in compare_names(left, left)] == ["anna", "lang"]
    right = people(named("anna", "kramer"), named("anna", "baker"))
    assert [agreement.value for agreement in compare_names(right, right)] == ["anna", "baker"]


def test_an_even_pair_comes_before_a_split_one() -> None:
    """Two closes before an exact part and one two levels worse."""
    left = people(named("xqzta", "wvlorb"))
    right = people(named("xqztb", "wvlord"), named("xqzta", "wqlxrb"))
    assert [agreement.level for agreement in compare_names(left, right)] == ["close", "close"]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("james", "james", "exact"),
        ("james paul", "paul", "exact"),
        ("j", "james", "initial"),
        ("james", "j", "initial"),
        ("j", "j", "initial"),
        ("james", "john", "different"),
        ("james", "p", "different"),
        ("j p", "paul", "initial"),
        ("p james", "p john", "initial"),
    ],
)
def test_middle_names(left: str, right: str, level: str) -> None:
    """A word in common, else the first letters where one of them is no more than that."""
    assert compare_middle_names(people(named(middle=left)), people(named(middle=right))) == (level, "")


def test_middle_names_are_compared_where_both_have_one() -> None:
    """The best pair of them."""
    several = people(named(middle="john"), named(middle="james"), named("x"))
    assert compare_middle_names(several, people(named(middle="james"), named(middle="paul"))) == ("exact", "")
    assert compare_middle_names(several, people(named("anna"))) is None
    assert compare_middle_names(people(named("anna")), several) is None
    assert compare_middle_names(people(), people()) is None
