"""What the records around a change say against each other, and which of them are duplicates (E2, E6, D7). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, Link, LinkKind, LinkState, Node, NodeId, Refusal
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.opinion import Opinion, objection, opinion, person_of
from profile_service.identity.policy import RECORD_PREFIX, Policy

ALIKE_MAX = 50
"""Records with one identifier that are compared with each other; more are not one customer's."""
Pair = tuple[NodeId, NodeId]
"""The ends of a link, in id order."""
Sides = tuple[AbstractSet[int], AbstractSet[int]]
"""Whom records on either side of a link speak of."""


class Statement(NamedTuple):
    """A record states an identifier. Not `active`: what it says of the customer does not fit the identifier's owner."""

    record: NodeId
    identifier: NodeId
    source: str
    namespace: str
    active: bool


class FormerStatement(NamedTuple):
    """A record stated an identifier between two times, in microseconds since the epoch, and no longer does."""

    record: NodeId
    identifier: NodeId
    source: str
    namespace: str
    since_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Saying:
    """What source records say, and what is `delivered` in their place. `contesting`: what records that are not among
    the nodes state of them; `former`: what records stated of them once."""

    records: Mapping[NodeId, Attributes] = field(default_factory=dict[NodeId, Attributes])
    delivered: Mapping[NodeId, Attributes] = field(default_factory=dict[NodeId, Attributes])
    contesting: tuple[Statement, ...] = ()
    former: tuple[FormerStatement, ...] = ()

    def names(self) -> frozenset[NodeId]:
        """The records."""
        return frozenset(self.records) | self.delivered.keys()

    def said(self, record: NodeId) -> Attributes:
        """What a record says now."""
        return self.delivered[record] if record in self.delivered else self.records[record]


class _People:
    """Whom records speak of, each person by a number: many records speak of one."""

    def __init__(self, saying: Saying) -> None:
        self._saying = saying
        self._number_of: dict[Attributes, int] = {}
        self._of_record: dict[NodeId, int] = {}
        self._persons: list[Attributes] = []
        self._against: dict[tuple[int, int], Opinion | None] = {}

    def number(self, record: NodeId) -> int:
        """The person of a record."""
        known = self._of_record.get(record)
        if known is None:
            person = person_of(self._saying.said(record))
            known = self._of_record[record] = self._number_of.setdefault(person, len(self._persons))
            if known == len(self._persons):
                self._persons.append(person)
        return known

    def against(self, left: int, right: int) -> Opinion | None:
        """What speaks against that two persons are one."""
        pair = (left, right) if left <= right else (right, left)
        if pair not in self._against:
            self._against[pair] = objection(self._persons[left], self._persons[right])
        return self._against[pair]

    def agree(self, left: int, right: int) -> bool:
        """Whether what is said of two persons agrees."""
        return opinion(self._persons[left], self._persons[right]) is Opinion.AGREE


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions:
    """`speaking`: whom a record of a source of record speaks of, by record; `stating`: by identifier, whom those that
    state it speak of, joined to it or not; `formerly`: the same of those that stated it once. `disputed`: a record with
    what it states, where records speak against each other over it. `least_of`: by record, the least of its duplicates;
    `customer_of`: by identifier that one of them states, the same."""

    people: _People = field(default_factory=lambda: _People(Saying()))
    speaking: Mapping[NodeId, int] = field(default_factory=dict[NodeId, int])
    stating: Mapping[NodeId, AbstractSet[int]] = field(default_factory=dict[NodeId, AbstractSet[int]])
    formerly: Mapping[NodeId, Sequence[tuple[FormerStatement, int]]] = field(
        default_factory=dict[NodeId, Sequence[tuple[FormerStatement, int]]]
    )
    disputed: frozenset[Pair] = frozenset()
    least_of: Mapping[NodeId, NodeId] = field(default_factory=dict[NodeId, NodeId])
    customer_of: Mapping[NodeId, NodeId] = field(default_factory=dict[NodeId, NodeId])

    def about(self, node: NodeId) -> set[int]:
        """Whom the node itself and the records that state it speak of."""
        own = {self.speaking[node]} if node in self.speaking else set[int]()
        return own.union(self.stating.get(node, ()))

    def spoken_of(self, members: Iterable[NodeId]) -> set[int]:
        """Whom the records among the members speak of."""
        return {self.speaking[node] for node in members if node in self.speaking}

    def spoken_of_then(self, members: Iterable[NodeId], time_us: int) -> set[int]:
        """Whom the records that stated one of the members at a time, and no longer do, speak of."""
        if not self.formerly:
            return set()
        return {
            person
            for node in members
            for statement, person in self.formerly.get(node, ())
            if statement.since_us <= time_us < statement.until_us
        }

    def objection(self, sides: Sides, joined: Sides, level: int) -> Refusal | None:
        """Why two sides, of whom records speak so, are not joined by a link of the level: records contradict each
        other, or, of what would open a customer, have other given names. Those `joined` on one side already are one
        customer, whatever they say: a steward said so."""
        other_name = False
        for left, right in product(*sides):
            said = self.people.against(left, right)
            if said is None or any(left in side and right in side for side in joined):
                continue
            if said is Opinion.CONTRADICT:
                return Refusal.CONTRADICTION
            other_name = True
        return Refusal.OTHER_NAME if other_name and level >= Assurance.ON_FILE else None

    def duplicates(self) -> list[Link]:
        """The links between duplicates. They are no proof: each is worth an observation."""
        return [
            Link(
                a=least,
                b=record,
                assurance_a=Assurance.OBSERVED,
                assurance_b=Assurance.OBSERVED,
                first_time=0,
                kind=LinkKind.DUPLICATE,
            )
            for record, least in sorted(self.least_of.items())
            if record != least
        ]


SILENT = Opinions()
"""Where there are no records."""


def opinions_of(nodes: Mapping[NodeId, Node], links: Iterable[Link], saying: Saying, policy: Policy) -> Opinions:
    """What the records say, of which these are the links."""
    records = saying.names()
    if len(records) < 2:
        return SILENT
    people = _People(saying)
    made = (*saying.contesting, *_statements(nodes, links))
    statements = [statement for statement in made if statement.record in records]
    of_record = [known for known in statements if policy.source(known.source).is_of_record(known.namespace)]
    stating = _by_identifier(of_record)
    least = _least_of_duplicates(people, statements, nodes)
    return Opinions(
        people=people,
        speaking={key: people.number(key) for key in records & nodes.keys() if _speaks(nodes[key], policy)},
        stating={identifier: set(map(people.number, of_it)) for identifier, of_it in stating.items()},
        formerly=_formerly(people, saying, policy),
        disputed=frozenset(_disputed(people, stating, of_record, policy)),
        least_of=least,
        customer_of={known.identifier: least[known.record] for known in statements if known.record in least},
    )


def _formerly(
    people: _People, saying: Saying, policy: Policy
) -> Mapping[NodeId, Sequence[tuple[FormerStatement, int]]]:
    formerly: defaultdict[NodeId, list[tuple[FormerStatement, int]]] = defaultdict(list)
    for known in saying.former:
        if known.record in saying.names() and policy.source(known.source).is_of_record(known.namespace):
            formerly[known.identifier].append((known, people.number(known.record)))
    return formerly


def _by_identifier(statements: Iterable[Statement]) -> Mapping[NodeId, AbstractSet[NodeId]]:
    stating: defaultdict[NodeId, set[NodeId]] = defaultdict(set)
    for statement in statements:
        stating[statement.identifier].add(statement.record)
    return stating


def _speaks(record: Node, policy: Policy) -> bool:
    return policy.source(record.namespace).speaks


def _statements(nodes: Mapping[NodeId, Node], links: Iterable[Link]) -> Iterable[Statement]:
    for link in links:
        if link.kind is not LinkKind.PRESENTED or link.state not in (LinkState.ACTIVE, LinkState.CONTESTED):
            continue
        for record, identifier in (link.pair, link.pair[::-1]):
            source, namespace = nodes[record].namespace, nodes[identifier].namespace
            if source.startswith(RECORD_PREFIX) and not namespace.startswith(RECORD_PREFIX):
                yield Statement(record, identifier, source, namespace, link.state is LinkState.ACTIVE)


def _disputed(
    people: _People, stating: Mapping[NodeId, AbstractSet[NodeId]], statements: Sequence[Statement], policy: Policy
) -> Iterable[Pair]:
    """What records state over which they speak against each other; a key that the source issues is its own."""

    def is_disputed(records: AbstractSet[NodeId]) -> bool:
        persons = sorted(set(map(people.number, records)))
        return len(persons) > ALIKE_MAX or any(people.against(*pair) for pair in combinations(persons, 2))

    contested = {identifier for identifier, records in stating.items() if len(records) > 1 and is_disputed(records)}
    for record, identifier, source, namespace, _ in statements:
        if identifier in contested and namespace not in policy.source(source).issues:
            yield (record, identifier) if record <= identifier else (identifier, record)


def _least_of_duplicates(
    people: _People, statements: Iterable[Statement], nodes: Mapping[NodeId, Node]
) -> dict[NodeId, NodeId]:
    """Records of one source that agree and state one identifier, each with the least of them."""
    together: defaultdict[tuple[str, NodeId], set[NodeId]] = defaultdict(set)
    for statement in statements:
        if statement.active and statement.record in nodes:
            together[statement.source, statement.identifier].add(statement.record)
    least: dict[NodeId, NodeId] = {}
    for _, alike in sorted(together.items()):
        for first, second in combinations(sorted(alike), 2) if len(alike) <= ALIKE_MAX else ():
            if people.agree(people.number(first), people.number(second)):
                roots = least.get(first, first), least.get(second, second)
                kept, gone = sorted(roots, key=lambda record: nodes[record].key)
                least.update({record: kept for record, root in least.items() if root == gone})
                least[first] = least[second] = kept
    return least
