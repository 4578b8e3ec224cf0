"""What a draft of the policy would make of recorded facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from profile_service.identity.graph.model import Assurance, GraphNode, Link, LinkKind, LinkState, NodeId, ProfileId
from profile_service.identity.graph.simulation import (
    Change,
    Component,
    Rescored,
    Simulated,
    rescored,
    scored_link,
    simulate,
    with_blocked,
)
from profile_service.identity.policy import FanOut, MatchRules, Namespace, Policy
from tests.unit.identity.graph.facts import OB, V, ids, link, node, phone_with, policy

PLAIN = policy()


def component(profiles: str, *links: Link, **shared: int) -> Component:
    """Nodes with their profiles ("email:1=p1 phone:1"), all established; `shared` by the number of a telephone."""
    nodes: dict[NodeId, GraphNode] = {}
    for word in profiles.split():
        name, _, profile = word.partition("=")
        level = shared.get(f"n{name.rpartition(':')[2]}", 0) if name.startswith("phone") else 0
        nodes[NodeId(name)] = GraphNode(
            node=node(name), profile=ProfileId(profile) if profile else None, shared=level, established=True
        )
    return Component(nodes=nodes, links=links)


def simulated(before: Component, draft: Policy = PLAIN, gone: Sequence[tuple[str, str]] = (), *more: Link) -> Simulated:
    """Decide under a draft."""
    pairs = frozenset((NodeId(a), NodeId(b)) for a, b in gone)
    return simulate(before, draft, Rescored(gone=pairs, links=tuple(more)))


def test_a_simulated_threshold_does_not_merge_what_something_forbids() -> None:
    """A review that reached the threshold in force is one of two that may not merge: no threshold changes that."""
    current = policy(matching=MatchRules(join=0.95))
    draft = replace(current, matching=MatchRules(join=0.6))
    names = ("a", "b"), ("c", "d"), ("e", "f"), ("g", "h"), ("i", "j")
    pairs = [(NodeId(a), NodeId(b)) for a, b in names]
    reviews = dict(zip(reversed(pairs), (0.6, 0.59, 0.95, 0.949, 0.7), strict=True))
    answer = rescored((), reviews, "default@1", (current, draft), 7)
    assert [link.pair for link in answer.links] == [pairs[0], pairs[1], pairs[4]]
    assert [link.probability for link in answer.links] == [0.7, 0.949, 0.6]
    assert answer.gone == frozenset()


def test_links_by_score_below_a_draft_are_gone() -> None:
    """Those of other kinds never are; one whose probability is not known is."""
    current = policy(matching=MatchRules(join=0.6))
    draft = policy(matching=MatchRules(join=0.9))
    scores = {"b": 0.9, "c": 0.899, "d": None}
    links = [link("a", end, kind=LinkKind.SCORED, probability=value) for end, value in scores.items()]
    answer = rescored([*links, link("a", "e", probability=0.1)], {}, "m", (current, draft), 0)
    assert answer == Rescored(gone=frozenset({(NodeId("a"), NodeId("c")), (NodeId("a"), NodeId("d"))}), links=())
    assert Rescored() == Rescored(gone=frozenset(), links=())


def test_a_link_by_score_is_observed_at_both_ends() -> None:
    """With its probability, its model and its time."""
    found = scored_link((NodeId("a"), NodeId("b")), 0.7, "default@1", 5)
    assert found == link("a", "b", OB, time=5, kind=LinkKind.SCORED, probability=0.7, model="default@1")


def test_a_draft_that_changes_nothing_says_so() -> None:
    """Profiles and the largest of them are counted."""
    found = simulated(component("email:1=p1 phone:1=p1 crm:1=p1", link("email:1", "phone:1"), link("crm:1", "phone:1")))
    assert found == Simulated(profiles=1, profiles_after=1, largest=3, largest_after=3)
    nothing = Simulated(
        profiles=0, profiles_after=0, newly_shared=0, no_longer_shared=0, largest=0, largest_after=0, changes=[]
    )
    assert simulated(Component(nodes={}, links=())) == Simulated() == nothing


def test_profiles_that_a_draft_would_merge() -> None:
    """With all of their nodes, and the kinds of links that join them."""
    more = link("phone:1", "email:1", OB, kind=LinkKind.SCORED)
    found = simulated(component("email:1=p1 phone:1=p2 phone:2=p2", link("phone:1", "phone:2")), PLAIN, (), more)
    (change,) = found.changes
    assert change == Change(
        profiles=(ProfileId("p1"), ProfileId("p2")),
        parts=1,
        nodes=ids("email:1", "phone:1", "phone:2"),
        links=("scored: email and phone",),
    )
    assert (found.profiles, found.profiles_after, found.largest, found.largest_after) == (2, 1, 2, 3)


def test_links_of_a_merge_are_told_by_how_many_they_are() -> None:
    """The most frequent kind first, then by name; links within one profile are none of them."""
    before = component(
        "email:1=p1 email:2=p1 phone:1=p2 device:1=p2 cookie:1=p2",
        link("email:1", "email:2"),
        link("device:1", "email:1", OB, V),
        link("email:1", "phone:1", time=1),
        link("phone:1", "email:2", time=2),
        link("email:1", "cookie:1", time=3),
        link("device:1", "email:1", time=4),
    )
    (change,) = simulated(before).changes
    assert change.links == ("presented: email and phone", "presented: cookie and email", "presented: device and email")


def test_a_profile_that_a_draft_would_split() -> None:
    """Into as many parts, for the links within it that would not join."""
    scored = link("email:1", "phone:1", OB, kind=LinkKind.SCORED)
    before = component("email:1=p1 phone:1=p1 phone:2=p1", scored, link("phone:1", "phone:2"))
    found = simulated(before, PLAIN, [("email:1", "phone:1")])
    (change,) = found.changes
    assert change == Change(
        profiles=(ProfileId("p1"),),
        parts=2,
        nodes=ids("email:1", "phone:1", "phone:2"),
        links=("scored: email and phone",),
    )
    assert (found.profiles, found.profiles_after, found.largest, found.largest_after) == (1, 2, 3, 2)


def test_only_links_by_score_go() -> None:
    """A pair that was presented together too stays one."""
    scored = link("email:1", "phone:1", OB, kind=LinkKind.SCORED)
    before = component("email:1=p1 phone:1=p1", scored, link("email:1", "phone:1"))
    assert simulated(before, PLAIN, [("email:1", "phone:1")]).changes == []


def test_links_by_score_that_leave_the_component_are_left_out() -> None:
    """Either end."""
    before = component("email:1=p1 phone:1=p1", link("email:1", "phone:1"))
    more = link("email:1", "phone:9"), link("phone:9", "email:1")
    assert simulated(before, PLAIN, (), *more) == Simulated(profiles=1, profiles_after=1, largest=2, largest_after=2)


def test_what_a_draft_makes_shared() -> None:
    """A number that two addresses use; nodes that are shared alone are nobody."""
    draft = policy(phone_with(FanOut(of=frozenset({"email"}), max=1)))
    before = component("phone:1=p1 email:1=p1 email:2=p1", link("phone:1", "email:1"), link("phone:1", "email:2"))
    found = simulated(before, draft)
    assert (found.newly_shared, found.no_longer_shared, found.profiles_after) == (1, 0, 2)
    (change,) = found.changes
    assert (change.parts, change.links) == (2, ("presented: email and phone",))
    again = simulated(component("phone:1 email:1=p1 email:2=p2", *before.links, n1=3), draft)
    assert (again.newly_shared, again.no_longer_shared, again.changes) == (0, 0, [])


def test_what_a_draft_shares_no_longer() -> None:
    """The two addresses become one customer, over a number that was nobody's."""
    before = component(
        "phone:1 email:1=p1 email:2=p2", link("phone:1", "email:1"), link("phone:1", "email:2", OB), n1=3
    )
    found = simulated(before)
    assert (found.newly_shared, found.no_longer_shared, found.profiles, found.profiles_after) == (0, 1, 2, 1)
    (change,) = found.changes
    assert (change.profiles, change.nodes) == (("p1", "p2"), {"email:1", "email:2"})
    assert change.links == ("presented: email and phone",)


def test_what_is_left_of_a_split_profile_is_no_merge() -> None:
    """A profile is where most of it goes; of two equal halves where the first part is."""
    before = component(
        "email:1=p1 email:2=p1 phone:1=p1 phone:2=p2",
        link("email:1", "email:2"),
        link("phone:1", "phone:2"),
    )
    found = simulated(before)
    assert [(change.profiles, change.parts) for change in found.changes] == [(("p1",), 2)]
    equal = component("email:1=p1 phone:1=p1 phone:2=p2", link("phone:1", "phone:2"))
    assert [change.profiles for change in simulated(equal).changes] == [("p1",)]
    first = component("email:1=p1 phone:1=p1 email:2=p2", link("email:1", "email:2"))
    assert [(change.profiles, change.parts) for change in simulated(first).changes] == [(("p1", "p2"), 1), (("p1",), 2)]
    swapped = component("record:1=p1 record:2=p1 email:1=p2", link("record:2", "record:1", state=LinkState.ENDED))
    assert [change.links for change in simulated(swapped).changes] == [("presented: record and record",)]


def test_a_profile_of_which_nothing_is_left_is_no_change() -> None:
    """A number that is nobody's under the draft; the others are as they are."""
    draft = policy(phone_with(FanOut(of=frozenset({"email"}), max=0)))
    before = component("phone:1=p1 email:1=p2", link("phone:1", "email:1"))
    found = simulated(before, draft)
    assert (found.profiles, found.profiles_after, found.newly_shared, found.changes) == (2, 1, 1, [])


def test_a_draft_that_blocks_values() -> None:
    """Only those; values that are blocked no more are open again."""
    before = component("email:1=p1 phone:1=p1", link("email:1", "phone:1"))
    barred = with_blocked(before, ids("phone:1", "phone:9"))
    assert {key: state.node.blocked for key, state in barred.nodes.items()} == {"email:1": False, "phone:1": True}
    assert simulated(barred).profiles_after == 2
    assert with_blocked(barred, ids()) == before


def test_sums_over_components() -> None:
    """The largest is the largest of any; all else adds up."""
    change = Change(profiles=(), parts=2, nodes=ids(), links=())
    total = Simulated(
        profiles=1, profiles_after=2, newly_shared=3, no_longer_shared=4, largest=5, largest_after=6, changes=[change]
    )
    total.add(
        Simulated(
            profiles=10,
            profiles_after=20,
            newly_shared=30,
            no_longer_shared=40,
            largest=4,
            largest_after=7,
            changes=[change],
        )
    )
    assert total == Simulated(
        profiles=11,
        profiles_after=22,
        newly_shared=33,
        no_longer_shared=44,
        largest=5,
        largest_after=7,
        changes=[change, change],
    )


@pytest.mark.parametrize(("join", "merged"), [(OB, True), (V, False)])
def test_a_draft_decides_which_links_count(join: Assurance, merged: bool) -> None:
    """A namespace that takes less proof joins more."""
    draft = policy(Namespace(name="device", strength=30, join=join, shareable=True))
    before = component("email:1=p1 device:1=p2", link("email:1", "device:1", OB))
    assert bool(simulated(before, draft).changes) is merged
