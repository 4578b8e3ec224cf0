"""TOML documents that people send."""

from __future__ import annotations

import tomllib

import pytest

from profile_service.identity.text.document import read_document


def line(length: int) -> str:
    """A line of so many characters."""
    return "a = '" + "x" * (length - 6) + "'"


def test_a_document_is_a_table() -> None:
    """A line may have 500 characters."""
    assert read_document("[a]\nb = 1") == {"a": {"b": 1}}
    assert len(line(500)) == 500
    assert read_document(line(500)) == {"a": "x" * 494}


@pytest.mark.parametrize(("before", "number"), [("", 1), ("b = 1\n\n", 3)])
def test_a_longer_line_is_refused_with_its_place(before: str, number: int) -> None:
    """A dotted key of many parts takes the square of its length in memory."""
    with pytest.raises(ValueError) as caught:
        read_document(before + line(501))
    assert str(caught.value) == f"line {number} is longer than 500 characters"


def test_what_is_no_toml_is_refused() -> None:
    """By the parser."""
    with pytest.raises(tomllib.TOMLDecodeError):
        read_document("a =")
