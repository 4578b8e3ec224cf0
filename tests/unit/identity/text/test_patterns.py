"""Regular expressions of tenants and policies, which run on RE2."""

from __future__ import annotations

import pytest

from profile_service.identity.text.patterns import MEMORY_MAX, PatternInvalid, finds, require_pattern


def test_patterns_run_in_linear_time() -> None:
    """What re would take for ever for is over at once."""
    assert finds(r"^(a+)+$", "a" * 40 + "b") is False
    assert finds(r"^(a+)+$", "a" * 40) is True


def test_a_pattern_is_found_anywhere() -> None:
    """Where it has no anchors."""
    assert finds("b", "abc") is True
    assert finds("^b", "abc") is False


def test_a_pattern_is_required() -> None:
    """What RE2 does not take is told, with the pattern and the reason, and written to no log."""
    require_pattern("^a+$")
    with pytest.raises(PatternInvalid) as caught:
        require_pattern(r"(a)\1")
    assert str(caught.value) == r"'(a)\\1': invalid escape sequence: \1"
    with pytest.raises(PatternInvalid):
        finds("(", "a")


def test_what_re2_does_not_take_is_written_to_no_log(capfd: pytest.CaptureFixture[str]) -> None:
    """It may hold a personal value."""
    with pytest.raises(PatternInvalid):
        require_pattern("(somebody")
    assert capfd.readouterr().err == ""


def test_a_pattern_takes_no_more_than_its_memory() -> None:
    """One MiB of program; what fits is taken."""
    assert MEMORY_MAX == 1_048_576
    require_pattern(r"\pL{20}")
    with pytest.raises(PatternInvalid, match=r"^'.*': pattern too large - compile failed$"):
        require_pattern(r"\pL{60}")
