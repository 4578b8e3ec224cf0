"""One order of identifiers, for contacts and for founders."""

from __future__ import annotations

import pytest

from profile_service.identity.graph.anchor import Anchor, Brought, Founders, choose_anchor, may_anchor, rank
from profile_service.identity.graph.model import Assurance, Node, NodeId, ProfileId
from profile_service.identity.policies import shipped_policy

POLICY = shipped_policy("default")
MINE, OTHERS = ProfileId("p1"), ProfileId("p2")


def brought(
    name: str,
    assurance: Assurance = Assurance.VERIFIED,
    profile: ProfileId | None = MINE,
    *,
    shared: int = 0,
    key: bytes = b"k",
) -> Brought:
    """An identifier of the namespace that its name begins with."""
    return Brought(NodeId(name), key, name.partition(":")[0], assurance, profile, shared)


def test_the_order_is_proof_then_strength_then_the_smallest_key() -> None:
    """Smaller sorts first, and is stronger."""
    best = rank(Assurance.VERIFIED, "email", b"z", POLICY)
    assert best < rank(Assurance.OBSERVED, "crm", b"a", POLICY)
    assert rank(Assurance.VERIFIED, "crm", b"z", POLICY) < best
    assert rank(Assurance.VERIFIED, "email", b"a", POLICY) < best


@pytest.mark.parametrize(
    ("item", "may"),
    [
        (brought("email:1", Assurance.OBSERVED), True),
        (brought("email:1", Assurance.CLAIMED), False),
        (brought("email:1", profile=None), False),
        (brought("email:1", Assurance.OBSERVED, shared=int(Assurance.OBSERVED)), False),
        (brought("email:1", Assurance.VERIFIED, shared=int(Assurance.OBSERVED)), True),
    ],
)
def test_what_a_contact_may_stand_under(item: Brought, may: bool) -> None:
    """Somebody's, proved as the policy asks, and above what it is shared up to."""
    assert may_anchor(item, POLICY) is may


def test_the_smallest_key_decides_between_equals() -> None:
    """Whatever the order in which they came, and whatever their ids are."""
    first, other = brought("email:9", key=b"a"), brought("email:1", key=b"b")
    assert choose_anchor([first, other], POLICY) == Anchor(first.node, MINE) == choose_anchor([other, first], POLICY)


def test_nobody_is_picked_where_the_best_proved_are_several_customers() -> None:
    """A weaker proof of another customer does not count."""
    email = brought("email:1")
    assert choose_anchor([email, brought("phone:1", profile=OTHERS)], POLICY) == Anchor(ambiguous=True)
    assert choose_anchor([email, brought("phone:1", Assurance.OBSERVED, OTHERS)], POLICY) == Anchor(email.node, MINE)
    assert choose_anchor([], POLICY) == Anchor()


def test_what_may_join_decides_before_what_may_only_anchor() -> None:
    """A device that was seen is no customer where an address was proved as well."""
    assert POLICY.namespace("device").join > Assurance.OBSERVED >= POLICY.namespace("device").anchor
    device = brought("device:1", Assurance.OBSERVED, OTHERS, key=b"a")
    mail = brought("email:1", Assurance.OBSERVED)
    assert choose_anchor([device, mail], POLICY) == Anchor(mail.node, MINE)
    assert choose_anchor([device], POLICY) == Anchor(device.node, OTHERS)


def test_a_part_is_founded_by_its_strongest_that_is_not_shared() -> None:
    """By the proofs of the founding contact before the strength of namespaces; by the smallest key at last."""
    nodes = {
        NodeId(name): Node(id=NodeId(name), key=key, namespace=name.partition(":")[0])
        for name, key in (("crm:1", b"z"), ("email:1", b"b"), ("email:2", b"a"), ("phone:1", b"y"))
    }
    part = list(nodes)
    assert Founders(POLICY, nodes, {}, {})(part) == "crm:1"
    assert Founders(POLICY, nodes, {NodeId("crm:1"): 2}, {})(part) == "email:2"
    assert Founders(POLICY, nodes, {}, {NodeId("phone:1"): Assurance.VERIFIED})(part) == "phone:1"
    assert Founders(POLICY, nodes, dict.fromkeys(part, 1), {})(part) == "crm:1"
