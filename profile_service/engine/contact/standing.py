"""What a contact has proved, as the rules of disclosure take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profile_service.identity.contact.disclosure import Standing
from profile_service.identity.graph.model import Assurance

Row = Mapping[str, Any]


def latest_answer(me: Row) -> Mapping[str, Any]:
    """What resolution said last in the contact; the start's own answer is kept beside it for replays."""
    answer = me["answer"] or {}
    return answer.get("latest", answer)


def contact_standing(me: Row, claims: Sequence[Row], checks: Sequence[Sequence[Any]]) -> Standing:
    """What the contact has proved, as the disclosure rule takes it."""
    found = {row["profile"] for row in claims if row["role"] == 1 and row["profile"] is not None}
    return Standing(
        anchored=me["anchor"] is not None,
        anchor_assurance=Assurance(me["assurance"]),
        checks_matched=len({attribute for attribute, matched in checks if matched}),
        candidates=len(found) if me["anchor"] is None else 0,
        shared=me["shared"],
        ambiguous=me["ambiguous"],
        corrected=me["corrected"],
    )
