"""Which links count (R2), how repeated evidence folds (R1), and which nodes fan out too far (R6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from profile_service.identity.graph.counting import (
    QUARANTINED,
    counted_links,
    counts,
    fan_out_level,
    fan_out_levels,
    is_quarantined,
    level_of,
    pairs,
    stands,
)
from profile_service.identity.graph.model import Assurance, Link, LinkState, Node, NodeId
from profile_service.identity.policy import FanOut
from tests.unit.identity.graph.facts import OB, C, V, ids, link, node, nodes, phone_with, policy

PLAIN = policy()
EMAIL, RECORD = frozenset({"email"}), frozenset({"record"})


@pytest.mark.parametrize(
    ("counted", "evidence"),
    [
        (link("email:1", "phone:1", OB), True),
        (link("email:1", "phone:1", OB, C), False),
        (link("email:1", "phone:1", C, OB), False),
        (link("email:1", "phone:1", V, C), False),
        (link("email:1", "device:1", OB, V), True),
        (link("email:1", "device:1", V, OB), False),
        (link("device:1", "email:1", OB, V), False),
        (link("email:1", "email:1"), False),
        (link("email:1", "email:barred"), False),
        (link("email:barred", "email:1"), False),
        (link("email:1", "phone:1", state=LinkState.WITHDRAWN), False),
        (link("email:1", "phone:1", state=LinkState.ENDED), True),
        (link("email:1", "phone:1", state=LinkState.CONTESTED), True),
    ],
)
def test_r2_a_link_counts_where_both_ends_reach_their_minimum(counted: Link, evidence: bool) -> None:
    """Neither end is blocked, it has two, and it was not withdrawn."""
    known = nodes("email:1", "phone:1", "device:1", node("email:barred", blocked=True))
    assert counts(counted, known, PLAIN) is evidence


@pytest.mark.parametrize(
    ("fan_out", "level", "quarantined"), [(0, 0, False), (2, 2, False), (3, 3, False), (8, 0, True), (11, 3, True)]
)
def test_a_level_and_a_quarantine_stand_side_by_side(fan_out: int, level: int, quarantined: bool) -> None:
    """In one number: the quarantine adds 8."""
    assert QUARANTINED == 8
    assert (level_of(fan_out), is_quarantined(fan_out)) == (level, quarantined)


@pytest.mark.parametrize(
    ("depends_on", "fan_out", "holds"),
    [
        ((), {"email:1": 11}, True),
        (("email:1",), {}, True),
        (("email:1",), {"email:1": 3}, True),
        (("email:1",), {"email:1": 11}, False),
        (("email:1",), {"phone:1": 11}, True),
        (("email:1", "phone:1"), {"email:1": 2, "phone:1": 10}, False),
    ],
)
def test_a_link_stands_where_it_depends_on_nothing_quarantined(
    depends_on: tuple[str, ...], fan_out: Mapping[NodeId, int], holds: bool
) -> None:
    """Sharing within a household does not bring it down."""
    assert stands(link("record:1", "record:2", depends_on=ids(*depends_on)), fan_out) is holds


def test_r1_repeated_evidence_folds_into_the_best_link() -> None:
    """One per pair and state: the best assurance, first seen earliest at it, whichever end came first."""
    known = nodes("email:1", "phone:1", "phone:2")
    late, early = link("email:1", "phone:1", V, time=9), link("phone:1", "email:1", V, time=5)
    weak, ended = link("email:1", "phone:1", OB, time=1), link("email:1", "phone:1", OB, time=2, state=LinkState.ENDED)
    other, claimed = link("email:1", "phone:2", OB, time=3), link("phone:1", "phone:2", C)
    for order in ([late, early, weak, ended, other, claimed], [claimed, other, ended, weak, early, late]):
        found = counted_links(order, known, PLAIN)
        assert len(found) == 3
        assert {(change.pair, change.state, change.first_time) for change in found} == {
            (("email:1", "phone:1"), LinkState.ACTIVE, 5),
            (("email:1", "phone:1"), LinkState.ENDED, 2),
            (("email:1", "phone:2"), LinkState.ACTIVE, 3),
        }


def test_r1_of_equal_evidence_the_first_stays() -> None:
    """Equal in assurance and time, it is the same fact."""
    first, again = link("email:1", "phone:1", channel="voice"), link("email:1", "phone:1", channel="chat")
    assert counted_links([first, again], nodes("email:1", "phone:1"), PLAIN) == [first]


def level(rule: FanOut, *links: Link, phone: Node | None = None) -> int:
    """The fan-out level of a number under one rule."""
    phone_node = phone or node("phone:1")
    names = {end for link in links for end in link.pair} - {phone_node.id}
    return fan_out_level(phone_node, links, {**nodes(*names), phone_node.id: phone_node}, policy(phone_with(rule)))


TWO_EMAILS = FanOut(of=EMAIL, max=2)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([V, V], 0),
        ([V, V, V], 4),
        ([OB, OB, OB], 2),
        ([V, V, OB], 2),
        ([V, V, V, OB], 4),
        ([V, V, C], 0),
        ([V, OB, OB, C], 2),
    ],
)
def test_r6_more_neighbours_than_the_rule_allows_make_a_node_shared(levels: list[Assurance], expected: int) -> None:
    """Up to the best assurance at which they are too many."""
    links = [link("phone:1", f"email:{place}", assurance) for place, assurance in enumerate(levels)]
    assert level(TWO_EMAILS, *links) == expected


def test_r6_only_neighbours_of_the_named_kinds_count() -> None:
    """Three addresses are too many, two and a device are not; a rule may name several kinds."""
    links = [link("email:1", "phone:1"), link("phone:1", "email:2"), link("phone:1", "device:1")]
    assert level(TWO_EMAILS, *links) == 0
    assert level(FanOut(of=frozenset({"email", "device"}), max=2), *links) == V
    assert level(FanOut(of=EMAIL, max=1), *links) == V


def test_r6_a_neighbour_counts_once_with_its_best_assurance() -> None:
    """Ended links are evidence of sharing too."""
    twice = [link("phone:1", "email:1", OB), link("phone:1", "email:1", V, state=LinkState.ENDED)]
    assert level(TWO_EMAILS, *twice, link("phone:1", "email:2")) == 0
    assert level(TWO_EMAILS, *twice, link("phone:1", "email:2"), link("phone:1", "email:3")) == V
    assert level(TWO_EMAILS, *twice[::-1], link("phone:1", "email:2"), link("phone:1", "email:3")) == V


def test_r6_a_record_counts_where_it_was_contested() -> None:
    """A customer may well be in many records; one of a source that is none of record says nothing against others."""
    rule = FanOut(of=RECORD, max=0)
    agreed, contested = link("phone:1", "record/crm:1"), link("phone:1", "record/crm:1", OB, state=LinkState.CONTESTED)
    assert level(rule, agreed) == 0
    assert level(rule, contested) == OB
    assert level(rule, agreed, contested) == level(rule, contested, agreed) == 0
    form = link("phone:1", "record/shop:1", OB, state=LinkState.CONTESTED)
    assert (level(rule, form), level(rule, contested, form)) == (0, OB)
    assert level(FanOut(of=RECORD, max=1), contested) == 0


@pytest.mark.parametrize(
    ("times", "expected"),
    [([0, 5, 9], 4), ([0, 5, 10], 0), ([10, 0, 19], 0), ([0, 20, 24, 29], 4), ([0, 20, 24, 30], 0), ([0, 9], 0)],
)
def test_r6_a_burst_is_neighbours_that_come_together(times: list[int], expected: int) -> None:
    """More than two within less than 10 microseconds, wherever in time; records count in it though they were agreed,
    but for those that say they are the owner's."""
    rule = FanOut(of=RECORD, max=2, within_us=10)
    links = [link("phone:1", f"record/crm:{place}", time=time) for place, time in enumerate(times)]
    assert level(rule, *links) == expected
    assert level(rule, *(replace(agreed, probability=0.99) for agreed in links)) == 0


def test_r6_a_neighbour_came_when_it_was_first_seen() -> None:
    """A link that repeats it later does not move it into a burst."""
    rule = FanOut(of=RECORD, max=1, within_us=10)
    early, again = link("phone:1", "record/a:1", time=0), link("phone:1", "record/a:1", time=100, state=LinkState.ENDED)
    other = link("phone:1", "record/a:2", time=105)
    assert level(rule, early, again, other) == level(rule, again, early, other) == 0
    assert level(rule, again, other) == V


def test_r6_a_quarantine_stands_beside_the_level() -> None:
    """Where a rule that quarantines is broken, and only there."""
    able, strict = FanOut(of=EMAIL, max=1), FanOut(of=EMAIL, max=2, quarantine=True)
    rules = policy(phone_with(able, strict))
    links = [link("phone:1", f"email:{number}", OB) for number in range(3)]
    known = nodes("phone:1", "email:0", "email:1", "email:2")
    assert fan_out_level(node("phone:1"), links[:2], known, rules) == OB
    assert fan_out_level(node("phone:1"), links, known, rules) == OB | QUARANTINED
    verified = [link("phone:1", f"email:{number}", V) for number in range(2)]
    assert fan_out_level(node("phone:1"), [*verified, links[2]], known, rules) == V | QUARANTINED


@pytest.mark.parametrize(("ruled", "expected"), [(True, V | QUARANTINED), (False, 0), (None, OB)])
def test_r6_a_stewards_word_stands_above_the_count(ruled: bool | None, expected: int) -> None:
    """Shared: nothing joins over it and nothing depends on it; not shared: whatever is counted."""
    links = [link("phone:1", f"email:{number}", OB) for number in range(3)]
    assert level(TWO_EMAILS, *links, phone=node("phone:1", ruled_shared=ruled)) == expected


def test_r6_a_namespace_without_rules_is_never_shared_by_fan_out() -> None:
    """However many neighbours it has."""
    links = [link("crm:1", f"email:{number}") for number in range(9)]
    known = nodes("crm:1", *(f"email:{number}" for number in range(9)))
    assert fan_out_level(node("crm:1"), links, known, PLAIN) == 0


def test_r6_levels_of_all_nodes_are_counted_from_all_links() -> None:
    """Nodes of which all links count are left out; links that do not count are no neighbours."""
    known = nodes("phone:1", "phone:2", "email:1", "email:2", "email:3")
    links = [link("phone:1", "email:1"), link("email:2", "phone:1"), link("phone:1", "email:3")]
    more = [link("phone:2", "email:1"), link("phone:2", "email:2"), link("phone:2", "email:3", C)]
    rules = policy(phone_with(TWO_EMAILS))
    assert fan_out_levels(known, [*links, *more], rules) == {"phone:1": V}
    assert fan_out_levels(known, [*links, *more, link("phone:2", "email:3", OB)], rules) == {
        "phone:1": V,
        "phone:2": OB,
    }


def test_r1_a_set_is_every_pair_of_it() -> None:
    """Each end with its own assurance, in the order of ids; what was only claimed is left out."""
    presented = [(NodeId("c"), V), (NodeId("a"), OB), (NodeId("b"), V), (NodeId("d"), C)]
    found = pairs(presented, channel="voice", occur_time=7)
    assert found == [
        link("a", "b", OB, V, time=7, channel="voice"),
        link("a", "c", OB, V, time=7, channel="voice"),
        link("b", "c", V, V, time=7, channel="voice"),
    ]


@pytest.mark.parametrize("order", [[OB, V, C], [V, C, OB], [C, OB, V]])
def test_r1_what_a_set_repeats_counts_at_its_best(order: list[Assurance]) -> None:
    """Whatever comes last."""
    presented = [(NodeId("a"), assurance) for assurance in order]
    assert pairs([*presented, (NodeId("b"), OB)], channel="", occur_time=1) == [link("a", "b", V, OB)]
