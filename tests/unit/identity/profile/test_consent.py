"""Consents: the last word of each node, and of those the standing_consents (I16)."""

from __future__ import annotations

from itertools import permutations

from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.identity.profile.consent import ConsentFact, standing_consents


def word(node: str, granted: bool, time: int, purpose: str = "p", channel: str = "", brand: str = "") -> ConsentFact:
    """One consent of one node."""
    return ConsentFact(
        core=NodeId(node), purpose=purpose, channel=channel, brand=brand, granted=granted, occur_time=time
    )


def test_i16_consent_is_the_standing_consents_whatever_the_order() -> None:
    """The last word of each node, and of those the standing_consents; apart, each has its own again."""
    facts = [word("n1", True, 1), word("n1", False, 2), word("n2", True, 3), word("n3", True, 1)]
    for order in permutations(facts):
        assert standing_consents(order) == (word("n1", False, 2),)
        (apart,) = standing_consents(fact for fact in order if fact.core != "n1")
        assert apart.granted


def test_the_last_word_of_a_node_takes_the_place_of_those_before() -> None:
    """A consent that was given again counts."""
    facts = [word("n1", False, 1), word("n1", True, 2)]
    assert standing_consents(facts) == standing_consents(reversed(facts)) == (word("n1", True, 2),)


def test_of_two_words_at_once_the_stricter_is_the_last() -> None:
    """Whichever came first."""
    facts = [word("n1", True, 1), word("n1", False, 1)]
    assert standing_consents(facts) == standing_consents(reversed(facts)) == (word("n1", False, 1),)


def test_of_equal_words_the_first_is_told() -> None:
    """Two refusals, and two consents: the older of them."""
    for granted in (True, False):
        facts = [word("n1", granted, 1), word("n2", granted, 2)]
        assert standing_consents(facts) == standing_consents(reversed(facts)) == (facts[0],)


def test_purpose_channel_and_brand_are_apart() -> None:
    """Each has its own last word and its own standing_consents; they stand in order."""
    facts = [
        word("n1", False, 1),
        word("n1", True, 2, purpose="q"),
        word("n1", True, 3, channel="sms"),
        word("n1", True, 4, brand="b"),
        word("n2", True, 5),
    ]
    expected = (facts[0], facts[3], facts[2], facts[1])
    assert standing_consents(facts) == standing_consents(reversed(facts)) == expected
    assert standing_consents([]) == ()


def test_what_relaxes_a_stop_has_to_be_proved() -> None:
    """A claim permits nothing; anybody may stop marketing, and what was observed stops all."""
    stop = word("n1", False, 2, "marketing")._replace(worth=Assurance.CLAIMED)
    granted = word("n1", True, 1, "marketing")
    assert standing_consents([granted, stop]) == (stop,)
    for worth, stands in ((Assurance.CLAIMED, False), (Assurance.OBSERVED, False), (Assurance.VERIFIED, True)):
        again = word("n1", True, 3, "marketing")._replace(worth=worth)
        assert standing_consents([granted, stop, again]) == ((again,) if stands else (stop,))
    assert standing_consents([granted._replace(worth=Assurance.CLAIMED)]) == ()
    service = [word("n1", True, 1, "service"), word("n1", False, 2, "service")._replace(worth=Assurance.CLAIMED)]
    assert standing_consents(service) == (service[0],)
    observed = service[1]._replace(worth=Assurance.OBSERVED)
    assert standing_consents([service[0], observed]) == (observed,)
