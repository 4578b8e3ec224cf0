"""The one order in which identifiers are strong: contacts stand under the first of it, profiles are founded by it (R11,
R13). schema/functions/reanchor.sql is its twin; a property test feeds both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, Node, NodeId, ProfileId
from profile_service.identity.policy import Policy


class Brought(NamedTuple):
    """An identifier that a contact brought as the customer's own, with its proof, and how its node stands now."""

    node: NodeId
    key: bytes
    namespace: str
    assurance: Assurance
    profile: ProfileId | None
    shared: int


class Anchor(NamedTuple):
    """Where a contact stands: nowhere (`node` is None) where it brought nothing that identifies somebody, or where
    those that are proved best are several customers' (`ambiguous`)."""

    node: NodeId | None = None
    profile: ProfileId | None = None
    ambiguous: bool = False


def rank(assurance: int, namespace: str, key: bytes, policy: Policy) -> tuple[int, int, bytes]:
    """The strongest sorts first: by proof, then by the namespace's strength, then by the smallest key."""
    return -assurance, -policy.strength(namespace), key


def may_anchor(identifier: Brought, policy: Policy) -> bool:
    """Whether a contact may stand under the identifier: it is somebody's, and proved above what it is shared up to and
    what the policy asks for."""
    proved = (
        identifier.assurance >= policy.namespace(identifier.namespace).anchor
        and identifier.assurance > identifier.shared
    )
    return proved and identifier.profile is not None


def is_weak(namespace: str, policy: Policy) -> bool:
    """Whether a namespace is of those of which a customer may have several, and several customers one."""
    rules = policy.namespace(namespace)
    return rules.shareable and rules.limit > 1


def anchor_rules(policy: Policy) -> Mapping[str, Mapping[str, object]]:
    """What the rule needs of every namespace, for its twin in SQL."""
    return {
        name: {
            "strength": rules.strength,
            "anchor": int(rules.anchor),
            "join": int(rules.join),
            "weak": is_weak(name, policy),
        }
        for name, rules in policy.namespaces.items()
    }


def choose_anchor(brought: Sequence[Brought], policy: Policy) -> Anchor:
    """Where a contact stands. Identifiers that are proved well enough to join decide before those that are not; where
    those that are proved best belong to several profiles, nobody is picked. Beside a verified
    key of which a customer has one, a verified one of which there may be several does not count: where it stands
    elsewhere, there was no more room for it (E7)."""
    able = [identifier for identifier in brought if may_anchor(identifier, policy)]
    voters = [
        identifier for identifier in able if identifier.assurance >= policy.join_min(identifier.namespace)
    ] or able
    if not voters:
        return Anchor()
    best = max(identifier.assurance for identifier in voters)
    top = [identifier for identifier in voters if identifier.assurance == best]
    keys = [identifier for identifier in top if not is_weak(identifier.namespace, policy)]
    if best == Assurance.VERIFIED and keys:
        top = keys
    if len({identifier.profile for identifier in top}) > 1:
        return Anchor(ambiguous=True)
    chosen = min(top, key=lambda identifier: rank(identifier.assurance, identifier.namespace, identifier.key, policy))
    return Anchor(node=chosen.node, profile=chosen.profile)


@dataclass(frozen=True, slots=True)
class Founders:
    """Who founds a part: its strongest node that is not shared, by the proofs of the founding contact (R11)."""

    policy: Policy
    nodes: Mapping[NodeId, Node]
    shared: Mapping[NodeId, int]
    proofs: Mapping[NodeId, Assurance]

    def __call__(self, part: Iterable[NodeId]) -> NodeId:
        """The founder of a part."""

        def order(name: NodeId) -> tuple[bool, int, int, bytes]:
            node = self.nodes[name]
            proof = self.proofs.get(name, 0)
            return self.shared.get(name, 0) > 0, *rank(proof, node.namespace, node.key, self.policy)

        return min(part, key=order)
