"""What ties a contact to the cores that its answers are about: D7."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profile_service.identity.contact.ties import Concerned, How, Shown, Tie, Via, ties_of
from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.identity.policies import shipped_policy
from profile_service.identity.policy import DAY_US

POLICY = shipped_policy("default")
PHONE, MAIL, ROW, CORE = NodeId("phone"), NodeId("mail"), NodeId("row"), NodeId("core")
NOW = 1_000 * DAY_US
LINE = Shown(PHONE, "phone", PHONE, 0, Assurance.OBSERVED, NOW, None)
STATED = Via(PHONE, How.STATED, PHONE, NOW - 30 * DAY_US)
ANNA = Concerned(node=ROW, core=CORE, source="record/crm", via=(STATED,))


def tie(shown: Shown, record: Concerned = ANNA, *others: Concerned) -> Tie:
    """The tie to Anna's core."""
    return ties_of([shown], [record, *others], POLICY)[CORE]


def another(number: int) -> Concerned:
    """A record of another customer with the same number."""
    return replace(ANNA, node=NodeId(f"row{number}"), core=NodeId(f"core{number}"))


@pytest.mark.parametrize(
    ("assurance", "needed", "bound"),
    [(Assurance.CLAIMED, 3, None), (Assurance.OBSERVED, 2, None), (Assurance.VERIFIED, 1, PHONE)],
)
def test_the_better_it_was_shown_the_fewer_answers_it_takes(
    assurance: Assurance, needed: int, bound: NodeId | None
) -> None:
    """Right ones bind what was proved."""
    found = tie(LINE._replace(assurance=assurance))
    assert (found.worth, found.needed, found.record, found.bound) == (assurance, needed, ROW, bound)


def test_what_began_anew_or_was_silent_takes_two_answers() -> None:
    """Since it was stated, or last proved: half a year."""
    proved = LINE._replace(assurance=Assurance.VERIFIED)
    assert tie(proved, replace(ANNA, via=(STATED._replace(how=How.FORMER),))).needed == 2
    old = STATED._replace(since_us=NOW - 181 * DAY_US)
    assert tie(proved, replace(ANNA, via=(old,))).needed == 2
    assert tie(proved._replace(signed_us=NOW - 180 * DAY_US), replace(ANNA, via=(old,))).needed == 1
    assert tie(proved, replace(ANNA, via=(old._replace(since_us=NOW - 180 * DAY_US),))).needed == 1
    assert tie(proved, replace(ANNA, via=(Via(PHONE, How.CORE, PHONE, None),))).needed == 1


def test_what_several_customers_have_on_file_is_worth_an_observation_and_of_many_a_claim() -> None:
    """Of six; forms are no sources of record."""
    proved = LINE._replace(assurance=Assurance.VERIFIED)
    assert tie(proved, ANNA, another(1)).worth is Assurance.OBSERVED
    assert tie(proved, ANNA, *map(another, range(4))).worth is Assurance.OBSERVED
    assert tie(proved, ANNA, *map(another, range(5))).worth is Assurance.CLAIMED
    forms = [replace(another(number), source="record/web") for number in range(6)]
    assert tie(proved, ANNA, *forms).worth is Assurance.VERIFIED
    assert tie(proved._replace(shared=3)).worth is Assurance.OBSERVED
    assert tie(proved._replace(shared=2)).worth is Assurance.VERIFIED


def test_a_device_only_finds() -> None:
    """However well it is proved."""
    device = LINE._replace(namespace="device", assurance=Assurance.VERIFIED)
    assert (tie(device).worth, tie(device).bound) == (Assurance.OBSERVED, None)


def test_an_agents_word_is_a_claim() -> None:
    """It needs three answers, and binds nothing."""
    found = tie(LINE, replace(ANNA, via=(Via(None, How.NAMED, None, None),)))
    assert (found.worth, found.needed, found.bound) == (Assurance.CLAIMED, 3, None)


def test_what_alone_found_the_record_is_no_answer() -> None:
    """Of two claims either is one; beside an observation all are."""
    account = LINE._replace(node=MAIL, namespace="account", assurance=Assurance.CLAIMED)
    claim = replace(ANNA, via=(STATED._replace(shown=MAIL),))
    assert ties_of([account], [claim], POLICY)[CORE].found_by == {"account"}
    both = replace(ANNA, via=(STATED._replace(shown=MAIL), STATED))
    assert ties_of([account, LINE._replace(assurance=Assurance.CLAIMED)], [both], POLICY)[CORE].found_by == frozenset()
    assert ties_of([account, LINE], [both], POLICY)[CORE].found_by == frozenset()


def test_the_best_tie_counts_and_binds_what_the_record_states() -> None:
    """Through the core of what was proved to another identifier of it."""
    login = LINE._replace(node=NodeId("login"), core=MAIL, assurance=Assurance.VERIFIED)
    through = Via(login.node, How.THROUGH, MAIL, None)
    found = ties_of([LINE, login], [replace(ANNA, via=(STATED, through))], POLICY)[CORE]
    assert (found.worth, found.needed, found.bound, found.bound_core) == (Assurance.VERIFIED, 1, MAIL, MAIL)


def test_sources_that_may_not_answer_are_not_asked() -> None:
    """Nor is anything tied to what was not shown."""
    assert ties_of([LINE], [replace(ANNA, source="record/shop")], POLICY) == {}
