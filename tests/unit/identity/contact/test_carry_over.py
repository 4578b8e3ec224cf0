"""Codes that customers write."""

from __future__ import annotations

import pytest

from profile_service.identity.contact.carry_over import ALPHABET, new_code, read, written


def test_a_code_is_read_as_it_is_shown() -> None:
    """Each character is chosen of those that nobody takes for another."""
    drawn = iter("7KMQ2X9TC")
    code = new_code(lambda of: next(drawn) if of == ALPHABET else "?")
    assert (code, written(code), read(written(code))) == ("7KMQ2X9TC", "7KM-Q2X-9TC", code)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" 7km q2x\t9tc ", "7KMQ2X9TC"),
        ("O1l-iL0-000", "011110000"),
        ("7KM-Q2X-9T", None),
        ("7KM-Q2X-9TCC", None),
        ("7KM-Q2X-9TU", None),
        ("", None),
    ],
)
def test_what_is_written_otherwise_is_read_or_is_none(text: str, code: str | None) -> None:
    """In whatever case and groups."""
    assert read(text) == code
