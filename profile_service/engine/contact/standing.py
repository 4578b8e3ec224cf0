"""Where a contact stands, as the rules of disclosure take it."""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.identity.contact.disclosure import Standing
from profile_service.identity.graph.model import Outcome, Role
from profile_service.store.queries.context import Claim, OwnContact
from profile_service.store.rows.contact import Answer

NOTHING_ANSWERED = Answer(outcome=Outcome.CREATED)


def latest_answer(me: OwnContact) -> Answer:
    """What resolution said last in the contact; the start's own answer is kept beside it for replays."""
    answer = me.answer or NOTHING_ANSWERED
    return answer.latest or answer


def contact_standing(me: OwnContact, claims: Sequence[Claim]) -> Standing:
    """Where a contact stands, and how many customers it claims to be."""
    profiles = {claim.profile for claim in claims if claim.role is Role.SUBJECT and claim.profile is not None}
    return Standing(
        profile=None if me.anchor is None else me.profile,
        candidates=len(profiles) if me.anchor is None else 0,
        shared=me.shared,
        ambiguous=me.ambiguous,
        corrected=me.corrected,
        ended=me.end_time_us is not None,
    )
