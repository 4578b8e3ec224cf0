"""What is derived from the partition: R12 (ids), R13 (anchors), R14 (growth, and look-ups of shared nodes)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from profile_service.identity.contact.resolution import CANDIDATES_MAX, NodeState, Presented, resolve_contact
from profile_service.identity.graph.anchor import is_weak
from profile_service.identity.graph.model import Assurance, NodeId, ProfileId, Role
from profile_service.identity.graph.naming import NameState
from tests.property.graphs import NAMES, POLICY, Incremental, Presentation, node, presentations, run


def owner(engine: Incremental, name: ProfileId) -> ProfileId | None:
    """Who an id stands for: the profile of its founder's part; None where it has split, or its founder is shared."""
    known_name = engine.names[name]
    return None if known_name.state is NameState.SPLIT else engine.nodes[known_name.founder].profile


@given(presentations())
def test_r12_every_id_ever_given_leads_to_one_live_profile_or_says_split(facts: list[Presentation]) -> None:
    """Redirects are computed over founders: one step, no cycle, and a live id stands for itself."""
    engine = run(facts)
    for name, known_name in engine.names.items():
        stands_for = owner(engine, name)
        if known_name.state is NameState.LIVE:
            assert stands_for == name
        elif stands_for is not None:
            assert engine.names[stands_for].state is NameState.LIVE


@given(presentations(), presentations(3))
def test_r14_growth_may_move_a_node_and_loses_none(facts: list[Presentation], more: list[Presentation]) -> None:
    """A node that identified somebody still does, unless it turned shared; nothing falls out of the graph."""
    engine = run(facts)
    before = {key: state.profile for key, state in engine.nodes.items()}
    for fact in more:
        engine.present(fact)
    for key, profile in before.items():
        state = engine.nodes[key]
        assert profile is None or state.profile is not None or state.shared > 0, key


SHOWN = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(list(Role)),
    st.sampled_from(list(Assurance)),
    st.integers(0, 4),
    st.integers(0, 8),
    st.integers(0, 4),
)
"""Name, role, assurance, up to where it is shared, how many use it, and whose it is (0: nobody's)."""


@given(st.lists(SHOWN, max_size=6, unique_by=lambda pair: pair[0]))
def test_r13_r14_the_anchor_is_the_best_proved_that_is_not_shared_and_candidates_are_few(
    shown: list[tuple[str, Role, Assurance, int, int, int]],
) -> None:
    """An anchor is brought as SUBJECT, proved above its sharing, owned; no better proved one of another owner exists.
    A node that more than 5 use names nobody."""
    presented: list[Presented] = []
    states: dict[NodeId, NodeState] = {}
    for index, (name, role, assurance, shared, users, whose) in enumerate(shown):
        state = node(name)
        presented.append(
            Presented(index=index, namespace=state.namespace, role=role, assurance=assurance, node=state.id)
        )
        states[state.id] = NodeState(
            id=state.id,
            namespace=state.namespace,
            key=state.key,
            profile=ProfileId(f"p{whose}") if whose else None,
            shared=shared,
            users=tuple(ProfileId(f"u{index}.{number}") for number in range(users)),
        )
    answer = resolve_contact(presented, states, POLICY)
    crowded = {user for state in states.values() if len(state.users) > CANDIDATES_MAX for user in state.users}
    assert crowded.isdisjoint(profile for profile, _ in answer.candidates)
    if answer.anchor is None:
        assert answer.profile is None
        return
    chosen = next(item for item in presented if item.node == answer.anchor)
    state = states[answer.anchor]
    assert chosen.role is Role.SUBJECT
    assert chosen.assurance > state.shared
    assert (state.profile, answer.ambiguous) == (answer.profile, False)
    assert chosen.assurance >= POLICY.namespace(chosen.namespace).anchor
    for other in presented:
        rival = states[NodeId(str(other.node))]
        joins = other.assurance >= POLICY.join_min(other.namespace) and other.assurance > rival.shared
        if joins and other.role is Role.SUBJECT and rival.profile not in (None, answer.profile):
            of_several = is_weak(other.namespace, POLICY) and not is_weak(chosen.namespace, POLICY)
            gives_way = other.assurance < chosen.assurance or (of_several and chosen.assurance is Assurance.VERIFIED)
            assert gives_way or chosen.assurance < POLICY.join_min(chosen.namespace)
