"""What may be said to the person in a contact."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profile_service.identity.contact.disclosure import Standing, disclose
from profile_service.identity.graph.model import Assurance, Disclosure
from profile_service.identity.policy_document import shipped_policy

POLICY = shipped_policy("default")
C, OB, V = Assurance.CLAIMED, Assurance.OBSERVED, Assurance.VERIFIED
SAFE, FIRST, WITHHOLD = Disclosure.SAFE, Disclosure.VERIFY_FIRST, Disclosure.WITHHOLD
ANCHORED = Standing(
    anchored=True,
    anchor_assurance=OB,
    checks_matched=0,
    candidates=0,
    shared=False,
    ambiguous=False,
    corrected=False,
)
"""A contact that stands under somebody, observed."""
NOBODY = replace(ANCHORED, anchored=False, anchor_assurance=C)
SEVERAL = "several customers could be meant"
FOUND = "one customer was found by what was claimed, and nothing of it is proved"
USED = "the identifier is used by several customers"
NOTHING = "nothing shows who this is"
NAMED = "an agent named the customer; nothing in this contact proves it yet"
OBSERVED = "observed, not verified, in this contact"
VERIFIED = "verified in this contact"
ANSWERED = "2 answers matched on top of an observed identifier"


@pytest.mark.parametrize(
    ("standing", "level", "why"),
    [
        (ANCHORED, FIRST, OBSERVED),
        (replace(ANCHORED, anchor_assurance=V), SAFE, VERIFIED),
        (replace(ANCHORED, anchor_assurance=C), FIRST, OBSERVED),
        (replace(ANCHORED, checks_matched=2), SAFE, ANSWERED),
        (replace(ANCHORED, checks_matched=3), SAFE, ANSWERED.replace("2", "3")),
        (replace(ANCHORED, checks_matched=1), FIRST, OBSERVED),
        (replace(ANCHORED, candidates=1, shared=True), FIRST, OBSERVED),
        (NOBODY, WITHHOLD, NOTHING),
        (replace(NOBODY, checks_matched=2), WITHHOLD, NOTHING),
        (replace(NOBODY, candidates=1), FIRST, FOUND),
        (replace(NOBODY, candidates=1, shared=True), FIRST, FOUND),
        (replace(NOBODY, candidates=2), WITHHOLD, NOTHING),
        (replace(NOBODY, candidates=2, shared=True), WITHHOLD, USED),
        (replace(NOBODY, shared=True), WITHHOLD, USED),
        (replace(ANCHORED, ambiguous=True, checks_matched=9, anchor_assurance=V), WITHHOLD, SEVERAL),
        (replace(NOBODY, ambiguous=True, candidates=1), WITHHOLD, SEVERAL),
        (replace(ANCHORED, corrected=True, anchor_assurance=V), FIRST, NAMED),
        (replace(ANCHORED, corrected=True, checks_matched=1, anchor_assurance=V), FIRST, NAMED),
        (replace(ANCHORED, corrected=True, checks_matched=2, anchor_assurance=V), SAFE, VERIFIED),
        (replace(ANCHORED, corrected=True, checks_matched=2), SAFE, ANSWERED),
        (replace(NOBODY, corrected=True), WITHHOLD, NOTHING),
    ],
)
def test_i15_nothing_is_said_before_it_is_proved(standing: Standing, level: Disclosure, why: str) -> None:
    """And the reason holds no personal value."""
    assert disclose(standing, POLICY) == (level, why)


def test_the_policy_says_from_where_it_is_safe() -> None:
    """An assurance, and a number of answers."""
    lenient = replace(POLICY, safe=OB, checks_for_safe=1)
    assert disclose(ANCHORED, lenient)[0] is SAFE
    claimed = replace(ANCHORED, anchor_assurance=C)
    assert disclose(claimed, lenient)[0] is FIRST
    assert disclose(replace(claimed, checks_matched=1), lenient)[0] is SAFE
