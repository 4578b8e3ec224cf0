"""What a change did to profiles, read off the nodes before and after."""

from __future__ import annotations

from profile_service.identity.graph.events import EventKind, events_of
from profile_service.identity.graph.model import Assurance, GraphNode, Link, Node, NodeId, ProfileId
from profile_service.identity.graph.plan import GraphPlan

A, B, C = NodeId("a"), NodeId("b"), NodeId("c")
P1, P2 = ProfileId("p1"), ProfileId("p2")


def node(name: NodeId, profile: ProfileId | None, shared: int = 0) -> GraphNode:
    """A node of a profile."""
    return GraphNode(node=Node(id=name, key=name.encode(), namespace="email"), profile=profile, shared=shared)


def link(a: NodeId, b: NodeId) -> Link:
    """Evidence."""
    return Link(a=a, b=b, assurance_a=Assurance.VERIFIED, assurance_b=Assurance.VERIFIED, first_time=1)


def plan(
    before: list[GraphNode], after: list[GraphNode], joined: tuple[Link, ...] = (), refused: tuple[Link, ...] = ()
) -> GraphPlan:
    """A change from one to the other."""
    old, new = ({node.node.id: node for node in nodes} for nodes in (before, after))
    return GraphPlan(
        before=old,
        nodes=new,
        joined=joined,
        refused=refused,
        changed=frozenset(name for name in new if new[name] != old[name]),
        names=(),
        created=frozenset(),
        reviews=(),
        settled=(),
        resharing=frozenset(name for name in new if new[name].shared != old[name].shared),
        quarantined=frozenset(),
        merged=(),
        relied_on={},
    )


def test_a_merge_has_both_profiles_what_moved_and_the_links_across() -> None:
    """Links inside one of them decided nothing."""
    across, inside = link(A, B), link(A, C)
    before, after = [node(A, P1), node(B, P2), node(C, P1)], [node(A, P1), node(B, P1), node(C, P1)]
    (event,) = events_of(plan(before, after, joined=(inside, across)))
    assert (event.kind, event.before, event.after) == (EventKind.MERGED, (P1, P2), (P1,))
    assert (event.nodes, event.links) == ((B,), (across,))


def test_a_split_has_what_it_fell_into_and_the_links_that_may_not_join() -> None:
    """Of this profile's nodes alone."""
    before, after = [node(A, P1), node(B, P1), node(C, None)], [node(A, P1), node(B, P2), node(C, None)]
    (event,) = events_of(plan(before, after, refused=(link(B, C), link(C, C))))
    assert (event.kind, event.before, event.after) == (EventKind.SPLIT, (P1,), (P1, P2))
    assert (event.nodes, event.links) == ((B,), (link(B, C),))


def test_sharing_goes_up_and_down() -> None:
    """Each with the profile that the identifier was of, and is of."""
    (up,) = events_of(plan([node(A, P1)], [node(A, None, 2)], refused=(link(A, B), link(B, C))))
    assert (up.kind, up.before, up.after, up.nodes) == (EventKind.SHARED, (P1,), (), (A,))
    assert up.links == (link(A, B),)
    (down,) = events_of(plan([node(A, None, 3)], [node(A, P1, 2)]))
    assert (down.kind, down.before, down.after) == (EventKind.UNSHARED, (), (P1,))


def test_evidence_alone_is_no_event() -> None:
    """Neither a new identifier of a customer, nor a new customer."""
    assert events_of(plan([node(A, P1), node(B, None)], [node(A, P1), node(B, P1)], joined=(link(A, B),))) == []
    assert events_of(plan([node(A, None)], [node(A, P1)])) == []
    assert events_of(plan([node(A, P1)], [node(A, P1)])) == []
