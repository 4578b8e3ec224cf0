"""What the client shows in a terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from profile_client.sanitise import sanitise


@given(st.text())
def test_nothing_steers_a_terminal(text: str) -> None:
    """Every control, bidi and invisible character is written out."""
    assert all(char == "\n" or unicodedata.category(char)[0] not in "C" for char in sanitise(text))
