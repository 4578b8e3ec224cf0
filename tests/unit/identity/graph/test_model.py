"""The words of the graph: numbers and names that are stored, defaults, the two ends of a link, decisions that stand."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import pytest

from profile_service.identity.graph.model import (
    Assurance,
    CannotLink,
    Decisions,
    Disclosure,
    Link,
    LinkKind,
    LinkState,
    MustLink,
    Node,
    NodeId,
    Outcome,
    Refusal,
    Result,
    Role,
)
from tests.unit.identity.graph.facts import OB, C, V, ids, link


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Assurance, "CLAIMED OBSERVED ON_FILE VERIFIED"),
        (Role, "SUBJECT PARTICIPANT ON_BEHALF_OF BUSINESS"),
        (Outcome, "MATCHED CREATED LINKED MERGED AMBIGUOUS"),
        (Disclosure, "WITHHOLD VERIFY_FIRST SAFE"),
        (Result, "JOINED KNOWN NEW SHARED BLOCKED TOO_WEAK INVALID"),
    ],
)
def test_numbers_are_those_of_the_proto(kind: type[IntEnum], names: str) -> None:
    """From 1 on, in the order of the proto: they are stored and sent."""
    assert [(member.name, member.value) for member in kind] == [
        (name, place) for place, name in enumerate(names.split(), 1)
    ]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (LinkKind, "presented replaced scored bound settled renewed duplicate must"),
        (LinkState, "active contested ended withdrawn"),
        (
            Refusal,
            "conflict changed_value limit size_cap score held quarantine cannot_link"
            " contradiction other_name duplicate take_back another_person",
        ),
    ],
)
def test_texts_are_those_that_are_stored(kind: type[StrEnum], texts: str) -> None:
    """Each is its name in lower case."""
    assert [member.value for member in kind] == texts.split()
    assert all(member.value == member.name.lower() for member in kind)


def test_a_node_is_current_and_open_where_nothing_else_is_said() -> None:
    """No scope, current, not blocked, and no steward said anything."""
    said = Node(id=NodeId("n"), key=b"n", namespace="x", scope="", current=True, blocked=False, ruled_shared=None)
    assert Node(id=NodeId("n"), key=b"n", namespace="x") == said


def test_a_link_is_presented_and_active_where_nothing_else_is_said() -> None:
    """And depends on nothing."""
    said = link(
        "a",
        "b",
        kind=LinkKind.PRESENTED,
        channel="",
        state=LinkState.ACTIVE,
        probability=None,
        model=None,
        depends_on=frozenset(),
    )
    assert link("a", "b") == said


@pytest.mark.parametrize(("of_a", "of_b", "weaker"), [(OB, V, OB), (V, OB, OB), (V, V, V), (C, V, C)])
def test_a_link_is_as_good_as_its_weaker_end(of_a: Assurance, of_b: Assurance, weaker: Assurance) -> None:
    """Assurance belongs to the ends of a link."""
    assert link("a", "b", of_a, of_b).assurance is weaker


@pytest.mark.parametrize("pair_of", [link("a", "b"), link("b", "a")])
def test_a_pair_is_in_the_order_of_ids(pair_of: Link) -> None:
    """Whichever end came first; and each end knows the other."""
    assert pair_of.pair == ("a", "b")
    assert (pair_of.other(NodeId("a")), pair_of.other(NodeId("b"))) == ("b", "a")


def test_a_must_link_lifts_the_cannot_links_that_it_names() -> None:
    """All others stand, in their order; a must-link that names none lifts none."""
    first, second, third = (CannotLink(id=name, left=ids("a"), right=ids("b")) for name in ("c1", "c2", "c3"))
    plain = MustLink(id="m1", a=NodeId("a"), b=NodeId("b"), first_time=0)
    lifting = MustLink(id="m2", a=NodeId("a"), b=NodeId("b"), first_time=0, lifts=frozenset({"c2"}))
    assert plain.lifts == frozenset()
    assert Decisions(must=(plain,), cannot=(first, second, third)).standing == (first, second, third)
    assert Decisions(must=(plain, lifting), cannot=(first, second, third)).standing == (first, third)
    assert Decisions().standing == ()
