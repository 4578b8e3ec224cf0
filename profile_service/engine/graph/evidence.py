"""Add what was presented together to the graph, and say what every identifier is now. Shared by all resolving calls.

Two ways, one plan. Where everything that counts is known already, or everything is new, the plan is decided on a read
and written only if that read still holds. Where evidence changes what is known, the keys and then the profiles are
locked, everything is read again, and the neighbourhood is evaluated (design, section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from profile_service.engine.identifiers import Item
from profile_service.identity.contact.resolution import NodeState, Presented
from profile_service.identity.graph.counting import pairs
from profile_service.identity.graph.model import Assurance, Link, LinkKind, LinkState, NodeId, ProfileId
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.policy import RECORD_PREFIX, Policy
from profile_service.store.queries.found import Found

RECORD_CHANNEL = "record"
"""The channel of what does not come from a contact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A node that a source record (the last of the items) was matched with by score, and the profile it was in then.
    `depends_on` are the places of the items without which it would not join."""

    node: NodeId
    profile: ProfileId
    probability: float
    model: str
    depends_on: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was presented together: by a contact, or by a source record. `against` are the profiles that the record
    contradicts: it is of somebody else; `features` is what it says, as matching compares it; `anew` are the places of
    items that begin anew with it. `person` is who was there before the call, `persons` by item who is shown (D5):
    nothing links what is shown of two."""

    subject: str
    items: Sequence[Item]
    channel: str
    occur_time_us: int
    earlier: Sequence[tuple[NodeId, Assurance]] = ()
    kind: LinkKind = LinkKind.PRESENTED
    speaks: bool = True
    supersedes: int | None = None
    scored: Sequence[Scored] = ()
    reviewed: Sequence[Scored] = ()
    features: Attributes | None = None
    against: frozenset[str] = frozenset()
    anew: frozenset[int] = frozenset()
    person: int = 0
    persons: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def source(self) -> str | None:
        """The source whose record presents it; None where a contact does."""
        name = self.items[-1].namespace if self.items else ""
        return name.removeprefix(RECORD_PREFIX) if name.startswith(RECORD_PREFIX) else None

    def person_of(self, index: int) -> int:
        """Whose an item is, of several persons in one contact (D5)."""
        return self.persons.get(index, self.person)

    @property
    def last_person(self) -> int:
        """Who speaks last."""
        return max(self.persons.values(), default=self.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The graph as the call leaves it."""

    presented: tuple[Presented, ...]
    states: Mapping[NodeId, NodeState]
    before: Mapping[NodeId, ProfileId | None]
    created: frozenset[ProfileId]
    changed: bool


def find_keys(items: Iterable[Item], occur_time_us: int) -> list[tuple[int, bytes, int]]:
    """The look-up of the items: owners as of the time of the event, so that a late event finds the owner of its day."""
    return [(item.index, item.key, occur_time_us) for item in items if item.key is not None]


def _missing_links(evidence: Evidence, found: Found) -> list[Link]:
    """The pairs that this set adds to what is known."""
    links = links_of(evidence, {index: node.id for index, node in found.nodes.items()})
    return [
        link
        for link in links
        if (link.a, link.b, link.kind.value, link.channel, int(link.assurance_a), int(link.assurance_b))
        not in found.links
    ]


def links_of(evidence: Evidence, ids: Mapping[int, NodeId]) -> list[Link]:
    """The pairs of what is presented together; those of an identifier that does not fit are contested. Where that is no
    evidence against others, only the record's own link is told."""
    shown: dict[int, list[tuple[NodeId, Assurance]]] = {evidence.person: list(evidence.earlier)}
    for item in evidence.items:
        if item.proven and item.index in ids:
            shown.setdefault(evidence.person_of(item.index), []).append((ids[item.index], item.assurance))
    links = [
        link
        for members in shown.values()
        for link in pairs(members, channel=evidence.channel, occur_time=evidence.occur_time_us)
    ]
    return _doubted(evidence, ids, links)


def _doubted(evidence: Evidence, ids: Mapping[int, NodeId], links: list[Link]) -> list[Link]:
    """The links of the evidence, each with its kind and what speaks for and against it."""
    contested = {ids[item.index] for item in evidence.items if item.contested and item.index in ids}
    agreed = {ids[item.index]: item.agreed for item in evidence.items if item.agreed and item.index in ids}
    if not (contested or agreed) and evidence.kind is LinkKind.PRESENTED:
        return links
    record = ids.get(evidence.items[-1].index) if evidence.items else None

    def told(link: Link) -> Link:
        likely = agreed.get(link.other(record)) if record is not None and record in link.pair else None
        doubted = LinkState.CONTESTED if contested & {link.a, link.b} else link.state
        return replace(link, kind=evidence.kind, state=doubted, probability=likely)

    return [told(link) for link in links if evidence.speaks or record in link.pair or not contested & set(link.pair)]


def establishing(evidence: Evidence, policy: Policy) -> frozenset[int]:
    """The items that become somebody's: those that may join, else those that a contact may stand under."""
    able = [
        item for item in evidence.items if item.proven and item.assurance >= policy.namespace(item.namespace).anchor
    ]
    joining = [item for item in able if item.assurance >= policy.join_min(item.namespace)]
    return frozenset(item.index for item in joining or able)


def is_known(evidence: Evidence, found: Found, policy: Policy) -> bool:
    """Whether nothing that counts is new: no node, no link, nobody to establish."""
    able = establishing(evidence, policy)
    for item in evidence.items:
        if item.key is None:
            continue
        node = found.nodes.get(item.index)
        if node is None or (item.index in able and not node.established):
            return False
    return not _missing_links(evidence, found)


def is_fresh(evidence: Evidence, found: Found) -> bool:
    """Whether everything that can make links is new, so that no profile is concerned."""
    return not evidence.earlier and not any(item.proven and item.index in found.nodes for item in evidence.items)


def found_states(evidence: Evidence, found: Found) -> dict[NodeId, NodeState]:
    """The nodes that were found, as resolution takes them."""
    keys = {item.index: item.key for item in evidence.items if item.key is not None}
    return {
        node.id: NodeState(
            id=node.id,
            namespace=node.namespace,
            key=keys.get(node.index, b""),
            profile=node.profile,
            shared=node.shared,
            users=node.users,
        )
        for node in found.nodes.values()
    }


def known_standing(evidence: Evidence, found: Found) -> Standing:
    """The graph where the call changes nothing in it."""
    states = found_states(evidence, found)
    presented = tuple(
        item.presented(found.nodes[item.index].id if item.index in found.nodes else None, is_new=False)
        for item in evidence.items
    )
    before = {state.id: state.profile for state in states.values()}
    return Standing(presented=presented, states=states, before=before, created=frozenset(), changed=False)
