"""Match a source record by its attributes: candidates from the store, the decision from the pure core."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from profile_service.identity.matching.attributes import Attributes, as_compared, parse_attributes, unpack
from profile_service.identity.matching.blocking import blocking_keys
from profile_service.identity.matching.decision import Candidate, Decision, Judge, Match
from profile_service.identity.matching.frequencies import Frequencies, compared_values, counted_values
from profile_service.identity.matching.model import MatchModel
from profile_service.identity.matching.nicknames import is_listed
from profile_service.identity.matching.scoring import score
from profile_service.identity.model import NodeId, ProfileId, Result
from profile_service.identity.normalise import Keyed
from profile_service.store.graph import Found
from profile_service.store.keyring import Keyring
from profile_service.store.matching import CandidateQuery, CandidateRows, StoredRecord
from profile_service.store.plan import Plan
from profile_service.usecases.identify import Item
from profile_service.usecases.runtime import Caller, ReadCandidates, Runtime

PEOPLE = ("people", "")
ADDRESS_LIKE = re.compile(r"[\w.+-]*[a-z][\w.+-]*")
Value = tuple[str, str]


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

    @property
    def locks(self) -> list[bytes]:
        """The keys under which a record that arrives at the same time could be the same customer's."""
        return [key for key, size in zip(self.keys, self.sizes, strict=True) if size <= self.key_cap]

    def owners(self) -> set[str]:
        """The profiles that the record joins."""
        return {match.candidate.profile for match in self.decision.joined}


def evidence_of(items: Iterable[Item]) -> list[Value]:
    """The identifiers of a record as matching compares them. One that is not valid still says something."""
    found: list[Value] = []
    for item in items:
        if item.keyed is not None and item.key is not None:
            found.append((item.namespace, _scoped(item.keyed)))
        elif item.refused is Result.INVALID and (value := readable(item.namespace, item.given.value)):
            found.append((item.namespace, value))
    return found


def _scoped(keyed: Keyed) -> str:
    return f"{keyed.scope}:{keyed.value}" if keyed.scope else keyed.value


def compared_as(item: Item) -> Value | None:
    """The attribute that a valid identifier is compared as, and its value there."""
    return None if item.keyed is None or item.key is None else as_compared(item.namespace, _scoped(item.keyed))


def readable(namespace: str, value: str) -> str:
    """What can be read of an identifier that is not valid: the digits of a phone number, an address without its @."""
    if namespace == "phone":
        return "".join(letter for letter in value if letter.isdigit())
    lowered = value.strip().lower()
    return lowered if namespace == "email" and ADDRESS_LIKE.fullmatch(lowered) else ""


def features_of(attributes: Mapping[str, str], items: Sequence[Item]) -> Attributes:
    """What a source record says of the customer, as matching compares it."""
    return parse_attributes(attributes, evidence_of(items))


def value_key(keyring: Keyring, tenant: str, value: Value) -> bytes:
    """The keyed hash under which the people who have a value are counted."""
    return keyring.digest(tenant, "value", *value)


def open_features(runtime: Runtime, tenant: str, record: StoredRecord) -> Attributes:
    """The features of a stored record."""
    return unpack(runtime.keyring.open_json(tenant, f"source_record/features/{record.node}", record.features))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A source record that is matched: what it says and when, its identifiers, what they found, its node where it is
    known."""

    features: Attributes
    time_us: int
    items: Sequence[Item]
    found: Found
    node: NodeId | None = None


def keys_of(runtime: Runtime, tenant: str, features: Attributes) -> list[bytes]:
    """The blocking keys of a record, hashed."""
    return [runtime.keyring.digest(tenant, "blocking", key) for key in blocking_keys(features)]


async def match(runtime: Runtime, caller: Caller, asked: Asked, read: ReadCandidates) -> Matched:
    """Find and score candidates for a record."""
    tenant, rules = caller.tenant, runtime.tenant(caller).policy.matching
    held, found, record = asked.features, asked.found, asked.node
    named = {node.profile: node.id for node in found.nodes.values() if node.profile is not None and node.id != record}
    own = next((node.profile for node in found.nodes.values() if node.id == record), None)
    keys = keys_of(runtime, tenant, held)
    values = sorted(set(counted_values(held)))
    counted = _counted(held)
    profiles = sorted({*named, *((own,) if own else ())})
    value_keys = [value_key(runtime.keyring, tenant, one) for one in counted]
    rows = await read(CandidateQuery(keys=keys, profiles=profiles, values=value_keys))
    counts = dict(zip(counted, rows.counts, strict=True))
    presented = presented_by(asked.items, found)
    whole = {name: whole_of(runtime, tenant, rows, name, presented) for name in {*rows.found, *profiles}}
    counts |= await _name_counts(runtime, tenant, held, whole.values(), read)
    judge = Judge(
        model=runtime.tenant(caller).model,
        frequencies=_frequencies(counts),
        join=rules.join,
        review=rules.review,
    )
    mine = whole.get(own) if own is not None else None
    decision = judge.decide(
        held,
        mine,
        [
            Candidate(profile=name, via=rows.found.get(name) or named[name], attributes=attributes)
            for name, attributes in sorted(whole.items())
            if name != own
        ],
    )
    known = {
        value
        for one in (mine, *(match.candidate.attributes for match in decision.joined))
        if one is not None
        for value in counted_values(one)
    }
    new = [value for value in values if value not in known]
    return Matched(
        attributes=held,
        decision=decision,
        keys=keys,
        sizes=rows.sizes,
        counted=[value_key(runtime.keyring, tenant, one) for value in new for one in (value, (value[0], ""))],
        key_cap=rules.key_cap,
        outdated=any(
            one.node == asked.node and one.occur_time_us > asked.time_us
            for name in profiles
            for one in rows.records.get(name, ())
        ),
    )


def presented_by(items: Sequence[Item], found: Found) -> Mapping[ProfileId, Attributes]:
    """What profiles have in common with the record by identifiers that are theirs, or that they share with others,
    whoever brought them."""
    held: dict[ProfileId, list[Item]] = {}
    for item in items:
        node = found.nodes.get(item.index)
        if node is not None and item.key is not None:
            for owner in (node.profile,) if node.profile is not None else node.users:
                held.setdefault(owner, []).append(item)
    return {profile: parse_attributes({}, evidence_of(shared)) for profile, shared in held.items()}


def whole_of(
    runtime: Runtime, tenant: str, rows: CandidateRows, profile: ProfileId, presented: Mapping[ProfileId, Attributes]
) -> Attributes:
    """A profile with everything that its records say."""
    whole = presented.get(profile, Attributes())
    for record in rows.records.get(profile, ()):
        whole = whole.united(open_features(runtime, tenant, record))
    return whole


async def _name_counts(
    runtime: Runtime, tenant: str, held: Attributes, others: Iterable[Attributes], read: ReadCandidates
) -> dict[Value, int]:
    """How many people have the given names of the candidates that no list knows: a slip is no other name."""
    if not any(name.given for name in held.names):
        return {}
    names = {name.given for one in others for name in one.names if name.given and not is_listed(name.given)}
    asked = [("given_name", name) for name in sorted(names)]
    if not asked:
        return {}
    rows = await read(CandidateQuery(values=[value_key(runtime.keyring, tenant, one) for one in asked]))
    return dict(zip(asked, rows.counts, strict=True))


def _counted(held: Attributes) -> list[Value]:
    """The values whose frequency a comparison can need, with the sums by comparison and the number of people."""
    compared = sorted(compared_values(held))
    return [PEOPLE, *((comparison, "") for comparison in sorted({comparison for comparison, _ in compared})), *compared]


def _frequencies(counts: Mapping[Value, int]) -> Frequencies:
    totals = {comparison: count for (comparison, value), count in counts.items() if not value}
    return Frequencies(people=counts[PEOPLE], of_comparison=totals, of_value=counts)


async def frequencies_of(
    runtime: Runtime, caller: Caller, held: Attributes, others: Sequence[Attributes], read: ReadCandidates
) -> Frequencies:
    """The frequencies that a comparison of one customer with others needs."""
    tenant = caller.tenant
    counted = _counted(held)
    rows = await read(CandidateQuery(values=[value_key(runtime.keyring, tenant, one) for one in counted]))
    counts = dict(zip(counted, rows.counts, strict=True))
    return _frequencies(counts | await _name_counts(runtime, tenant, held, others, read))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A match model with its thresholds, that is not in force."""

    model: MatchModel
    join: float
    review: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredAgain:
    """A stored record under another model: the other profiles that it would join, and whether it would still join the
    rest of its own."""

    joined: Sequence[Match]
    stays: bool


async def score_again(
    runtime: Runtime, caller: Caller, record: StoredRecord, own: ProfileId | None, draft: Draft
) -> ScoredAgain:
    """Compare a stored record with everybody, as if it came in now. Writes nothing."""
    tenant, read = caller.tenant, runtime.reader(caller)
    held = open_features(runtime, tenant, record)
    counted = _counted(held)
    profiles = [] if own is None else [own]
    value_keys = [value_key(runtime.keyring, tenant, one) for one in counted]
    rows = await read(CandidateQuery(keys=keys_of(runtime, tenant, held), profiles=profiles, values=value_keys))
    others = {name: whole_of(runtime, tenant, rows, name, {}) for name in rows.found if name != own}
    mine = [one for one in rows.records.get(own, ()) if one.node != record.node] if own is not None else []
    rest = Attributes()
    for one in mine:
        rest = rest.united(open_features(runtime, tenant, one))
    counts = dict(zip(counted, rows.counts, strict=True))
    counts |= await _name_counts(runtime, tenant, held, [rest, *others.values()], read)
    frequencies = _frequencies(counts)
    judge = Judge(model=draft.model, frequencies=frequencies, join=draft.join, review=draft.review)
    decision = judge.decide(
        held,
        rest if mine else None,
        [
            Candidate(profile=name, via=rows.found[name], attributes=attributes)
            for name, attributes in sorted(others.items())
        ],
    )
    stays = not mine or score(held, rest, draft.model, frequencies).probability >= draft.join
    return ScoredAgain(joined=decision.joined, stays=stays)


def write_matched(plan: Plan, matched: Matched, node: NodeId, *, is_known: bool) -> None:
    """The rows that let later records find this one, by what it said last. Refused where another record came under a
    key meanwhile."""
    if matched.outdated:
        return
    for key, size in zip(matched.keys, matched.sizes, strict=True):
        if size <= matched.key_cap:
            plan.lock(key)
            plan.add("blocking_seen", key=key, records=size)
        plan.add("blocking_key", key=key, node_id=node)
    if is_known:
        plan.add("unblocked", node_id=node)
    for key in matched.counted:
        plan.add("value_count", key=key, people=1)
