"""Properties of `partition`: rules R1-R14 and invariants I3, I5, I6 of the design."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from profile_service.identity.graph.counting import fan_out_levels, makes_cores
from profile_service.identity.graph.model import (
    Assurance,
    CannotLink,
    Decisions,
    GraphNode,
    Link,
    LinkKind,
    MustLink,
    NodeId,
    ProfileId,
    Refusal,
)
from profile_service.identity.graph.naming import Name, NameState
from profile_service.identity.graph.partition import partition
from profile_service.identity.graph.plan import Neighbourhood, OwnLinks, plan_graph
from tests.property.graphs import (
    NAMES,
    NODES,
    POLICY,
    TIGHT,
    Presentation,
    links_of,
    node,
    presentations,
    run,
    together,
    whole,
)

V, ON_FILE, OB, C = Assurance.VERIFIED, Assurance.ON_FILE, Assurance.OBSERVED, Assurance.CLAIMED
SIDES = st.frozensets(st.sampled_from([NodeId(name) for name in NAMES]), min_size=1, max_size=3)


def shown(*members: tuple[str, Assurance], time: int = 1) -> Presentation:
    """One set."""
    return Presentation(tuple(members), time)


@given(presentations(), st.integers(0, 10**6))
def test_i3_the_same_facts_in_any_order_give_the_same_partition(facts: list[Presentation], seed: int) -> None:
    """Neither the order of sets nor the order of links matters, for parts, sharing and reviews alike."""
    shuffled = facts[:]
    random.Random(seed).shuffle(shuffled)
    first, second = whole(facts), whole(shuffled)
    assert together(first) == together(second)
    assert first.shared == second.shared
    assert {(item.link.pair, item.reason) for item in first.refused} == {
        (item.link.pair, item.reason) for item in second.refused
    }


@given(presentations())
def test_r9_incremental_evaluation_equals_the_whole(facts: list[Presentation]) -> None:
    """Evaluating only the neighbourhood of each call ends where evaluating everything at once ends."""
    engine = run(facts)
    decided = whole(facts)
    identified = {
        part
        for part in together(decided)
        if any(engine.nodes[NodeId(name)].established for name in part if NodeId(name) in engine.nodes)
        and (len(part) > 1 or not decided.level(NodeId(next(iter(part)))))
    }
    owned = {part for part in engine.parts() if any(engine.nodes[NodeId(name)].profile for name in part)}
    assert owned == identified
    for key, state in engine.nodes.items():
        assert state.shared == decided.level(key), key


@given(presentations())
def test_i1_every_owned_node_belongs_to_one_live_profile(facts: list[Presentation]) -> None:
    """Owners are live names; every live name owns something, its founder among it."""
    engine = run(facts)
    owners = {node.profile for node in engine.nodes.values() if node.profile is not None}
    assert owners == engine.live()
    for name in engine.names.values():
        if name.state is NameState.LIVE:
            assert engine.nodes[name.founder].profile == name.id


@given(presentations(), presentations(3))
def test_r2_claims_are_inert(facts: list[Presentation], claims: list[Presentation]) -> None:
    """Sets in which everything is claimed change no part, no sharing, no fan-out, and open no review."""
    inert = [Presentation(tuple((name, C) for name, _ in claim.members), claim.time) for claim in claims]
    before, after = whole(facts), whole([*facts, *inert])
    assert together(before) == together(after)
    assert (before.shared, before.fan_out, len(before.refused)) == (after.shared, after.fan_out, len(after.refused))


@given(presentations())
def test_r4_no_part_holds_two_values_of_a_limit_1_namespace(facts: list[Presentation]) -> None:
    """Whatever is presented, a profile has one crm and one account number."""
    for part in whole(facts).parts:
        for namespace in ("crm", "account"):
            assert sum(NODES[key].namespace == namespace for key in part) <= 1


def test_r9_the_neighbourhood_goes_through_nodes_shared_by_conflict() -> None:
    """Two account holders share a landline; an address that comes with it later belongs to neither."""
    facts = [
        shown(("crm:0", V), ("phone:0", V)),
        shown(("crm:1", V), ("phone:0", V), time=2),
        shown(("phone:0", V), ("email:1", V), time=3),
    ]
    assert run(facts).nodes[NodeId("phone:0")].shared == whole(facts).level(NodeId("phone:0")) == V


@given(presentations(), presentations(4))
def test_r7_weaker_facts_never_undo_joins_that_stronger_facts_made(
    facts: list[Presentation], weaker: list[Presentation]
) -> None:
    """What VERIFIED evidence joins stays joined, whatever OBSERVED evidence comes."""
    proved = [fact for fact in facts if all(assurance is V for _, assurance in fact.members)]
    observed = [Presentation(tuple((name, OB) for name, _ in fact.members), fact.time) for fact in weaker]
    joined = together(whole(proved))
    after = whole([*proved, *observed]).part_of()
    for part in joined:
        assert len({after[NodeId(name)] for name in part}) == 1


@given(presentations(), presentations(6), st.integers(0, 10**6))
def test_d1_cores_depend_on_nothing_weaker_than_on_file(
    facts: list[Presentation], weaker: list[Presentation], seed: int
) -> None:
    """Not on weaker links, scores or claims, nor on the order in which anything came."""
    proved = [fact for fact in facts if all(assurance >= ON_FILE for _, assurance in fact.members)]
    weak = [Presentation(tuple((name, min(a, OB)) for name, a in fact.members), fact.time) for fact in weaker]
    mixed = [*proved, *weak]
    random.Random(seed).shuffle(mixed)
    alone = whole(proved)
    assert set(whole(mixed).cores) == set(alone.cores)
    strong = [link for link in links_of(proved) if makes_cores(link, NODES, TIGHT)]
    levels = fan_out_levels(NODES, links_of(proved), TIGHT)
    assert set(alone.cores) == set(partition(NODES, strong, Decisions(), TIGHT, levels).parts)


@given(presentations())
def test_d1_a_core_is_within_a_profile_and_joined_by_strong_links(facts: list[Presentation]) -> None:
    """A node that weak links alone hold is a core of its own; devices only find."""
    decided = whole(facts)
    part_of = decided.part_of()
    for core in decided.cores:
        assert len({part_of[node] for node in core}) == 1
    joined = {end for link in decided.joined if makes_cores(link, NODES, TIGHT) for end in link.pair}
    assert {node for core in decided.cores if len(core) > 1 for node in core} == joined
    assert not any(name.startswith("device") for name in joined)


@given(presentations())
def test_d1_cores_of_a_neighbourhood_are_those_of_the_whole(facts: list[Presentation]) -> None:
    """Call by call, as the service decides them."""
    engine, decided = run(facts), whole(facts).core_of()
    assert {key: state.core for key, state in engine.nodes.items()} == {key: decided[key] for key in engine.nodes}


def test_d1_a_better_proof_elsewhere_decides_no_conflict() -> None:
    """A number that a login proved beside an account is still shared by two records of customers that merely state it:
    neither of them is the account's."""
    facts = [
        shown(("phone:1", V), ("account:2", V)),
        shown(("phone:1", OB), ("crm:1", V), time=2),
        shown(("phone:1", OB), ("crm:2", V), time=3),
    ]
    decided = whole(facts)
    assert decided.shared == {NodeId("phone:1"): OB}
    assert {frozenset({"phone:1", "account:2"}), frozenset({"crm:1"}), frozenset({"crm:2"})} <= together(decided)


@given(presentations(), SIDES, SIDES, presentations(4))
def test_i6_a_cannot_link_holds_between_all_parts_that_contain_any_of_its_nodes(
    facts: list[Presentation], left: frozenset[NodeId], right: frozenset[NodeId], later: list[Presentation]
) -> None:
    """No evidence joins the two sides again, also not through a third profile."""
    decisions = Decisions(cannot=(CannotLink(id="c1", left=left - right, right=right - left),))
    decided = whole([*facts, *later], decisions)
    for part in decided.parts:
        assert not (part & (left - right) and part & (right - left))


@given(presentations(), SIDES, SIDES)
def test_i5_lifting_a_cannot_link_gives_back_exactly_what_was(
    facts: list[Presentation], left: frozenset[NodeId], right: frozenset[NodeId]
) -> None:
    """A must-link that lifts a cannot-link leaves no trace of it."""
    cannot = CannotLink(id="c1", left=left - right, right=right - left)
    inside = NodeId(NAMES[0])
    lifted = Decisions(
        must=(MustLink(id="m1", a=inside, b=inside, first_time=0, lifts=frozenset({"c1"})),), cannot=(cannot,)
    )
    assert together(whole(facts, lifted)) == together(whole(facts))


@given(presentations(), presentations(3))
def test_r11_a_profile_that_only_gains_evidence_keeps_its_id(
    facts: list[Presentation], more: list[Presentation]
) -> None:
    """Where the old part is still together, its id lives, or redirects to an older one that it joined. Step by step: an
    id that was merged away does not come back where a later, stronger link moves its founder to another live id."""
    engine = run(facts)
    for fact in more:
        before: dict[ProfileId, set[NodeId]] = {}
        for key, state in engine.nodes.items():
            if state.profile is not None:
                before.setdefault(state.profile, set()).add(key)
        engine.present(fact)
        for name, part in before.items():
            owners = {engine.nodes[key].profile for key in part}
            if len(owners) == 1 and None not in owners and engine.names[name].founder in part:
                assert owners == {name} or min(map(str, owners)) < name


def test_r1_pairs_survive_when_the_centre_turns_shared() -> None:
    """Presented together is every pair: crm and e-mail stay joined when the phone between them turns shared."""
    facts = [shown(("crm:1", V), ("phone:1", V), ("email:1", V)), shown(("crm:2", V), ("phone:1", V))]
    decided = whole(facts)
    assert decided.shared == {NodeId("phone:1"): V}
    assert frozenset({"crm:1", "email:1"}) in together(decided)


def test_r2_a_link_counts_only_where_both_ends_reach_their_minimum() -> None:
    """A device has to be verified to join; observed beside a verified e-mail it stays alone."""
    assert frozenset({"device:1"}) in together(whole([shown(("device:1", OB), ("email:1", V))]))
    assert frozenset({"device:1", "email:1"}) in together(whole([shown(("device:1", V), ("email:1", V))]))


def test_r2_a_weak_link_does_not_count_because_its_node_is_proved_elsewhere() -> None:
    """Assurance belongs to the link: what was shown before the owner verified gets no weight afterwards."""
    before = shown(("device:1", OB), ("account:1", V), time=1)
    verified = shown(("device:1", V), ("email:1", V), time=2)
    decided = together(whole([before, verified]))
    assert frozenset({"device:1", "email:1"}) in decided
    assert frozenset({"account:1"}) in decided


def test_r6_fan_out_is_counted_from_all_of_a_nodes_own_links() -> None:
    """A phone stays shared when a neighbourhood is evaluated that its e-mails are not in."""
    spoofed = [shown(("phone:1", OB), (f"email:{number}", OB), time=number) for number in range(3)]
    engine = run([*spoofed, shown(("phone:1", V), ("account:1", V), time=9)])
    assert engine.nodes[NodeId("phone:1")].shared == OB


def test_r5_a_landline_of_two_account_holders_turns_shared() -> None:
    """The weaker end of the refused link turns shared; nobody wins it."""
    decided = whole([shown(("crm:1", V), ("phone:1", V)), shown(("crm:2", V), ("phone:1", V), time=2)])
    assert decided.shared == {NodeId("phone:1"): V}
    assert {frozenset({"crm:1"}), frozenset({"crm:2"}), frozenset({"phone:1"})} <= together(decided)


def test_r5_equal_strength_goes_to_review() -> None:
    """Two e-mails of two customers: neither is weaker, so nobody turns shared."""
    facts = [
        shown(("crm:1", V), ("email:1", V)),
        shown(("crm:2", V), ("email:2", V)),
        shown(("email:1", V), ("email:2", V)),
    ]
    decided = whole(facts)
    assert not decided.shared
    assert [item.reason for item in decided.refused] == [Refusal.CONFLICT]


def test_r7_a_weaker_conflict_leaves_a_better_proved_link_alone() -> None:
    """An observed call with another customer's number does not tear a verified phone away."""
    facts = [shown(("crm:1", V), ("phone:1", V)), shown(("crm:2", V), ("phone:1", OB), time=2)]
    decided = whole(facts)
    assert frozenset({"crm:1", "phone:1"}) in together(decided)
    assert not decided.shared


def test_r7_sharing_has_a_level() -> None:
    """Four spoofed mails make a phone shared up to OBSERVED; its verified link still counts."""
    spoofed = [shown(("phone:1", OB), (f"email:{number}", OB), time=number) for number in range(3)]
    decided = whole([shown(("crm:1", V), ("phone:1", V)), *spoofed])
    assert decided.level(NodeId("phone:1")) == OB
    assert frozenset({"crm:1", "phone:1"}) in together(decided)


def test_r8_several_nodes_with_one_new_value_are_a_changed_value() -> None:
    """Phone and e-mail of one customer come with a new crm number: one review, nothing turns shared."""
    facts = [
        shown(("crm:1", V), ("phone:1", V), ("email:1", V)),
        shown(("crm:2", V), ("phone:1", V), ("email:1", V), time=2),
    ]
    decided = whole(facts)
    assert not decided.shared
    assert [item.reason for item in decided.refused] == [Refusal.CHANGED_VALUE]


def test_r8_a_superseded_value_no_longer_excludes() -> None:
    """Supersede(crm 1 -> crm 2): both stay in one part."""
    from profile_service.identity.graph.partition import partition

    nodes = {**NODES, NodeId("crm:1"): replace(node("crm:1"), current=False)}
    links = links_of([shown(("crm:1", V), ("crm:2", V))])
    decided = partition(nodes, links, Decisions(), POLICY)
    assert frozenset({"crm:1", "crm:2"}) in together(decided)


def test_r10_a_cannot_link_covers_third_profiles() -> None:
    """A and B are apart; what joins A later is apart from B too."""
    decisions = Decisions(
        cannot=(CannotLink(id="c", left=frozenset({NodeId("email:1")}), right=frozenset({NodeId("email:2")})),)
    )
    facts = [
        shown(("email:1", V), ("phone:1", V)),
        shown(("phone:1", V), ("account:1", V), time=2),
        shown(("account:1", V), ("email:2", V), time=3),
    ]
    decided = whole(facts, decisions)
    assert not any({"email:1", "email:2"} <= set(part) for part in decided.parts)
    assert not decided.shared


def test_r10_shared_nodes_keep_their_tag() -> None:
    """A phone of the left side that turns shared up to OBSERVED stays on its side, with what a better proof joined."""
    decisions = Decisions(
        cannot=(CannotLink(id="c", left=frozenset({NodeId("phone:1")}), right=frozenset({NodeId("email:0")})),)
    )
    facts = [
        shown(("phone:1", OB), ("crm:1", V)),
        shown(("phone:1", OB), ("crm:2", V), time=2),
        shown(("phone:1", V), ("email:1", V), time=3),
        shown(("email:1", OB), ("email:0", OB), time=4),
    ]
    decided = whole(facts, decisions, POLICY)
    assert decided.shared == {NodeId("phone:1"): OB}
    assert {frozenset({"phone:1", "email:1"}), frozenset({"email:0"})} <= together(decided)


def test_r11_a_founder_that_turns_shared_ends_the_id_where_the_rest_falls_apart() -> None:
    """The old id answers SPLIT; nobody inherits it."""
    engine = run([shown(("phone:1", V)), shown(("phone:1", V), ("crm:1", V), time=2)], POLICY)
    (first,) = engine.live()
    engine.present(shown(("crm:2", V), ("phone:1", V), time=3))
    assert engine.nodes[NodeId("phone:1")].profile is None
    assert engine.nodes[NodeId("crm:1")].profile == first
    assert engine.nodes[NodeId("crm:2")].profile not in (None, first)


def test_tight_policy_is_reached_by_the_random_graphs() -> None:
    """The properties above meet fan-out: three e-mails on one phone are one too many."""
    facts = [shown(("phone:1", OB), (f"email:{number}", OB), time=number) for number in range(3)]
    assert whole(facts, policy=TIGHT).fan_out == {NodeId("phone:1"): OB}


def test_a_neighbourhood_over_its_cap_renames_nobody() -> None:
    """Only its seeds are read: who has a name keeps it, and what is new becomes somebody of its own (R9)."""
    known, new = node("phone:0"), node("email:0")
    profile = ProfileId("p")
    before = Neighbourhood(
        nodes={
            known.id: GraphNode(node=known, profile=profile, shared=2, established=True),
            new.id: GraphNode(node=new, established=True),
        },
        links=(),
        names=(Name(id=profile, founder=NodeId("crm:0"), state=NameState.LIVE, nodes=frozenset({known.id})),),
        capped=True,
    )
    observed = Link(a=known.id, b=new.id, assurance_a=OB, assurance_b=OB, first_time=1)
    plan = plan_graph(
        before,
        [observed],
        OwnLinks(by_node={known.id: (), new.id: ()}),
        strongest=max,
        mint=lambda: ProfileId("fresh"),
        policy=TIGHT,
    )
    assert {key: state.profile for key, state in plan.nodes.items()} == {known.id: profile, new.id: "fresh"}
    assert [name.id for name in plan.names] == ["fresh"]
    assert plan.nodes[known.id].shared == 2
    assert [reason for _, _, reason in plan.reviews] == [Refusal.SIZE_CAP]


def test_a_link_that_depends_on_another_hides_none_that_does_not() -> None:
    """One pair may be linked by several scores; the one that stands counts, in any order."""
    left, right, depended = node("record/crm:0"), node("record/crm:1"), node("phone:0")
    nodes = {record.id: record for record in (left, right, depended)}
    free = Link(a=left.id, b=right.id, assurance_a=OB, assurance_b=OB, first_time=2, kind=LinkKind.SCORED)
    depending = replace(free, depends_on=frozenset({depended.id}), first_time=1)
    for links in ([depending, free], [free, depending]):
        decided = partition(nodes, links, Decisions(), TIGHT, {depended.id: 10})
        assert frozenset({left.id, right.id}) in decided.parts
    assert (
        frozenset({left.id, right.id}) not in partition(nodes, [depending], Decisions(), TIGHT, {depended.id: 10}).parts
    )
