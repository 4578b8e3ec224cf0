"""Where a contact stands, as the rules of disclosure take it."""

from __future__ import annotations

from profile_service.identity.contact.disclosure import GUARDED, Standing
from profile_service.identity.contact.model import Visibility
from profile_service.identity.graph.model import Assurance, Outcome, Role
from profile_service.identity.policy import Policy
from profile_service.store.queries.parts import Claim, ContextParts, OwnContact
from profile_service.store.rows.contact import Answer

NOTHING_ANSWERED = Answer(outcome=Outcome.CREATED)


def latest_answer(me: OwnContact) -> Answer:
    """What resolution said last in the contact; the start's own answer is kept beside it for replays."""
    answer = me.answer or NOTHING_ANSWERED
    return answer.latest or answer


def contact_standing(parts: ContextParts, policy: Policy, *, automated: bool) -> Standing:
    """Where a contact stands for its reader, and how many customers it claims to be. To a bot a customer who was found
    by a claim is nobody, whatever was answered (D10)."""
    me, claims = parts.me, parts.claims or ()
    profiles = {claim.profile for claim in claims if claim.role is Role.SUBJECT and claim.profile is not None}
    known = me.anchor is not None and not (automated and _by_claim(parts))
    return Standing(
        profile=me.profile if known else None,
        candidates=len(profiles) if me.anchor is None else 0,
        shared=me.shared,
        ambiguous=me.ambiguous,
        corrected=me.corrected,
        ended=me.end_time_us is not None,
        overheard=_is_public(me, policy) or (automated and any(map(_is_participant, claims))),
        is_bots=automated,
        guarded=any(row.key == GUARDED for row in parts.preferences or ()),
    )


def _is_public(me: OwnContact, policy: Policy) -> bool:
    """Whether others read along: as an update said, else as the channel is (D8)."""
    if me.visibility is Visibility.AS_CHANNEL:
        return me.channel in policy.public
    return me.visibility is Visibility.PUBLIC


def _is_participant(claim: Claim) -> bool:
    return claim.role is Role.PARTICIPANT


def _by_claim(parts: ContextParts) -> bool:
    """Whether nothing but answers beside a claim says whose contact it is."""
    me = parts.me
    worth = [answer.worth for answer in parts.opened_here.answers if answer.profile == me.profile]
    shown = any(
        claim.role is Role.SUBJECT and claim.profile == me.profile and claim.assurance > Assurance.CLAIMED
        for claim in parts.claims or ()
    )
    return bool(worth) and max(worth) <= Assurance.CLAIMED and not shown and not me.corrected
