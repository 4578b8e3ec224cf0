"""Small graphs for the tests: a policy with low limits, nodes by their name, links between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from profile_service.identity.graph.model import Assurance, CannotLink, Link, MustLink, Node, NodeId
from profile_service.identity.policy import FanOut, Namespace, Policy, Source

C, OB, V = Assurance.CLAIMED, Assurance.OBSERVED, Assurance.VERIFIED


def namespaces(*namespace: Namespace) -> Mapping[str, Namespace]:
    """Namespaces by their name."""
    return {namespace.name: namespace for namespace in namespace}


def policy(*more: Namespace, **other: Any) -> Policy:
    """A policy with few namespaces and no fan-out; `more` take the place of those of their name."""
    known = namespaces(
        Namespace(name="crm", strength=100, limit=1, join=V),
        Namespace(name="account", strength=95, limit=1, join=V),
        Namespace(name="record", strength=90),
        Namespace(name="email", strength=70, limit=2, shareable=True),
        Namespace(name="phone", strength=60, limit=2, shareable=True),
        Namespace(name="device", strength=30, join=V, shareable=True, ttl_days=180),
        Namespace(name="cookie", strength=20, join=V, shareable=True, ttl_days=30),
        Namespace(name="contact", strength=1),
    )
    empty: dict[str, Assurance] = {}
    return Policy(
        name="test",
        version=1,
        namespaces={**known, **namespaces(*more)},
        channels=empty,
        sources={"crm": Source(answers=True, issues=frozenset({"crm"}), vouches=frozenset({"phone", "email"}))},
        methods=empty,
        **other,
    )


def phone_with(*rules: FanOut) -> Namespace:
    """The namespace of telephone numbers with rules of fan-out."""
    return Namespace(name="phone", strength=60, limit=2, shareable=True, fan_out=rules)


def node(name: str, **more: Any) -> Node:
    """A node whose id and key are its name; its namespace stands before the colon."""
    return Node(id=NodeId(name), key=name.encode(), namespace=name.partition(":")[0], **more)


def nodes(*names: str | Node) -> dict[NodeId, Node]:
    """Nodes by their id."""
    states = (node(name) if isinstance(name, str) else name for name in names)
    return {state.id: state for state in states}


def link(a: str, b: str, of_a: Assurance = V, of_b: Assurance | None = None, time: int = 1, **more: Any) -> Link:
    """A link; the second end has the assurance of the first where none is given."""
    other = of_a if of_b is None else of_b
    return Link(a=NodeId(a), b=NodeId(b), assurance_a=of_a, assurance_b=other, first_time=time, **more)


def ids(*names: str) -> frozenset[NodeId]:
    """Ids of nodes."""
    return frozenset(NodeId(name) for name in names)


def parts(found: Iterable[frozenset[NodeId]]) -> list[list[str]]:
    """Parts as lists, in their order."""
    return [sorted(part) for part in found]


def must(a: str, b: str, *lifts: str, name: str = "m1") -> MustLink:
    """A steward's word that two are one."""
    return MustLink(id=name, a=NodeId(a), b=NodeId(b), first_time=5, lifts=frozenset(lifts))


def cannot(left: Sequence[str], right: Sequence[str], name: str = "c1") -> CannotLink:
    """A steward's word that two sides are not one."""
    return CannotLink(id=name, left=ids(*left), right=ids(*right))
