"""Whether what is shown is another person's: D5, D6."""

from __future__ import annotations

import pytest

from profile_service.identity.contact.persons import Acquaintance, Known, is_another, persons_of
from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.identity.policies import shipped_policy

POLICY = shipped_policy("default")
VERIFIED, OBSERVED = Assurance.VERIFIED, Assurance.OBSERVED


def mail(name: str, assurance: Assurance = VERIFIED, method: str = "ONE_TIME_PASSWORD") -> Known:
    """A mailbox."""
    return Known(NodeId(name), "email", assurance, method)


def phone(name: str, assurance: Assurance = VERIFIED) -> Known:
    """A number."""
    return Known(NodeId(name), "phone", assurance, "ONE_TIME_PASSWORD")


def known(*names: str) -> frozenset[NodeId]:
    """Names of nodes."""
    return frozenset(map(NodeId, names))


ANNA, BEN, LINE = mail("anna"), mail("ben"), phone("line")
STRANGERS = Acquaintance(known=known("anna", "ben"))
TOGETHER = Acquaintance(known=known("anna", "ben"), together=frozenset({known("anna", "ben")}))
LOGIN = mail("ben", method="SIGNED_LOGIN")


@pytest.mark.parametrize(
    ("before", "shown", "acquaintance", "another"),
    [
        ([], [BEN], STRANGERS, False),
        ([ANNA], [ANNA], STRANGERS, False),
        ([ANNA], [BEN], STRANGERS, True),
        ([ANNA], [BEN], TOGETHER, False),
        ([ANNA], [BEN], Acquaintance(known=known("anna")), False),
        ([ANNA], [BEN], Acquaintance(known=known("ben")), False),
        ([ANNA], [mail("ben", OBSERVED)], STRANGERS, False),
        ([mail("anna", OBSERVED)], [BEN], STRANGERS, False),
        ([ANNA], [LOGIN], Acquaintance(), True),
        ([ANNA], [LOGIN, ANNA], Acquaintance(), False),
        ([ANNA], [LOGIN], Acquaintance(together=frozenset({known("anna", "ben")})), False),
        ([Known(NodeId("d"), "device", VERIFIED, "SIGNED_LOGIN")], [LOGIN], Acquaintance(), False),
        ([ANNA], [LINE], Acquaintance(apart=frozenset({known("anna", "line")})), True),
        ([ANNA], [LINE], Acquaintance(), False),
        (
            [ANNA, BEN],
            [LINE],
            Acquaintance(apart=frozenset({known("anna", "line")}), together=frozenset({known("ben", "line")})),
            False,
        ),
    ],
)
def test_d5_who_begins_in_a_contact(
    before: list[Known], shown: list[Known], acquaintance: Acquaintance, another: bool
) -> None:
    """By a login that shares nothing, a second known value, or what is on file at others only."""
    assert is_another(before, shown, acquaintance, POLICY) is another


def test_d6_a_leg_is_judged_by_what_it_shows_from_an_observation_on() -> None:
    """A caller id of somebody else is enough."""
    apart = Acquaintance(apart=frozenset({known("anna", "line")}))
    shown = [phone("line", OBSERVED)]
    assert not is_another([ANNA], shown, apart, POLICY)
    assert is_another([ANNA], shown, apart, POLICY, OBSERVED)
    assert is_another([mail("anna", OBSERVED)], shown, apart, POLICY, OBSERVED)


def test_d5_one_call_may_show_two_people() -> None:
    """The second value begins another; what is shown with the first stays with it."""
    assert persons_of([], [ANNA, LINE, BEN], STRANGERS, POLICY) == [0, 0, 1]
    assert persons_of([], [ANNA, BEN], TOGETHER, POLICY) == [0, 0]
    assert persons_of([ANNA], [BEN], STRANGERS, POLICY) == [1]
    assert persons_of([ANNA], [LINE], STRANGERS, POLICY) == [0]
    assert persons_of([ANNA], [], STRANGERS, POLICY) == []
