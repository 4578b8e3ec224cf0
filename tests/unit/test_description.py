"""What is left of an identifier that is not valid."""

from __future__ import annotations

from profile_service.engine.matching.description import readable


def test_what_is_left_of_a_masked_number_is_no_number() -> None:
    """The digits of other invalid numbers still say something."""
    assert readable("phone", "+43 664 ***1234") == ""
    assert readable("phone", "0664 1234567") == "06641234567"
    assert readable("email", "eva***@example.org") == "eva***@example.org"
