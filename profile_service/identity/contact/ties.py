"""What ties a contact to the cores that its answers are about (D7): the best that was shown of each, and how many
points it then takes to open it. Nothing here holds a personal value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.identity.matching.attributes import NOTHING_SAID, Attributes
from profile_service.identity.matching.opinion import AGAINST, Opinion, opinion
from profile_service.identity.policy import Policy

COMPARED_MAX = 30
"""Records with one identifier that are compared with each other; more are not one customer's."""


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
    """A record that a contact may be about. `source` is its namespace; `said` what it says, as matching compares it."""

    node: NodeId
    core: NodeId
    source: str
    via: Sequence[Via]
    said: Attributes = NOTHING_SAID


class OnFile(NamedTuple):
    """At how many customers who differ sources of record have an identifier (E6); `disputed`: their records speak
    against each other over it (D7)."""

    customers: int = 0
    disputed: bool = False


class Tie(NamedTuple):
    """The best of what ties a contact to a core. `bound`, of the core `bound_core`: the identifier that right answers
    bind to the record (None: none); `settles`: they settle whose it is. `found_by`: the namespace that found it on a
    claim, whose value is no answer."""

    worth: Assurance
    needed: int
    record: NodeId
    bound: NodeId | None = None
    bound_core: NodeId | None = None
    settles: bool = False
    found_by: frozenset[str] = frozenset()


def ties_of(shown: Iterable[Shown], records: Sequence[Concerned], policy: Policy) -> dict[NodeId, Tie]:
    """The tie of each core whose records may be asked about, by core."""
    by_node = {identifier.node: identifier for identifier in shown}
    on_file = _on_file(by_node, records, policy)
    found: defaultdict[NodeId, list[Tie]] = defaultdict(list)
    for record in records:
        if not policy.source(record.source).answers:
            continue
        for via in record.via:
            item = None if via.shown is None else by_node.get(via.shown)
            found[record.core].append(_tie(record, via, item, on_file, policy))
    ties = {core: _best(of_core) for core, of_core in found.items()}
    gone = _of_duplicates(ties, records)
    return {core: tie for core, tie in ties.items() if core not in gone}


def _of_duplicates(ties: Mapping[NodeId, Tie], records: Sequence[Concerned]) -> set[NodeId]:
    """The cores of duplicates that are not asked about: of records of one source that agree, and state one identifier,
    the best tied counts, then the older (E6)."""

    def rank(record: Concerned) -> tuple[int, int, bool, int, NodeId]:
        tie, since = ties[record.core], [via.since_us for via in record.via if via.since_us is not None]
        is_apart = all(via.how is not How.CORE for via in record.via)
        return -tie.worth, tie.needed, is_apart, min(since, default=0), record.node

    asked = sorted((record for record in records if record.core in ties), key=rank)[:COMPARED_MAX]
    gone: set[NodeId] = set()
    for first, second in combinations(asked, 2):
        stated = {via.stated for via in first.via} & {via.stated for via in second.via} - {None}
        if first.core in gone or first.core == second.core or first.source != second.source or not stated:
            continue
        if opinion(first.said, second.said) is Opinion.AGREE:
            gone.add(second.core)
    return gone


def _best(ties: Sequence[Tie]) -> Tie:
    """The strongest; of claims, what alone found the record is no answer."""
    best = min(ties, key=lambda tie: (-tie.worth, tie.needed, tie.record))
    found_by = frozenset[str]().union(*(tie.found_by for tie in ties))
    is_found = best.worth is Assurance.CLAIMED and len(found_by) == 1
    return best._replace(found_by=found_by if is_found else frozenset())


def _on_file(shown: Mapping[NodeId, Shown], records: Iterable[Concerned], policy: Policy) -> Mapping[NodeId, OnFile]:
    """Who has each identifier on file at sources of record."""
    stating: defaultdict[NodeId, dict[NodeId, Concerned]] = defaultdict(dict)
    for record in records:
        source = policy.source(record.source)
        for via in record.via:
            item = None if via.shown is None else shown.get(via.shown)
            if item is not None and via.how in (How.STATED, How.FORMER) and source.is_of_record(item.namespace):
                stating[item.node][record.node] = record
    return {node: _customers(list(found.values())) for node, found in stating.items()}


def _customers(records: Sequence[Concerned]) -> OnFile:
    """Records of one core are of one customer, and those that agree; of two sources, those that say nothing against it
    too."""
    customers = {record.node: record.core for record in records}
    if len(records) > COMPARED_MAX:
        return OnFile(len(set(customers.values())), disputed=True)
    disputed = False
    for first, second in combinations(records, 2):
        said = opinion(first.said, second.said)
        disputed = disputed or said in AGAINST
        if said is Opinion.AGREE or (said is Opinion.SILENT and first.source != second.source):
            gone, kept = customers[first.node], customers[second.node]
            customers = {node: kept if core == gone else core for node, core in customers.items()}
    return OnFile(len(set(customers.values())), disputed)


def _tie(record: Concerned, via: Via, shown: Shown | None, on_file: Mapping[NodeId, OnFile], policy: Policy) -> Tie:
    if shown is None:
        return Tie(Assurance.CLAIMED, policy.checks_on_claim, record.node)
    known = on_file.get(shown.node, OnFile())
    worth = _worth(shown, known, policy)
    if worth is Assurance.CLAIMED:
        return Tie(worth, policy.checks_on_claim, record.node, found_by=frozenset({shown.namespace}))
    fresh = via.how is not How.FORMER and not _was_silent(shown, via, policy)
    needed = policy.checks_on_proof if worth is Assurance.VERIFIED and fresh else policy.checks_for_safe
    if worth is not Assurance.VERIFIED:
        settles = known.disputed and shown.assurance is Assurance.VERIFIED and via.how is How.STATED
        settled = shown.node if settles else None
        return Tie(worth, needed, record.node, settled, shown.core, settles=settles)
    bound = via.stated if via.how is How.THROUGH else shown.node
    return Tie(worth, needed, record.node, bound, shown.core)


def _worth(shown: Shown, known: OnFile, policy: Policy) -> Assurance:
    """On file at many customers an identifier is worth a claim; shared, on file at several, or one that only finds,
    OBSERVED at most."""
    if known.customers > policy.customers_per_identifier:
        return Assurance.CLAIMED
    several = known.customers > 1 or known.disputed or shown.shared >= Assurance.ON_FILE
    if several or not policy.namespace(shown.namespace).opens:
        return min(shown.assurance, Assurance.OBSERVED)
    return shown.assurance


def _was_silent(shown: Shown, via: Via, policy: Policy) -> bool:
    """Whether a record stated the identifier, and nothing proved it since for too long."""
    silence_us = policy.namespace(shown.namespace).silence_us
    if not silence_us or via.since_us is None:
        return False
    return shown.time_us - max(via.since_us, shown.signed_us or 0) > silence_us
