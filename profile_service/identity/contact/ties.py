"""What ties a contact to the cores that its answers are about (D7): the best that was shown of each, and how many
points it then takes to open it. Nothing here holds a personal value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.identity.policy import Policy


class How(StrEnum):
    """How an identifier concerns a record: it is in its core; the record states it; it states it as it was before it
    began anew; it states another of the core of what was proved; an agent named the customer."""

    CORE = "core"
    STATED = "stated"
    FORMER = "former"
    THROUGH = "through"
    NAMED = "named"


class Shown(NamedTuple):
    """An identifier that a contact brought, as it stands. `signed_us`: the last proof of it in another contact
    before."""

    node: NodeId
    namespace: str
    core: NodeId
    shared: int
    assurance: Assurance
    time_us: int
    signed_us: int | None


class Via(NamedTuple):
    """How an identifier (None: an agent's word) concerns a record; `stated` since `since_us` is the one that it
    states."""

    shown: NodeId | None
    how: How
    stated: NodeId | None
    since_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """A record that a contact may be about. `source` is its namespace."""

    node: NodeId
    core: NodeId
    source: str
    via: Sequence[Via]


class Tie(NamedTuple):
    """The best of what ties a contact to a core. `bound`, of the core `bound_core`: the identifier that right answers
    bind to the record (None: none); `found_by`: the namespace that found it on a claim, whose value is no answer."""

    worth: Assurance
    needed: int
    record: NodeId
    bound: NodeId | None = None
    bound_core: NodeId | None = None
    found_by: frozenset[str] = frozenset()


def ties_of(shown: Iterable[Shown], records: Sequence[Concerned], policy: Policy) -> dict[NodeId, Tie]:
    """The tie of each core whose records may be asked about, by core."""
    by_node = {identifier.node: identifier for identifier in shown}
    customers = _customers(by_node, records, policy)
    found: defaultdict[NodeId, list[Tie]] = defaultdict(list)
    for record in records:
        if not policy.source(record.source).answers:
            continue
        for via in record.via:
            item = None if via.shown is None else by_node.get(via.shown)
            found[record.core].append(_tie(record, via, item, customers, policy))
    return {core: _best(of_core) for core, of_core in found.items()}


def _best(ties: Sequence[Tie]) -> Tie:
    """The strongest; of claims, what alone found the record is no answer."""
    best = min(ties, key=lambda tie: (-tie.worth, tie.needed, tie.record))
    found_by = frozenset[str]().union(*(tie.found_by for tie in ties))
    is_found = best.worth is Assurance.CLAIMED and len(found_by) == 1
    return best._replace(found_by=found_by if is_found else frozenset())


def _customers(shown: Mapping[NodeId, Shown], records: Iterable[Concerned], policy: Policy) -> Mapping[NodeId, int]:
    """How many customers have an identifier on file at sources of record."""
    cores: defaultdict[NodeId, set[NodeId]] = defaultdict(set)
    for record in records:
        source = policy.source(record.source)
        for via in record.via:
            item = None if via.shown is None else shown.get(via.shown)
            if item is not None and via.how in (How.STATED, How.FORMER) and source.is_of_record(item.namespace):
                cores[item.node].add(record.core)
    return {node: len(found) for node, found in cores.items()}


def _tie(record: Concerned, via: Via, shown: Shown | None, customers: Mapping[NodeId, int], policy: Policy) -> Tie:
    if shown is None:
        return Tie(Assurance.CLAIMED, policy.checks_on_claim, record.node)
    worth = _worth(shown, customers.get(shown.node, 0), policy)
    if worth is Assurance.CLAIMED:
        return Tie(worth, policy.checks_on_claim, record.node, found_by=frozenset({shown.namespace}))
    fresh = via.how is not How.FORMER and not _was_silent(shown, via, policy)
    needed = policy.checks_on_proof if worth is Assurance.VERIFIED and fresh else policy.checks_for_safe
    if worth is not Assurance.VERIFIED:
        return Tie(worth, needed, record.node)
    bound = via.stated if via.how is How.THROUGH else shown.node
    return Tie(worth, needed, record.node, bound, shown.core)


def _worth(shown: Shown, customers: int, policy: Policy) -> Assurance:
    """On file at many customers an identifier is worth a claim; shared, on file at several, or one that only finds,
    OBSERVED at most."""
    if customers > policy.customers_per_identifier:
        return Assurance.CLAIMED
    several = customers > 1 or shown.shared >= Assurance.ON_FILE
    if several or not policy.namespace(shown.namespace).opens:
        return min(shown.assurance, Assurance.OBSERVED)
    return shown.assurance


def _was_silent(shown: Shown, via: Via, policy: Policy) -> bool:
    """Whether a record stated the identifier, and nothing proved it since for too long."""
    silence_us = policy.namespace(shown.namespace).silence_us
    if not silence_us or via.since_us is None:
        return False
    return shown.time_us - max(via.since_us, shown.signed_us or 0) > silence_us
