"""Which answers of a customer count: D7."""

from __future__ import annotations

from dataclasses import replace

from profile_service.identity.contact.checks import Answerable, Verdict, are_exhausted, judge_answers
from profile_service.identity.graph.model import NodeId
from profile_service.identity.policies import shipped_policy

POLICY = shipped_policy("default")
CORE, OTHER = NodeId("core"), NodeId("other")
MATCH, NO_MATCH, NOT_CHECKED = Verdict.MATCH, Verdict.NO_MATCH, Verdict.NOT_CHECKED
ANNA = Answerable(
    node=NodeId("n1"), core=CORE, values={"birth_date": "1984-03-12", "postcode": "10115", "name": "Anna Lang"}
)
HUSBAND = Answerable(node=NodeId("n2"), core=OTHER, values={"birth_date": "1980-01-02", "postcode": "10115"})


def test_an_answer_counts_for_the_record_that_it_fits() -> None:
    """And fails for every core that has another value, or none."""
    judged = judge_answers({"birth_date": "12.3.1984", "account": "x"}, [ANNA, HUSBAND], {}, POLICY)
    assert judged.verdicts == {"birth_date": MATCH, "account": NO_MATCH}
    assert (judged.matched, judged.failed) == ({"birth_date": "n1"}, {"account": ["n1", "n2"]})
    wrong = judge_answers({"birth_date": "1.1.1970"}, [ANNA, HUSBAND], {}, POLICY)
    assert (wrong.verdicts, wrong.matched, wrong.failed) == ({"birth_date": NO_MATCH}, {}, {"birth_date": ["n1", "n2"]})


def test_what_fits_several_cores_tells_none_of_them() -> None:
    """The postcode of a household; of two records of one core it is one."""
    judged = judge_answers({"postcode": "10115"}, [ANNA, HUSBAND], {}, POLICY)
    assert (judged.verdicts, judged.matched) == ({"postcode": MATCH}, {"postcode": None})
    again = replace(ANNA, node=NodeId("n0"))
    assert judge_answers({"postcode": "10115"}, [ANNA, again], {}, POLICY).matched == {"postcode": "n0"}


def test_names_are_no_secrets() -> None:
    """What the policy gives no points for is not compared, and fails nothing."""
    for answer in ("Anna Lang", "Nobody"):
        judged = judge_answers({"name": answer}, [ANNA], {}, POLICY)
        assert (judged.verdicts, judged.matched, judged.failed) == ({"name": NOT_CHECKED}, {}, {})


def test_above_the_limit_nothing_is_compared() -> None:
    """By core; where all are, the call says so."""
    failed = {CORE: POLICY.checks_per_day}
    judged = judge_answers({"birth_date": "1984-03-12"}, [ANNA, HUSBAND], failed, POLICY)
    assert (judged.verdicts, judged.failed) == ({"birth_date": NO_MATCH}, {"birth_date": ["n2"]})
    assert are_exhausted([ANNA], failed, POLICY)
    assert not are_exhausted([ANNA, HUSBAND], failed, POLICY)
    assert not are_exhausted([ANNA], {CORE: POLICY.checks_per_day - 1}, POLICY)
    assert not are_exhausted([], failed, POLICY)


def test_what_fails_within_the_call_counts_first() -> None:
    """Ten guesses in one call are no way around the limit, whatever their order."""
    failed = {CORE: POLICY.checks_per_day - 1}
    judged = judge_answers({"postcode": "10115", "birth_date": "1.1.1970"}, [ANNA], failed, POLICY)
    assert judged.verdicts == {"postcode": NOT_CHECKED, "birth_date": NO_MATCH}
    assert (judged.matched, judged.failed) == ({}, {"birth_date": ["n1"]})
