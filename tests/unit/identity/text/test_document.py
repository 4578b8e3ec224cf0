"""TOML documents that people send."""

from __future__ import annotations

import msgspec
import pytest

from profile_service.identity.text.document import DocumentInvalid, converted, read_document


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document of two keys."""

    a: str
    b: tuple[int, ...] = ()


def line(length: int) -> str:
    """A line of so many characters."""
    return "a = '" + "x" * (length - 6) + "'"


def refusal(text: str) -> str:
    """Why a document is refused."""
    with pytest.raises(DocumentInvalid) as caught:
        read_document(text, Table)
    return str(caught.value)


def test_a_document_becomes_a_struct() -> None:
    """A line may have 500 characters."""
    assert read_document("a = 'x'\nb = [1, 2]", Table) == Table(a="x", b=(1, 2))
    assert len(line(500)) == 500
    assert read_document(line(500), Table) == Table(a="x" * 494)


@pytest.mark.parametrize(("before", "number"), [("", 1), ("b = [1]\n\n", 3)])
def test_a_longer_line_is_refused_with_its_place(before: str, number: int) -> None:
    """A dotted key of many parts takes the square of its length in memory."""
    assert refusal(before + line(501)) == f"line {number}: is longer than 500 characters"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a =", "is no TOML: Invalid value (at end of document)"),
        ("a = 1", "a: Expected `str`, got `int`"),
        ("a = 'x'\nb = [1, 'x']", "b[1]: Expected `int`, got `str`"),
        ("a = 'x'\nc = 1", "Object contains unknown field `c`"),
        ("b = []", "Object missing required field `a`"),
    ],
)
def test_what_is_wrong_is_told_by_key_and_reason(text: str, why: str) -> None:
    """The parser's place where it is no TOML."""
    assert refusal(text) == why


def test_a_part_is_told_with_its_place() -> None:
    """The key of the part comes first."""
    assert converted({"a": "x"}, Table, "shop") == Table(a="x")
    for value, why in (
        ({"a": 1}, "shop.a: Expected `str`, got `int`"),
        (1, "shop: Expected `object`, got `int`"),
        ({}, "shop: Object missing required field `a`"),
    ):
        with pytest.raises(DocumentInvalid) as caught:
            converted(value, Table, "shop")
        assert str(caught.value) == why
