"""What may be said to the person in a contact: cores that are open, and the level of the whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profile_service.identity.contact.disclosure import (
    Matched,
    Opened,
    Proof,
    Reason,
    Standing,
    cores_opened,
    disclose,
    level_of,
    open_now,
)
from profile_service.identity.graph.model import Assurance, Disclosure, NodeId, ProfileId
from profile_service.identity.policies import shipped_policy
from profile_service.identity.policy import HOUR_US

POLICY = shipped_policy("default")
SAFE, FIRST, WITHHOLD = Disclosure.SAFE, Disclosure.VERIFY_FIRST, Disclosure.WITHHOLD
ANNA, BEN = ProfileId("anna"), ProfileId("ben")
CORE, OTHER = NodeId("core"), NodeId("other")
KNOWN, NOBODY = Standing(profile=ANNA), Standing(profile=None)
PASSWORD = Proof(namespace="email", core=CORE, shared=0, method="ONE_TIME_PASSWORD", time_us=1000, profile=ANNA)
LOGIN = PASSWORD._replace(namespace="account", core=OTHER, method="SIGNED_LOGIN")
ANSWERS = [Matched(name, CORE, ANNA, Assurance.OBSERVED, 2, 1000) for name in ("birth_date", "postcode")]


@pytest.mark.parametrize(
    ("standing", "opened", "level", "reason"),
    [
        (NOBODY, Opened(), WITHHOLD, Reason.NOBODY_KNOWN),
        (replace(NOBODY, candidates=2), Opened(), WITHHOLD, Reason.NOBODY_KNOWN),
        (replace(NOBODY, candidates=1), Opened(), FIRST, Reason.FOUND_BY_CLAIM),
        (replace(NOBODY, candidates=1, shared=True), Opened(), FIRST, Reason.FOUND_BY_CLAIM),
        (replace(NOBODY, shared=True), Opened(), WITHHOLD, Reason.SHARED_IDENTIFIER),
        (replace(NOBODY, ambiguous=True, candidates=1), Opened(), WITHHOLD, Reason.SEVERAL_POSSIBLE),
        (KNOWN, Opened(), FIRST, Reason.OBSERVED),
        (replace(KNOWN, corrected=True), Opened(), FIRST, Reason.CORRECTED),
        (KNOWN, Opened(reason=Reason.PROOF_EXPIRED), FIRST, Reason.PROOF_EXPIRED),
        (KNOWN, Opened(cores=frozenset({CORE}), reason=Reason.VERIFIED), SAFE, Reason.VERIFIED),
        (KNOWN, Opened(cores=frozenset({CORE}), reason=Reason.ANSWERED), SAFE, Reason.ANSWERED),
        (replace(KNOWN, ambiguous=True), Opened(), WITHHOLD, Reason.SEVERAL_POSSIBLE),
    ],
)
def test_i15_nothing_is_said_before_it_is_proved(
    standing: Standing, opened: Opened, level: Disclosure, reason: Reason
) -> None:
    """And why, in words that hold no personal value."""
    assert disclose(standing, opened, is_news=True) == (level, reason)
    assert reason.words


def test_a_proof_alone_is_nothing_to_say() -> None:
    """Where nothing is joined to it that the contact did not bring."""
    opened = Opened(cores=frozenset({CORE}), reason=Reason.VERIFIED)
    assert disclose(KNOWN, opened, is_news=False) == (FIRST, Reason.NOTHING_ON_FILE)


def test_d2_a_proof_opens_the_core_of_its_identifier() -> None:
    """Two proofs open two; one of another customer, or of a shared identifier, or of a device opens none."""
    opened = open_now(KNOWN, [PASSWORD, LOGIN], (), POLICY, 1000)
    assert (opened.cores, opened.reason) == ({CORE, OTHER}, Reason.VERIFIED)
    for proof in (
        PASSWORD._replace(profile=BEN),
        PASSWORD._replace(profile=None),
        PASSWORD._replace(shared=int(Assurance.ON_FILE)),
        PASSWORD._replace(namespace="device"),
        PASSWORD._replace(namespace="cookie"),
    ):
        assert open_now(KNOWN, [proof], (), POLICY, 1000) == Opened()
    assert open_now(KNOWN, [PASSWORD._replace(shared=int(Assurance.OBSERVED))], (), POLICY, 1000).cores == {CORE}


def test_d4_a_proof_belongs_to_a_live_contact_and_to_minutes() -> None:
    """A password lasts an hour, a login twelve; by the first that ends the context changes."""
    at = PASSWORD.time_us + HOUR_US
    assert open_now(KNOWN, [PASSWORD], (), POLICY, at - 1).until_us == at
    assert open_now(KNOWN, [PASSWORD], (), POLICY, at) == Opened(reason=Reason.PROOF_EXPIRED)
    both = open_now(KNOWN, [PASSWORD, LOGIN], (), POLICY, at)
    assert (both.cores, both.until_us) == ({OTHER}, LOGIN.time_us + 12 * HOUR_US)
    ended = replace(KNOWN, ended=True)
    assert open_now(ended, [PASSWORD], (), POLICY, 1000) == Opened(reason=Reason.CONTACT_ENDED)
    assert open_now(ended, [], (), POLICY, 1000) == Opened()
    unknown = PASSWORD._replace(method="PIGEON")
    assert open_now(KNOWN, [unknown], (), POLICY, 1000).until_us == at


def test_d7_answers_open_the_core_whose_values_they_are() -> None:
    """Two different ones of one core, and of the customer that the contact stands under."""
    opened = open_now(KNOWN, (), ANSWERS, POLICY, 1000)
    assert (opened.cores, opened.reason, opened.until_us) == ({CORE}, Reason.ANSWERED, 1000 + HOUR_US)
    assert open_now(KNOWN, (), ANSWERS, POLICY, 1000 + HOUR_US) == Opened(reason=Reason.PROOF_EXPIRED)
    for answers in (
        ANSWERS[:1],
        [ANSWERS[0], ANSWERS[0]],
        [ANSWERS[0], ANSWERS[1]._replace(core=OTHER)],
        [answer._replace(profile=BEN) for answer in ANSWERS],
    ):
        assert open_now(KNOWN, (), answers, POLICY, 1000) == Opened()
    assert open_now(NOBODY, (), ANSWERS, POLICY, 1000) == Opened()
    assert open_now(replace(KNOWN, ambiguous=True), [PASSWORD], ANSWERS, POLICY, 1000) == Opened()


def test_words_belong_to_what_their_contact_opened() -> None:
    """However long ago; of a device's user to nobody's core."""
    assert cores_opened([PASSWORD, LOGIN], (), POLICY) == {CORE, OTHER}
    assert cores_opened([PASSWORD._replace(namespace="device")], ANSWERS[:1], POLICY) == frozenset()
    assert cores_opened([], ANSWERS, POLICY) == {CORE}


def test_what_belongs_to_an_open_core_is_safe() -> None:
    """One of several is enough."""
    assert level_of([CORE, OTHER], frozenset({OTHER})) is SAFE
    assert level_of([CORE], frozenset({OTHER})) is level_of([], frozenset({OTHER})) is FIRST
