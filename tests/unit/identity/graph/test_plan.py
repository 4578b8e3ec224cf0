"""What a neighbourhood becomes when evidence is added: the difference that the store writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from profile_service.identity.graph.model import GraphNode, Link, LinkKind, LinkState, Node, NodeId, ProfileId, Refusal
from profile_service.identity.graph.naming import Name, NameState
from profile_service.identity.graph.partition import Partition
from profile_service.identity.graph.plan import (
    GraphPlan,
    Neighbourhood,
    OwnLinks,
    expiry,
    identifies,
    plan_graph,
)
from profile_service.identity.graph.questions import OpenReview
from profile_service.identity.policy import DAY_US, FanOut, Policy
from tests.property.neighbourhoods import restrict
from tests.unit.identity.graph.facts import OB, V, ids, link, node, nodes, phone_with, policy

PLAIN = policy()
CROWDED = policy(
    phone_with(FanOut(of=frozenset({"email"}), max=2), FanOut(of=frozenset({"email"}), max=3, quarantine=True))
)


def held(
    name: str | Node, profile: str | None = None, established: bool = True, core: str = "", **more: int
) -> GraphNode:
    """A node of a profile, a core of its own where none is named."""
    state = node(name) if isinstance(name, str) else name
    owner = ProfileId(profile) if profile else None
    return GraphNode(
        node=state, profile=owner, core=NodeId(core) if core else state.id, established=established, **more
    )


def live(profile: str, founder: str, *others: str, revision: int = 3) -> Name:
    """A profile that names its nodes."""
    return Name(
        id=ProfileId(profile),
        founder=NodeId(founder),
        state=NameState.LIVE,
        nodes=ids(founder, *others),
        revision=revision,
    )


def around(*members: GraphNode, links: Sequence[Link] = (), names: Sequence[Name] = ()) -> Neighbourhood:
    """A neighbourhood."""
    return Neighbourhood(nodes={member.node.id: member for member in members}, links=tuple(links), names=tuple(names))


def planned(
    before: Neighbourhood,
    *added: Link,
    own: Mapping[str, Sequence[Link]] | None = None,
    foreign: Mapping[NodeId, Node] | None = None,
    held_policy: Policy = PLAIN,
) -> GraphPlan:
    """The plan; new ids are n1, n2; the last node by name is the strongest."""
    minted = iter(["n1", "n2", "n3", "n4", "n5"])
    strongest: Callable[[Iterable[NodeId]], NodeId] = max
    return plan_graph(
        before,
        added,
        OwnLinks(by_node={NodeId(key): links for key, links in (own or {}).items()}, far_ends=foreign or {}),
        strongest=strongest,
        mint=lambda: ProfileId(next(minted)),
        policy=held_policy,
    )


def test_a_node_and_a_neighbourhood_are_plain_where_nothing_is_said() -> None:
    """Nobody's, shared nowhere, not established; no names, no reviews, neither capped nor held."""
    said = GraphNode(node=node("email:1"), profile=None, shared=0, fan_out=0, established=False)
    assert GraphNode(node=node("email:1")) == said
    empty = Neighbourhood(nodes={}, links=(), names=(), reviews=(), depended_on={}, capped=False, held=False)
    assert Neighbourhood(nodes={}, links=()) == empty


def test_a_first_set_makes_a_profile() -> None:
    """Every node is its; the strongest founds it."""
    plan = planned(around(held("email:1"), held("phone:1")), link("email:1", "phone:1"))
    assert {key: state.profile for key, state in plan.nodes.items()} == {"email:1": "n1", "phone:1": "n1"}
    assert (plan.changed, plan.created) == ({"email:1", "phone:1"}, {"n1"})
    (name,) = plan.names
    assert (name.id, name.founder, name.state, name.nodes) == (
        "n1",
        "phone:1",
        NameState.LIVE,
        {"email:1", "phone:1"},
    )
    assert (plan.reviews, plan.settled, plan.resharing, plan.quarantined, plan.merged) == (
        (),
        (),
        frozenset(),
        frozenset(),
        (),
    )
    assert plan.relied_on == {}


def test_what_is_not_established_is_nobodys() -> None:
    """A set of which no contact and no record may stand under any node."""
    plan = planned(around(held("email:1", None, False), held("phone:1", None, False)), link("email:1", "phone:1"))
    assert {node.profile for node in plan.nodes.values()} == {None}
    assert (plan.names, plan.changed) == ((), {"phone:1"})
    assert {node.core for node in plan.nodes.values()} == {"email:1"}


def test_a_known_set_changes_nothing() -> None:
    """Neither nodes nor names; the plan relies on the profile at its revision."""
    before = around(
        held("email:1", "p1"),
        held("phone:1", "p1", core="email:1"),
        links=[link("email:1", "phone:1")],
        names=[live("p1", "email:1", "phone:1")],
    )
    plan = planned(before, link("email:1", "phone:1", time=9))
    assert (plan.changed, plan.names, plan.created, plan.merged) == (frozenset(), (), frozenset(), ())
    assert plan.relied_on == {"p1": 3}


def test_a_bridge_merges_the_younger_profile_into_the_older() -> None:
    """Only names that change are told; both profiles were relied on, redirected ones are not."""
    gone = Name(id=ProfileId("p0"), founder=NodeId("phone:1"), state=NameState.REDIRECTED)
    before = around(
        held("email:1", "p1"), held("phone:1", "p2"), names=[live("p1", "email:1"), live("p2", "phone:1"), gone]
    )
    plan = planned(before, link("email:1", "phone:1"))
    assert (plan.changed, plan.merged, plan.created) == ({"phone:1"}, ("p2",), frozenset())
    assert [(name.id, name.state) for name in plan.names] == [("p2", NameState.REDIRECTED)]
    assert plan.relied_on == {"p1": 3, "p2": 3}


def test_a_name_with_another_founder_is_told() -> None:
    """The founder turned shared, one part is left of the profile."""
    before = around(
        held("email:1", "p1"),
        held("record:1", "p1", core="email:1"),
        held("phone:1", "p1", core="email:1"),
        links=[link("email:1", "record:1"), link("phone:1", "record:1")],
        names=[live("p1", "phone:1", "email:1", "record:1")],
    )
    shared = {key: state for key, state in before.nodes.items() if key != "phone:1"}
    ruled = {**shared, NodeId("phone:1"): held(node("phone:1", ruled_shared=True), "p1", core="email:1")}
    plan = planned(replace(before, nodes=ruled), own={"phone:1": [link("phone:1", "record:1")]})
    assert [(name.id, name.founder, name.state) for name in plan.names] == [("p1", "record:1", NameState.LIVE)]
    assert plan.nodes[NodeId("phone:1")].profile is None
    assert (plan.resharing, plan.quarantined) == ({"phone:1"}, {"phone:1"})
    assert plan.changed == {"phone:1"}


def crowd(count: int) -> tuple[Neighbourhood, list[Link]]:
    """A number with so many addresses."""
    links = [link("phone:1", f"email:{number}", OB) for number in range(count)]
    members = [held(f"email:{number}") for number in range(count)]
    return around(held("phone:1"), *members, links=links[:-1]), links


@pytest.mark.parametrize(("count", "fan_out", "quarantined"), [(2, 0, False), (3, 2, False), (4, 10, True)])
def test_fan_out_is_counted_from_own_and_added_links(count: int, fan_out: int, quarantined: bool) -> None:
    """The level that the node has, how far it is shared, and whether it was quarantined just now."""
    before, links = crowd(count)
    plan = planned(before, links[-1], own={"phone:1": links[:-1]}, held_policy=CROWDED)
    after = plan.nodes[NodeId("phone:1")]
    assert (after.fan_out, after.shared) == (fan_out, fan_out & 3)
    assert plan.resharing == (ids("phone:1") if fan_out else ids())
    assert plan.quarantined == (ids("phone:1") if quarantined else ids())


def test_what_was_quarantined_before_is_not_told_again() -> None:
    """It stays so."""
    before, links = crowd(4)
    known = {**before.nodes, NodeId("phone:1"): held("phone:1", None, True, fan_out=10, shared=2)}
    plan = planned(replace(before, nodes=known), links[-1], own={"phone:1": links[:-1]}, held_policy=CROWDED)
    assert plan.nodes[NodeId("phone:1")].fan_out == 10
    assert (plan.quarantined, plan.resharing) == (frozenset(), frozenset())


def test_far_ends_outside_the_neighbourhood_count_for_fan_out() -> None:
    """Both ends of an added link are counted; those that are not looked at keep their level."""
    links = [link("phone:1", f"email:{number}", OB) for number in range(3)]
    before = around(held("phone:1"), held("email:2"), held("phone:2", None, True, fan_out=2, shared=2))
    far = nodes("email:0", "email:1")
    for added in (links[2], link("email:2", "phone:1", OB)):
        plan = planned(before, added, own={"phone:1": links[:2]}, foreign=far, held_policy=CROWDED)
        assert {key: state.fan_out for key, state in plan.nodes.items()} == {"phone:1": 2, "email:2": 0, "phone:2": 2}
        assert len(plan.created) == 1


def test_a_level_that_no_evidence_supports_any_more_ends() -> None:
    """Counted anew where own links are given."""
    before = around(held("phone:1", None, True, fan_out=2, shared=2), held("email:1"))
    plan = planned(before, link("phone:1", "email:1", OB), own={"phone:1": []}, held_policy=CROWDED)
    after = plan.nodes[NodeId("phone:1")]
    assert (after.fan_out, after.shared, after.profile) == (0, 0, "n1")
    assert plan.resharing == {"phone:1"}


def test_a_score_that_depends_on_a_quarantined_identifier_elsewhere_does_not_join() -> None:
    """Its level comes with the neighbourhood."""
    scored = link("record:1", "record:2", OB, kind=LinkKind.SCORED, depends_on=ids("email:9"))
    before = around(held("record:1"), held("record:2"))
    assert len(planned(before, scored).created) == 1
    assert len(planned(replace(before, depended_on={NodeId("email:9"): 10}), scored).created) == 2


def two_profiles(**more: bool) -> Neighbourhood:
    """Two profiles and a node that is new."""
    before = around(
        held("email:1", "p1"),
        held("phone:1", "p2"),
        held("record:1"),
        names=[live("p1", "email:1"), live("p2", "phone:1")],
    )
    return replace(before, **more)


def test_a_tripped_breaker_keeps_profiles_apart() -> None:
    """What is new joins; two profiles become a review."""
    bridge = [link("email:1", "record:1"), link("phone:1", "record:1", OB)]
    plan = planned(two_profiles(held=True), *bridge)
    assert [node.profile for node in plan.nodes.values()] == ["p1", "p2", "p1"]
    assert plan.reviews == (("phone:1", "record:1", Refusal.HELD),)
    assert [node.profile for node in planned(two_profiles(), *bridge).nodes.values()] == ["p1", "p1", "p1"]


def test_over_the_cap_nothing_is_joined_and_one_review_is_left() -> None:
    """Who has a name keeps it, what is new gets one of its own, and the first added link is the question."""
    before = replace(
        two_profiles(capped=True), reviews=(OpenReview("r1", NodeId("email:1"), NodeId("phone:1"), Refusal.CONFLICT),)
    )
    plan = planned(before, link("email:1", "record:1", OB), link("phone:1", "record:1", OB))
    assert [node.profile for node in plan.nodes.values()] == ["p1", "p2", "n1"]
    assert plan.reviews == (("email:1", "record:1", Refusal.SIZE_CAP),)
    assert [name.id for name in plan.names] == ["n1"]
    assert (plan.changed, plan.settled, plan.merged) == ({"record:1"}, (), ())
    assert planned(before).reviews == ()


def test_over_the_cap_cores_are_still_decided() -> None:
    """By VERIFIED links alone, the old ones and the new; who has a name keeps it, what is new is the older's."""
    weak = link("email:1", "phone:1", OB)
    before = replace(two_profiles(capped=True), links=(weak, link("email:1", "record:2")))
    before = replace(before, nodes={**before.nodes, NodeId("record:2"): held("record:2", "p1")})
    plan = planned(before, link("email:1", "record:1"), link("phone:1", "record:1", OB))
    cores = {key: node.core for key, node in plan.nodes.items()}
    assert cores == {"email:1": "email:1", "phone:1": "phone:1", "record:1": "email:1", "record:2": "email:1"}
    assert plan.nodes[NodeId("record:1")].profile == "p1"
    bridged = planned(before, link("email:1", "record:1"), link("phone:1", "record:1"))
    assert {node.core for node in bridged.nodes.values()} == {"email:1"}
    assert [bridged.nodes[NodeId(key)].profile for key in ("email:1", "phone:1", "record:1")] == ["p1", "p2", "p1"]
    assert (bridged.names, bridged.merged) == ((), ())


def test_over_the_cap_of_cores_nothing_is_decided() -> None:
    """What was in a core stays in it."""
    before = replace(two_profiles(capped=True), cores_capped=True)
    before = replace(before, nodes={**before.nodes, NodeId("phone:1"): held("phone:1", "p2", core="account:9")})
    plan = planned(before, link("email:1", "record:1"), link("phone:1", "record:1"))
    assert [node.core for node in plan.nodes.values()] == ["email:1", "account:9", "record:1"]
    assert [node.profile for node in plan.nodes.values()] == ["p1", "p2", "n1"]


def test_over_the_cap_sharing_only_rises() -> None:
    """It was found over more than is looked at now."""
    known = held("phone:1", "p2", True, shared=4, fan_out=2)
    before = replace(two_profiles(capped=True), links=(link("email:1", "record:1", OB),))
    before = replace(before, nodes={**before.nodes, NodeId("phone:1"): known})
    plan = planned(before)
    assert plan.nodes[NodeId("phone:1")].shared == 4
    assert plan.changed == {"record:1"}
    raised = planned(
        replace(before, nodes={**before.nodes, NodeId("phone:1"): replace(known, shared=0)}),
    )
    assert raised.nodes[NodeId("phone:1")].shared == 2


def refusals(plan: GraphPlan) -> set[Refusal]:
    """The reasons of new reviews."""
    return {reason for _, _, reason in plan.reviews}


def test_what_a_steward_keeps_apart_is_no_question() -> None:
    """All other refusals are; a conflict of two customer numbers."""
    plan = planned(around(held("crm:1"), held("crm:2")), link("crm:1", "crm:2"))
    assert plan.reviews == (("crm:1", "crm:2", Refusal.CONFLICT),)
    assert len(plan.created) == 2


def reviewed(reason: str, *members: GraphNode, links: Sequence[Link] = ()) -> tuple[str, ...]:
    """The reviews that are settled, of one between the first two members."""
    before = around(*members, links=links, names=[live("p1", members[0].node.id), live("p2", "email:9")])
    first, second = members[0].node.id, members[1].node.id
    return planned(replace(before, reviews=(OpenReview("r1", first, second, Refusal(reason)),))).settled


def test_a_question_that_is_not_asked_any_more_is_settled() -> None:
    """One that is asked again stays open."""
    known = held("crm:1", "p1"), held("crm:2", "p2")
    assert reviewed("conflict", *known) == ("r1",)
    assert reviewed("conflict", *known, links=[link("crm:1", "crm:2")]) == ()
    assert reviewed("limit", *known, links=[link("crm:1", "crm:2")]) == ("r1",)


def test_a_score_stays_a_question_until_the_two_are_one() -> None:
    """Nobody's nodes are not one."""
    known = held("record:1", "p1"), held("record:2", None)
    assert reviewed("score", *known) == ()
    assert reviewed("score", *known, links=[link("record:1", "record:2")]) == ("r1",)
    assert reviewed("score", held("record:1", None, False), held("record:2", None, False)) == ()


def test_a_quarantine_stays_a_question_until_it_ends() -> None:
    """Or until a steward said something of the node."""
    other = held("email:2")
    assert reviewed("quarantine", held("email:1", None, True, fan_out=10), other) == ()
    assert reviewed("quarantine", held("email:1", None, True, fan_out=2), other) == ("r1",)
    ruled = held(node("email:1", ruled_shared=True), None, True, fan_out=12)
    assert reviewed("quarantine", ruled, other) == ("r1",)


def test_a_review_of_nodes_that_are_not_looked_at_stays_open() -> None:
    """Either of them."""
    before = around(held("crm:1"))
    for pair in ((NodeId("crm:1"), NodeId("crm:9")), (NodeId("crm:9"), NodeId("crm:1"))):
        assert planned(replace(before, reviews=(OpenReview("r1", *pair, Refusal.CONFLICT),))).settled == ()


def decided(shared: Mapping[str, int], fan_out: Mapping[str, int]) -> Partition:
    """A partition that shares nodes."""
    return Partition(
        parts=(),
        cores=(),
        shared={NodeId(key): level for key, level in shared.items()},
        fan_out={NodeId(key): level for key, level in fan_out.items()},
        joined=(),
        refused=(),
    )


@pytest.mark.parametrize(
    ("names", "established", "shared", "fan_out", "customer"),
    [
        (["email:1"], True, {}, {}, True),
        (["email:1"], False, {}, {}, False),
        (["email:1"], True, {"email:1": 2}, {}, False),
        (["email:1"], True, {}, {"email:1": 2}, False),
        (["email:1"], True, {"email:2": 2}, {}, True),
        (["email:1", "email:2"], True, {"email:1": 2, "email:2": 2}, {}, True),
        (["email:1", "email:2"], False, {}, {}, False),
    ],
)
def test_a_part_is_a_customer(
    names: list[str], established: bool, shared: dict[str, int], fan_out: dict[str, int], customer: bool
) -> None:
    """Where some node is established, and it is not a shared node that stands alone."""
    known = {NodeId(name): held(name, None, established and name == "email:1") for name in names}
    assert identifies(ids(*names), known, decided(shared, fan_out)) is customer


@pytest.mark.parametrize(
    ("names", "until"),
    [
        (["cookie:1"], 100 + 30 * DAY_US),
        (["cookie:1", "device:1"], 100 + 180 * DAY_US),
        (["device:1", "email:1"], None),
        (["email:1"], None),
        ([], None),
    ],
)
def test_a_profile_expires_with_the_longest_of_its_identifiers(names: list[str], until: int | None) -> None:
    """Never, where one lives for ever."""
    assert expiry([held(name) for name in names], 100, PLAIN) == until


def test_a_neighbourhood_is_what_a_change_can_reach() -> None:
    """Nodes, links among them, levels of what links depend on, and the names that have to do with it."""
    scored = link("record:1", "record:2", OB, kind=LinkKind.SCORED, depends_on=ids("email:9", "record:1"))
    far, ended = link("email:9", "phone:9"), link("record:1", "email:1", state=LinkState.ENDED)
    contested = link("record:2", "email:9", OB, state=LinkState.CONTESTED)
    founded = replace(live("p3", "email:1"), state=NameState.REDIRECTED)
    whole = around(
        held("record:1", "p1"),
        held("record:2", "p1"),
        held("email:1"),
        held("email:9", "p2", True, fan_out=2),
        held("phone:9", "p2"),
        links=[scored, far, ended, contested],
        names=[live("p1", "phone:8"), live("p2", "email:9"), founded],
    )
    found = restrict(whole, [NodeId("record:2")], PLAIN)
    assert set(found.nodes) == {"record:1", "record:2", "email:1"}
    assert found.nodes[NodeId("record:1")] == whole.nodes[NodeId("record:1")]
    assert found.links == (scored, ended)
    assert found.depended_on == {"email:9": 2}
    assert [name.id for name in found.names] == ["p1", "p3"]
    other = restrict(whole, [NodeId("phone:9")], PLAIN)
    assert (set(other.nodes), other.links) == ({"email:9", "phone:9"}, (far,))
    assert [name.id for name in other.names] == ["p2"]


def test_a_neighbourhood_stops_where_fan_out_does() -> None:
    """By the levels that nodes have, and where a link depends on what is quarantined."""
    quarantined = link("record:1", "record:2", OB, kind=LinkKind.SCORED, depends_on=ids("phone:1"))
    whole = around(
        held("email:1"),
        held("phone:1", None, True, fan_out=12),
        held("record:1"),
        held("record:2"),
        links=[link("email:1", "phone:1", V), quarantined],
    )
    assert set(restrict(whole, [NodeId("email:1")], PLAIN).nodes) == {"email:1"}
    assert set(restrict(whole, [NodeId("record:1")], PLAIN).nodes) == {"record:1"}
