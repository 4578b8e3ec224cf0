"""Short forms of given names."""

from __future__ import annotations

import pytest

from profile_service.identity.matching.nicknames import are_nicknames, canonical_names, is_listed


def test_a_name_may_be_short_for_several() -> None:
    """Itself among them, also where no list knows it."""
    assert {"bob", "robert"} <= canonical_names("bob")
    assert canonical_names("xqzt") == {"xqzt"}


@pytest.mark.parametrize(
    ("left", "right", "short"),
    [
        ("bob", "robert", True),
        ("robert", "bob", True),
        ("bob", "rob", True),
        ("bob", "anna", False),
        ("bill", "william", True),
        ("bill", "robert", True),
        ("william", "robert", False),
        ("anna", "hannah", True),
        ("xqzt", "xqzt", True),
        ("xqzt", "wvlorb", False),
        ("xqzt", "bob", False),
        ("bob", "xqzt", False),
    ],
)
def test_one_may_be_short_for_the_other(left: str, right: str, short: bool) -> None:
    """Or both for the same name."""
    assert are_nicknames(left, right) is short


@pytest.mark.parametrize(("name", "listed"), [("bob", True), ("robert", True), ("xqzt", False), ("", False)])
def test_names_are_listed_in_full_or_short(name: str, listed: bool) -> None:
    """Others may be slips of the keys."""
    assert is_listed(name) is listed
