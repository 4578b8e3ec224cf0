"""Match a source record by its attributes: candidates from the store, the decision from the pure core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from profile_service.engine.caller import Caller
from profile_service.engine.identifiers import Item
from profile_service.engine.matching.description import PEOPLE, Description, Value, describe, evidence_of, value_key
from profile_service.engine.runtime import ReadCandidates, Runtime
from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.decision import Candidate, Decision, Judge
from profile_service.identity.matching.frequencies import Frequencies, counted_values
from profile_service.identity.matching.nicknames import is_given_name
from profile_service.store.plan import Plan
from profile_service.store.queries.found import Found
from profile_service.store.queries.matching import CandidateQuery, CandidateRows, StoredRecord
from profile_service.store.rows.record import (
    FEATURES,
    BlockingKeyGoneRow,
    BlockingKeyRow,
    BlockingKeySeenRow,
    ValueCountRow,
)

NOBODY = CandidateRows(found={}, records={}, sizes=(), counts=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What matching found for a record, and what of it is written: its features, its blocking keys with the number of
    records that each had, and the values that one more customer has. `outdated`: a later delivery is there already."""

    attributes: Attributes = field(default_factory=Attributes)
    decision: Decision = field(default_factory=Decision)
    keys: Sequence[bytes] = ()
    sizes: Sequence[int] = ()
    counted: Sequence[bytes] = ()
    key_cap: int = 0
    outdated: bool = False

    @property
    def capped(self) -> int:
        """How many blocking keys found nobody, because too many records have them."""
        return sum(size > self.key_cap for size in self.sizes)

    def owners(self) -> set[str]:
        """The profiles that the record joins."""
        return {match.candidate.profile for match in self.decision.joined}


def open_features(runtime: Runtime, tenant: str, record: StoredRecord) -> Attributes:
    """The features of a stored record."""
    return FEATURES.open(runtime.keyring, tenant, record.features, record.node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A source record that is matched: what it says and when, its identifiers, what they found, its node where it is
    known; `in_full` as the judge takes it."""

    description: Description
    time_us: int
    items: Sequence[Item]
    found: Found
    node: NodeId | None = None
    in_full: bool = False


@dataclass(slots=True)
class Matching:
    """One record on its way: its query, then the names that have to be counted, then the decision."""

    runtime: Runtime
    caller: Caller
    asked: Asked
    own: ProfileId | None = field(init=False)
    named: Mapping[ProfileId, NodeId] = field(init=False)
    rows: CandidateRows = field(init=False, default=NOBODY)
    whole: Mapping[ProfileId, Attributes] = field(init=False, default_factory=dict[ProfileId, Attributes])
    names: Mapping[Value, bytes] = field(init=False, default_factory=dict[Value, bytes])

    def __post_init__(self) -> None:
        nodes, record = self.asked.found.nodes.values(), self.asked.node
        self.own = next((node.profile for node in nodes if node.id == record), None)
        self.named = {node.profile: node.id for node in nodes if node.profile is not None and node.id != record}

    @property
    def profiles(self) -> list[ProfileId]:
        """The profiles that are compared whatever their keys: those of its identifiers, and its own."""
        return sorted({*self.named, *((self.own,) if self.own else ())})

    def query(self) -> CandidateQuery:
        """What it asks the store for."""
        description = self.asked.description
        return CandidateQuery(keys=description.keys, profiles=self.profiles, values=description.compared_keys)

    def take(self, rows: CandidateRows) -> CandidateQuery:
        """Open what was found; answers what is still to be counted."""
        runtime, tenant = self.runtime, self.caller.tenant
        presented = presented_by(self.asked.items, self.asked.found)
        self.rows = rows
        self.whole = {name: whole_of(runtime, tenant, rows, name, presented) for name in {*rows.found, *self.profiles}}
        known = set(self.asked.description.compared)
        names = _names_to_count(self.asked.description.features, self.whole.values())
        self.names = {name: value_key(runtime.keyring, tenant, name) for name in names if name not in known}
        return CandidateQuery(values=list(self.names.values()))

    def decide(self, names: CandidateRows, others: Sequence[Candidate] = ()) -> Matched:
        """Score the candidates; `names` is what was still to be counted, `others` are candidates that the store does
        not show yet."""
        policy, asked, rows = self.runtime.tenant(self.caller).policy.matching, self.asked, self.rows
        description = asked.description
        counts = dict(zip(description.compared, rows.counts, strict=True))
        counts |= dict(zip(self.names, names.counts, strict=True))
        judge = Judge(
            model=self.runtime.tenant(self.caller).model,
            frequencies=_frequencies(counts),
            join=policy.join,
            review=policy.review,
            in_full=asked.in_full,
        )
        mine = self.whole.get(self.own) if self.own is not None else None
        stored = [
            Candidate(profile=name, via=rows.found.get(name) or self.named[name], attributes=attributes)
            for name, attributes in sorted(self.whole.items())
            if name != self.own
        ]
        decision = judge.decide(description.features, mine, [*stored, *others])
        return Matched(
            attributes=description.features,
            decision=decision,
            keys=description.keys,
            sizes=rows.sizes,
            counted=self._newly_counted(mine, decision),
            key_cap=policy.key_cap,
            outdated=any(
                record.node == asked.node and record.occur_time_us > asked.time_us
                for name in self.profiles
                for record in rows.records.get(name, ())
            ),
        )

    def _newly_counted(self, mine: Attributes | None, decision: Decision) -> list[bytes]:
        """The values that one more customer has, each with the sum of its comparison."""
        description = self.asked.description
        keys = dict(zip(description.compared, description.compared_keys, strict=True))
        joined = (match.candidate.attributes for match in decision.joined)
        sides = [side for side in (mine, *joined) if side is not None]
        known = {value for side in sides for value in counted_values(side)}
        new = [value for value in description.values if value not in known]
        return [keys[key] for value in new for key in (value, (value[0], ""))]


async def match(runtime: Runtime, caller: Caller, asked: Asked, read: ReadCandidates) -> Matched:
    """Find and score candidates for a record."""
    matching = Matching(runtime, caller, asked)
    names = matching.take(await read(matching.query()))
    return matching.decide(await read(names) if names.values else NOBODY)


def presented_by(items: Sequence[Item], found: Found, *, claims: bool = False) -> Mapping[ProfileId, Attributes]:
    """What profiles have in common with the record by identifiers that are theirs, or that they share with others,
    whoever brought them."""
    items_of: dict[ProfileId, list[Item]] = {}
    for item in items:
        node = found.nodes.get(item.index)
        if node is not None and item.key is not None:
            for owner in (node.profile,) if node.profile is not None else node.users:
                items_of.setdefault(owner, []).append(item)
    return {profile: parse_attributes({}, evidence_of(shared, claims=claims)) for profile, shared in items_of.items()}


def whole_of(
    runtime: Runtime, tenant: str, rows: CandidateRows, profile: ProfileId, presented: Mapping[ProfileId, Attributes]
) -> Attributes:
    """A profile with everything that its records say."""
    whole = presented.get(profile, Attributes())
    for record in rows.records.get(profile, ()):
        whole = whole.united(open_features(runtime, tenant, record))
    return whole


def _names_to_count(features: Attributes, others: Iterable[Attributes]) -> list[Value]:
    """The given names of the candidates that no list knows: a slip is no other name."""
    if not any(name.given for name in features.names):
        return []
    names = {name.given for other in others for name in other.names if name.given and not is_given_name(name.given)}
    return [("given_name", name) for name in sorted(names)]


def _frequencies(counts: Mapping[Value, int]) -> Frequencies:
    totals = {comparison: count for (comparison, value), count in counts.items() if not value}
    return Frequencies(people=counts[PEOPLE], of_comparison=totals, of_value=counts)


async def frequencies_of(
    runtime: Runtime, caller: Caller, features: Attributes, others: Sequence[Attributes], read: ReadCandidates
) -> Frequencies:
    """The frequencies that a comparison of one customer with others needs."""
    description = describe(runtime.keyring, caller.tenant, features)
    names = _names_to_count(features, others)
    asked = [*description.compared_keys, *(value_key(runtime.keyring, caller.tenant, name) for name in names)]
    rows = await read(CandidateQuery(values=asked))
    return _frequencies(dict(zip([*description.compared, *names], rows.counts, strict=True)))


def write_matched(plan: Plan, matched: Matched, node: NodeId, *, is_known: bool) -> None:
    """The rows that let later records find this one, by what it said last. Refused where another record came under a
    key meanwhile. A key over its cap finds nobody, and grows by no new record; a known one keeps its place in it."""
    if matched.outdated:
        return
    sizes = {key: size for key, size in zip(matched.keys, matched.sizes, strict=True) if size <= matched.key_cap}
    plan.lock(*sizes)
    plan.add(BlockingKeySeenRow(keys=list(sizes), records=list(sizes.values())))
    plan.add(BlockingKeyRow(keys=matched.keys if is_known else list(sizes), node_id=node))
    if is_known:
        plan.add(BlockingKeyGoneRow(node_id=node))
    if matched.counted:
        plan.add(ValueCountRow(keys=matched.counted, people=1))
