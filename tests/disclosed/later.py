"""What the service does not do yet, by the name of the play, and why; a play that passes has to leave this table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

STEWARDS = "stewards' decisions are not in the API yet"
CLEAR = "nothing below SAFE is shown in clear in a contact, so that there is nothing to note"

CASES: Mapping[str, str] = {
    "an_approved_review_makes_no_core-1": STEWARDS,
    "must_link_opens_and_cannot_closes_while_live-2": STEWARDS,
    "must_link_opens_and_cannot_closes_while_live-3": STEWARDS,
    "shown_in_clear_is_worth_nothing-1": CLEAR,
}
JOURNEYS: Mapping[str, str] = {}


def play(table: Mapping[str, str], name: str, *values: Any) -> Any:
    """The parameters of a play, which is expected to fail where the table names it."""
    marks = [pytest.mark.xfail(reason=table[name], strict=True)] if name in table else []
    return pytest.param(*values, id=name, marks=marks)
