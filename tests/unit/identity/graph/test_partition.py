"""Which nodes are one customer: rules R1 to R9, each by the smallest graph that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from profile_service.identity.graph.model import (
    Decisions,
    Link,
    LinkKind,
    LinkState,
    Node,
    NodeId,
    ProfileId,
    Refusal,
)
from profile_service.identity.graph.partition import Partition, partition
from profile_service.identity.policy import FanOut, Namespace, Policy
from tests.property.neighbourhoods import reachable
from tests.unit.identity.graph.facts import OB, C, V, cannot, ids, link, must, node, nodes, parts, phone_with, policy

PLAIN = policy()
NOTHING = Decisions()
OBSERVED_CRM = policy(Namespace(name="crm", strength=100, limit=1))


def decide(links: Sequence[Link], decisions: Decisions = NOTHING, policy: Policy = PLAIN, *alone: str) -> Partition:
    """Decide the ends of the links, and nodes that have none."""
    names = {end for link in links for end in link.pair}
    return partition(nodes(*names, *alone), links, decisions, policy)


def reasons(found: Partition) -> list[tuple[tuple[str, str], Refusal]]:
    """What was refused."""
    return [(refusal.link.pair, refusal.reason) for refusal in found.refused]


def test_r1_links_join_their_ends_and_all_that_hangs_on_them() -> None:
    """Parts in the order of their smallest node; a link within a part is joined too."""
    links = [link("email:2", "phone:1"), link("email:1", "phone:1"), link("email:1", "email:2")]
    found = decide(links, NOTHING, PLAIN, "crm:1", "phone:2")
    assert parts(found.parts) == [["crm:1"], ["email:1", "email:2", "phone:1"], ["phone:2"]]
    assert found.part_of() == {"crm:1": 0, "email:1": 1, "email:2": 1, "phone:1": 1, "phone:2": 2}
    assert {joined.pair for joined in found.joined} == {joined.pair for joined in links}
    assert (found.shared, found.fan_out, found.refused) == ({}, {}, ())


def test_nothing_is_decided_of_nothing() -> None:
    """No nodes, no parts."""
    assert decide([]).parts == ()


@pytest.mark.parametrize("state", [LinkState.ENDED, LinkState.CONTESTED, LinkState.WITHDRAWN])
def test_only_active_links_join(state: LinkState) -> None:
    """The others are evidence of sharing, or none."""
    found = decide([link("email:1", "phone:1", state=state)])
    assert (len(found.parts), found.joined, found.refused) == (2, (), ())


def test_r2_a_link_that_does_not_count_joins_nothing() -> None:
    """A claim."""
    assert len(decide([link("email:1", "phone:1", V, C)]).parts) == 2


ONE_PAIR = policy(profile_size_cap=2)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (link("email:1", "phone:1", V, time=9), link("email:1", "crm:1", OB, V, time=1)),
        (link("email:1", "phone:1", time=9), link("email:1", "device:1", time=1)),
        (link("phone:1", "crm:1", time=9), link("phone:1", "email:1", time=1)),
        (link("device:1", "email:1", time=9), link("device:1", "phone:1", time=1)),
        (link("email:1", "phone:2", time=1), link("email:1", "phone:1", time=2)),
        (link("phone:1", "email:1"), link("phone:1", "email:2")),
        (link("phone:1", "email:1"), link("phone:2", "email:1")),
        (link("email:1", "phone:2"), link("phone:1", "email:2")),
    ],
)
def test_r3_the_strongest_link_is_taken_first(first: Link, second: Link) -> None:
    """Assurance, then the weaker namespace, the stronger one, the time, the smaller key, the other key. Two of a
    profile fit, so that the second is refused where it has an end in common with the first."""
    rules = policy(
        Namespace(name="crm", strength=100, limit=1), Namespace(name="device", strength=30), profile_size_cap=2
    )
    for order in ([first, second], [second, first]):
        found = partition(nodes(*first.pair, *second.pair), order, NOTHING, rules)
        assert found.joined[0] == first
        if set(first.pair) & set(second.pair):
            assert (found.joined, reasons(found)) == ((first,), [(second.pair, Refusal.SIZE_CAP)])


def test_r3_a_stewards_word_comes_before_all_evidence() -> None:
    """It is verified at both ends, and joined where the pair has no other link."""
    word = link("email:1", "phone:2", time=5, kind=LinkKind.MUST)
    found = decide([link("email:1", "phone:1")], Decisions(must=(must("email:1", "phone:2"),)), ONE_PAIR, "phone:2")
    assert parts(found.parts) == [["email:1", "phone:2"], ["phone:1"]]
    assert found.joined == (word,)
    assert reasons(found) == [(("email:1", "phone:1"), Refusal.SIZE_CAP)]


def test_a_stewards_word_of_nodes_that_are_elsewhere_is_left_out() -> None:
    """Either end."""
    decisions = Decisions(must=(must("email:1", "email:9"), must("email:9", "phone:1", name="m2")))
    assert len(decide([], decisions, PLAIN, "email:1", "phone:1").parts) == 2


def test_a_stewards_word_joins_over_what_is_shared() -> None:
    """By fan-out as by conflict."""
    decisions = Decisions(must=(must("email:1", "phone:1"),))
    members = nodes("email:1", "phone:1")
    assert len(partition(members, [], decisions, PLAIN, {NodeId("phone:1"): 11}).parts) == 1
    assert len(partition(members, [link("email:1", "phone:1")], NOTHING, PLAIN, {NodeId("phone:1"): 4}).parts) == 2


@pytest.mark.parametrize(("left", "right"), [("email:1", "phone:1"), ("phone:1", "email:1")])
def test_r10_no_evidence_joins_two_sides(left: str, right: str) -> None:
    """Also not a steward's word that does not lift it; a refusal by a steward's word is no conflict."""
    decisions = Decisions(cannot=(cannot([left], [right]),))
    found = decide([link("email:1", "phone:1")], decisions)
    assert (len(found.parts), reasons(found)) == (2, [(("email:1", "phone:1"), Refusal.CANNOT_LINK)])
    assert found.shared == {}
    word = Decisions(must=(must("email:1", "phone:1"),), cannot=decisions.cannot)
    assert len(decide([], word, PLAIN, "email:1", "phone:1").parts) == 2
    lifted = Decisions(must=(must("email:1", "phone:1", "c1"),), cannot=decisions.cannot)
    assert len(decide([], lifted, PLAIN, "email:1", "phone:1").parts) == 1


def test_r10_sides_are_kept_through_third_nodes() -> None:
    """A part takes on the sides of all that it takes in."""
    decisions = Decisions(cannot=(cannot(["email:1"], ["email:2"]),))
    for bridge in ("device:1", "phone:9"):
        first, second = link("email:1", bridge, time=1), link("email:2", bridge, time=2)
        found = decide([first, second], decisions)
        assert parts(found.parts) == [sorted(["email:1", bridge]), ["email:2"]]
        assert found.joined == (first,)
        assert reasons(found) == [(second.pair, Refusal.CANNOT_LINK)]


def test_r10_nodes_of_one_side_and_of_two_decisions_may_be_one() -> None:
    """Left of one decision and right of another says nothing; a node that both sides name is on neither."""
    same_side = Decisions(cannot=(cannot(["email:1", "phone:1"], ["email:2"]),))
    assert len(decide([link("email:1", "phone:1")], same_side).parts) == 1
    other = Decisions(cannot=(cannot(["email:1"], ["email:2"]), cannot(["email:3"], ["phone:1"], "c2")))
    assert len(decide([link("email:1", "phone:1")], other).parts) == 1
    for on_both in (cannot(["email:1", "phone:1"], ["phone:1"]), cannot(["phone:1"], ["email:1", "phone:1"])):
        assert len(decide([link("email:1", "phone:1")], Decisions(cannot=(on_both,))).parts) == 1


def test_r4_a_part_holds_as_many_values_as_its_limit() -> None:
    """Two addresses; the third is refused, and nothing is shared for it."""
    chain = [link("phone:1", f"email:{number}", time=number) for number in range(3)]
    found = decide(chain)
    assert parts(found.parts) == [["email:0", "email:1", "phone:1"], ["email:2"]]
    assert (reasons(found), found.shared) == ([(("email:2", "phone:1"), Refusal.LIMIT)], {})
    both = [link("record:1", "email:1"), link("record:2", "email:2"), link("record:1", "record:2")]
    assert len(decide(both).parts) == 1


def test_r4_values_are_counted_over_joined_parts() -> None:
    """Two of the one and two of the other are too many."""
    pairs = [link(f"record:{number // 2}", f"email:{number}", time=number) for number in range(4)]
    found = decide([*pairs, link("record:0", "record:1", OB)])
    assert reasons(found) == [(("record:0", "record:1"), Refusal.LIMIT)]


def test_r4_only_current_values_of_one_scope_count() -> None:
    """A value that was replaced, and one of another scope, are no second value."""
    links = [link("record:1", "crm:1"), link("record:1", "crm:2")]
    known = nodes("record:1", "crm:1")
    for second, joined in (
        (node("crm:2"), False),
        (node("crm:2", current=False), True),
        (node("crm:2", scope="shop"), True),
    ):
        found = partition({**known, second.id: second}, links, NOTHING, PLAIN)
        assert (len(found.parts) == 1) is joined


def test_a_namespace_without_a_limit_has_none() -> None:
    """Three records."""
    assert len(decide([link("record:1", "record:2"), link("record:2", "record:3")]).parts) == 1


@pytest.mark.parametrize(("cap", "joined"), [(3, False), (4, True)])
def test_a_profile_has_so_many_nodes_at_most(cap: int, joined: bool) -> None:
    """The nodes of both parts together."""
    links = [link("record:1", "record:2"), link("record:3", "record:4"), link("record:1", "record:3", OB)]
    found = decide(links, NOTHING, policy(profile_size_cap=cap))
    assert (len(found.parts) == 1) is joined
    assert reasons(found) == ([] if joined else [(("record:1", "record:3"), Refusal.SIZE_CAP)])


@pytest.mark.parametrize(
    ("owners", "joined"),
    [
        ({"email:1": "p1", "phone:1": "p2"}, False),
        ({"email:1": "p1", "phone:1": "p1"}, True),
        ({"email:1": "p1"}, True),
        ({"phone:1": "p1"}, True),
        ({}, True),
    ],
)
def test_profiles_that_are_kept_apart_are_not_joined(owners: Mapping[NodeId, ProfileId], joined: bool) -> None:
    """The breaker is tripped; what belongs to nobody joins all the same."""
    links = [link("email:1", "phone:1")]
    found = partition(nodes("email:1", "phone:1"), links, Decisions(apart=owners), PLAIN)
    assert (len(found.parts) == 1) is joined
    assert reasons(found) == ([] if joined else [(("email:1", "phone:1"), Refusal.HELD)])


def test_profiles_are_kept_apart_through_third_nodes() -> None:
    """A part is of all whose nodes it took in."""
    owners = {NodeId("email:1"): ProfileId("p1"), NodeId("email:2"): ProfileId("p2")}
    links = [link("email:1", "phone:1", time=1), link("phone:1", "email:2", time=2)]
    found = partition(nodes("email:1", "email:2", "phone:1"), links, Decisions(apart=owners), PLAIN)
    assert reasons(found) == [(("email:2", "phone:1"), Refusal.HELD)]


@pytest.mark.parametrize(
    ("pair", "cap", "reason"),
    [
        (("crm:1", "crm:2"), 1, Refusal.CONFLICT),
        (("email:1", "email:2"), 1, Refusal.LIMIT),
        (("record:1", "record:2"), 1, Refusal.SIZE_CAP),
        (("record:1", "record:2"), 2, Refusal.HELD),
    ],
)
def test_the_worst_objection_is_told(pair: tuple[str, str], cap: int, reason: Refusal) -> None:
    """Two values of what everybody has one of, too many values, too many nodes, the breaker."""
    narrow = Namespace(name="email", strength=70, limit=2, shareable=True)
    more = link("email:2", "email:3", time=0)
    links = [more, link(*pair)] if pair[0] == "email:1" else [link(*pair)]
    owners = {NodeId(pair[0]): ProfileId("p1"), NodeId(pair[1]): ProfileId("p2")}
    rules = policy(narrow, profile_size_cap=2 if pair[0] == "email:1" else cap)
    names = {end for edge in links for end in edge.pair}
    assert reasons(partition(nodes(*names), links, Decisions(apart=owners), rules)) == [(pair, reason)]


def test_a_conflict_is_worse_than_a_limit_whichever_comes_first() -> None:
    """And a steward's word is worse than both."""
    known = nodes("record:1", "record:2", "email:1", "email:2", "email:3", "crm:1", "crm:2")
    first = [link("record:1", "email:1"), link("record:1", "email:2"), link("record:1", "crm:1")]
    other = [link("record:2", "email:3"), link("record:2", "crm:2")]
    bridge = link("record:1", "record:2", OB)
    for ordered in (known, dict(reversed(known.items()))):
        found = partition(ordered, [*first, *other, bridge], NOTHING, PLAIN)
        assert reasons(found) == [(("record:1", "record:2"), Refusal.CONFLICT)]
    decisions = Decisions(cannot=(cannot(["email:1"], ["crm:2"]),))
    found = partition(known, [*first, *other, bridge], decisions, PLAIN)
    assert reasons(found) == [(("record:1", "record:2"), Refusal.CANNOT_LINK)]


def test_r5_a_conflict_makes_the_weaker_end_shared() -> None:
    """Two customers have one number: it joins neither of them, and no review is left of it."""
    found = decide([link("crm:1", "phone:1", time=1), link("crm:2", "phone:1", time=2)])
    assert (found.shared, found.level(NodeId("phone:1")), found.level(NodeId("crm:1"))) == ({"phone:1": V}, V, 0)
    assert parts(found.parts) == [["crm:1"], ["crm:2"], ["phone:1"]]
    assert (found.joined, found.refused) == ((), ())


@pytest.mark.parametrize("ends", [("crm:1", "crm:2"), ("record:1", "crm:2"), ("crm:2", "record:1")])
def test_r5_what_cannot_be_shared_is_a_question(ends: tuple[str, str]) -> None:
    """Ends of one strength, and a weaker end that is no shareable identifier."""
    found = decide([link("record:1", "crm:1", time=0), link(*ends, time=1)])
    assert (found.shared, [reason for _, reason in reasons(found)]) == ({}, [Refusal.CONFLICT])


def test_r5_the_weaker_of_two_shareable_ends_is_shared() -> None:
    """Whichever stands first in the link."""
    proved = [link("crm:1", "email:1"), link("crm:2", "phone:1")]
    for bridge in (link("email:1", "phone:1", OB), link("phone:1", "email:1", OB)):
        weak = [replace_level(edge) for edge in proved]
        found = partition(nodes("crm:1", "crm:2", "email:1", "phone:1"), [*weak, bridge], NOTHING, OBSERVED_CRM)
        assert found.shared == {"phone:1": OB}


def replace_level(edge: Link) -> Link:
    """The same link, observed."""
    return link(edge.a, edge.b, OB, time=edge.first_time)


def test_r5_of_two_ends_of_one_strength_neither_is_shared() -> None:
    """Though both could be: it is a question."""
    phone, other = (Namespace(name=name, strength=60, limit=1, shareable=True) for name in ("phone", "fax"))
    links = [link("record:1", "phone:1", time=1), link("record:1", "fax:1", time=2), link("fax:1", "phone:2", OB)]
    found = decide(links, NOTHING, policy(phone, other))
    assert (found.shared, reasons(found)) == ({}, [(("fax:1", "phone:2"), Refusal.CONFLICT)])


def test_r7_sharing_reaches_up_to_the_assurance_of_the_conflict() -> None:
    """Stronger links of the same node go on joining, whatever they say of the conflict."""
    links = [link("crm:1", "phone:1", OB, time=1), link("crm:2", "phone:1", OB, time=2), link("email:1", "phone:1", V)]
    found = partition(nodes("crm:1", "crm:2", "phone:1", "email:1"), links, NOTHING, OBSERVED_CRM)
    assert (found.shared, parts(found.parts)) == ({"phone:1": OB}, [["crm:1"], ["crm:2"], ["email:1", "phone:1"]])
    assert reasons(found) == []
    decided = partition(
        nodes("crm:1", "crm:2", "phone:1"), [*links[:2], link("crm:1", "phone:1")], NOTHING, OBSERVED_CRM
    )
    assert (decided.shared, parts(decided.parts)) == ({}, [["crm:1", "phone:1"], ["crm:2"]])
    assert reasons(decided) == [(("crm:2", "phone:1"), Refusal.CONFLICT)]


def test_r7_a_node_that_is_shared_by_weak_evidence_still_joins_by_strong() -> None:
    """Once it is shared up to OBSERVED, a steward's word and a VERIFIED link count."""
    links = [link("crm:1", "phone:1", OB, time=1), link("crm:2", "phone:1", OB, time=2)]
    known = nodes("crm:1", "crm:2", "phone:1")
    assert partition(known, links, NOTHING, OBSERVED_CRM).shared == {"phone:1": OB}
    proved = decide([link("crm:1", "phone:1"), link("crm:2", "phone:1", OB, time=2)], NOTHING, OBSERVED_CRM)
    assert (proved.shared, parts(proved.parts)) == ({}, [["crm:1", "phone:1"], ["crm:2"]])
    equal = decide([link("crm:1", "phone:1"), link("crm:2", "phone:1", time=2)], NOTHING, OBSERVED_CRM)
    assert equal.shared == {"phone:1": V}


def test_r7_a_stewards_word_proves_a_node() -> None:
    """A later conflict of verified evidence does not make it shared."""
    decisions = Decisions(must=(must("crm:1", "phone:1"),))
    found = decide([link("crm:2", "phone:1")], decisions, PLAIN, "crm:1")
    assert (found.shared, reasons(found)) == ({}, [(("crm:2", "phone:1"), Refusal.CONFLICT)])
    assert parts(found.parts) == [["crm:1", "phone:1"], ["crm:2"]]


def test_two_words_of_a_steward_that_conflict_are_one_question() -> None:
    """A decision makes nothing shared."""
    rules = policy(Namespace(name="phone", strength=60, limit=1, shareable=True))
    decisions = Decisions(must=(must("record:1", "phone:1"), must("record:1", "phone:2", name="m2")))
    found = decide([], decisions, rules, "record:1", "phone:1", "phone:2")
    assert parts(found.parts) == [["phone:1", "record:1"], ["phone:2"]]
    assert (found.shared, reasons(found)) == ({}, [(("phone:2", "record:1"), Refusal.CONFLICT)])


def test_r7_sharing_rises_pass_by_pass() -> None:
    """An address proves a number until a pass finds that it is shared itself: then the number's conflict counts."""
    links = [
        link("crm:1", "email:1", time=1),
        link("crm:9", "email:1", time=2),
        link("email:1", "phone:1", time=3),
        link("crm:1", "phone:1", OB, time=4),
        link("crm:2", "phone:1", OB, time=5),
    ]
    found = decide(links, NOTHING, OBSERVED_CRM)
    assert found.shared == {"email:1": V, "phone:1": OB}
    assert parts(found.parts) == [["crm:1"], ["crm:2"], ["crm:9"], ["email:1"], ["phone:1"]]


def test_r8_a_new_value_that_several_of_a_part_came_with_is_a_changed_value() -> None:
    """A customer with a new number of account: a question, and none of the addresses is shared for it."""
    old = [link("crm:1", "email:1", time=1), link("crm:1", "phone:1", time=2)]
    once = decide([*old, link("crm:2", "email:1", time=3)])
    assert once.shared == {"email:1": V}
    twice = decide([*old, link("crm:2", "email:1", time=3), link("phone:1", "crm:2", time=4)])
    assert (twice.shared, parts(twice.parts)) == ({}, [["crm:1", "email:1", "phone:1"], ["crm:2"]])
    assert reasons(twice) == [(("crm:2", "email:1"), Refusal.CHANGED_VALUE)]


def test_r8_several_values_from_one_node_are_no_changed_value() -> None:
    """A number that two other customers use as well is shared."""
    links = [link("crm:1", "phone:1", time=1), link("crm:2", "phone:1", time=2), link("crm:3", "phone:1", time=3)]
    assert decide(links).shared == {"phone:1": V}


def test_r8_other_conflicts_between_the_two_parts_are_changed_values_too() -> None:
    """An address that came between them is not shared for it; one of a third part is."""
    old = [link("crm:1", "email:1", time=1), link("crm:1", "phone:1", time=2), link("crm:2", "email:2", time=1)]
    new = [link("crm:2", "email:1", time=3), link("crm:2", "phone:1", time=4)]
    across = link("email:2", "phone:1", OB)
    third = [link("crm:3", "phone:3", time=5), link("crm:2", "phone:3", time=6)]
    found = decide([*old, *new, across, *third])
    assert found.shared == {"phone:3": V}
    assert {reason for _, reason in reasons(found)} == {Refusal.CHANGED_VALUE}
    assert parts(found.parts)[:2] == [["crm:1", "email:1", "phone:1"], ["crm:2", "email:2"]]


def test_one_question_is_asked_for_two_parts_and_a_reason() -> None:
    """However many links were refused between them; another reason is another question."""
    records = policy(Namespace(name="account", strength=95, limit=1), profile_size_cap=2)
    links = [link("record:1", "record:2"), link("record:3", "record:4")]
    more = [link("record:1", "record:3", OB, time=1), link("record:4", "record:2", OB, time=2)]
    other = link("record:1", "record:5", OB, time=3)
    found = decide([*links, *more, other], NOTHING, records)
    assert reasons(found) == [
        (("record:1", "record:3"), Refusal.SIZE_CAP),
        (("record:1", "record:5"), Refusal.SIZE_CAP),
    ]


def test_r6_a_node_with_too_many_neighbours_joins_nothing_at_that_level() -> None:
    """Counted from the links, where no levels are given; links above the level join."""
    rules = policy(phone_with(FanOut(of=frozenset({"email"}), max=2)))
    weak = [link("phone:1", f"email:{number}", OB) for number in range(3)]
    found = decide([*weak, link("phone:1", "email:4", V)], NOTHING, rules)
    assert (found.fan_out, found.shared, found.level(NodeId("phone:1"))) == ({"phone:1": OB}, {}, OB)
    assert parts(found.parts) == [["email:0"], ["email:1"], ["email:2"], ["email:4", "phone:1"]]
    assert len(decide(weak[:2], NOTHING, rules).parts) == 1


def test_r6_levels_that_are_given_take_the_place_of_those_counted() -> None:
    """And only those of the nodes that are decided are told; a quarantine adds nothing to the level."""
    rules = policy(phone_with(FanOut(of=frozenset({"email"}), max=2)))
    weak = [link("phone:1", f"email:{number}", OB) for number in range(2)]
    known = nodes("phone:1", "email:0", "email:1")
    assert len(partition(known, weak, NOTHING, rules, {}).parts) == 1
    given = {NodeId("phone:1"): 10, NodeId("phone:9"): 4}
    found = partition(known, weak, NOTHING, rules, given)
    assert (len(found.parts), found.fan_out, found.level(NodeId("phone:1"))) == (3, {"phone:1": 10}, OB)


@pytest.mark.parametrize(("shared", "fan_out", "level"), [(2, 4, 4), (4, 2, 4), (2, 8, 2), (0, 12, 4)])
def test_the_level_is_the_higher_of_conflict_and_fan_out(shared: int, fan_out: int, level: int) -> None:
    """Each alone, or both."""
    phone = NodeId("phone:1")
    partition = Partition(parts=(), cores=(), shared={phone: shared}, fan_out={phone: fan_out}, joined=(), refused=())
    assert (partition.level(phone), partition.level(NodeId("phone:2"))) == (level, 0)


def test_a_link_that_depends_on_a_quarantined_identifier_does_not_join() -> None:
    """One that depends on a shared one does."""
    scored = link("record:1", "record:2", OB, kind=LinkKind.SCORED, depends_on=ids("email:9"))
    known = nodes("record:1", "record:2")
    assert len(partition(known, [scored], NOTHING, PLAIN, {NodeId("email:9"): 12}).parts) == 2
    assert len(partition(known, [scored], NOTHING, PLAIN, {NodeId("email:9"): 4}).parts) == 1


def reached(seeds: Sequence[str], links: Sequence[Link], **fan_out: int) -> list[str]:
    """What a change at the seeds reaches; levels of fan-out by the last part of a name of a number."""
    known = nodes(*seeds, *(end for link in links for end in link.pair))
    levels = {NodeId(f"phone:{name[1:]}"): level for name, level in fan_out.items()}
    return sorted(reachable([NodeId(seed) for seed in seeds], links, known, PLAIN, levels))


CHAIN = (link("email:1", "phone:1"), link("phone:2", "phone:1", OB), link("crm:1", "crm:2"))


def test_r9_a_change_reaches_all_that_hangs_on_it() -> None:
    """In both directions, from all seeds, themselves included."""
    assert reached(["email:1"], CHAIN) == ["email:1", "phone:1", "phone:2"]
    assert reached(["phone:2"], CHAIN) == ["email:1", "phone:1", "phone:2"]
    assert reached(["crm:2", "email:9"], CHAIN) == ["crm:1", "crm:2", "email:9"]
    assert reached([], CHAIN) == []


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ({"n1": 4}, ["email:1"]),
        ({"n1": 2}, ["email:1", "phone:1"]),
        ({"n1": 1}, ["email:1", "phone:1", "phone:2"]),
        ({"n2": 2}, ["email:1", "phone:1"]),
        ({"n1": 8}, ["email:1", "phone:1", "phone:2"]),
    ],
)
def test_r9_it_stops_where_fan_out_makes_a_link_stop_counting(levels: dict[str, int], found: list[str]) -> None:
    """Up to the level, and at either end."""
    assert reached(["email:1"], CHAIN, **levels) == found


@pytest.mark.parametrize(
    ("edge", "through"),
    [
        (link("email:1", "phone:1", state=LinkState.ENDED), True),
        (link("email:1", "phone:1", state=LinkState.CONTESTED), False),
        (link("email:1", "phone:1", state=LinkState.WITHDRAWN), False),
        (link("email:1", "phone:1", OB, C), False),
        (link("email:1", "phone:1", depends_on=ids("phone:2")), False),
        (link("email:1", "phone:1", depends_on=ids("phone:3")), True),
    ],
)
def test_r9_links_that_could_join_are_gone_through(edge: Link, through: bool) -> None:
    """What ended may be alive again; what is contested or claimed, or depends on a quarantined one, joins nothing."""
    assert reached(["email:1"], [edge], n2=11, n3=3) == (["email:1", "phone:1"] if through else ["email:1"])


def test_larger_parts_take_in_smaller_ones_and_nothing_is_lost() -> None:
    """Values, sides and nodes of both, whichever side the link begins with."""
    first = [link("record:1", "email:1", time=1), link("record:1", "phone:1", time=2)]
    for bridge in (link("record:1", "email:2", OB), link("email:2", "record:1", OB)):
        third = link("record:1", "email:3", OB, time=9)
        found = decide([*first, bridge, third])
        assert parts(found.parts) == [["email:1", "email:2", "phone:1", "record:1"], ["email:3"]]
        decisions = Decisions(cannot=(cannot(["email:2"], ["email:3"]),))
        roomy = policy(Namespace(name="email", strength=70, limit=9, shareable=True))
        assert reasons(decide([*first, bridge, third], decisions, roomy)) == [(third.pair, Refusal.CANNOT_LINK)]


def test_names_of_nodes_stand_for_nothing() -> None:
    """Ties go by the key of a node, not by its id."""
    known: dict[NodeId, Node] = {
        NodeId(name): Node(id=NodeId(name), key=key, namespace=name.partition(":")[0])
        for name, key in (("email:1", b"z"), ("email:2", b"a"), ("phone:1", b"m"))
    }
    first, second = link("email:2", "phone:1"), link("email:1", "phone:1")
    assert partition(known, [second, first], NOTHING, ONE_PAIR).joined == (first,)
