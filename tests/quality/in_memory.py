"""Matching one record at a time without a database: what the core alone reaches on a set.

Identifiers are evidence here, not links: the service's graph joins them as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from profile_service.engine.matching.description import readable
from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.blocking import blocking_keys
from profile_service.identity.matching.decision import Candidate, Judge
from profile_service.identity.matching.frequencies import Frequencies, counted_values
from profile_service.identity.matching.model import MatchModel, shipped_model
from profile_service.identity.policies import shipped_policy
from profile_service.identity.text.normalise import is_blocked, normalise
from profile_service.identity.text.refusal import IdentifierInvalid
from tests.quality.fields import Record

POLICY = shipped_policy("bench")
RULES = POLICY.matching


def features(record: Record) -> Attributes:
    """What the record says, as the service reads it (which keeps what it can of an identifier that is not valid)."""
    found: list[tuple[str, str]] = []
    for namespace, given in record.identifiers:
        try:
            keyed = normalise(namespace, given, "", "US")
        except IdentifierInvalid:
            value = readable(namespace, given)
        else:
            value = "" if is_blocked(keyed, POLICY, frozenset(), ()) else keyed.value
        if value:
            found.append((namespace, value))
    return parse_attributes(record.attributes, found)


@dataclass
class Matcher:
    """Takes records in, one by one, and keeps profiles."""

    model: MatchModel = field(default_factory=shipped_model)
    profiles: dict[str, Attributes] = field(default_factory=dict[str, Attributes])
    reviews: int = 0
    compared: int = 0
    _parents: dict[str, str] = field(default_factory=dict[str, str])
    _index: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _of_comparison: Counter[str] = field(default_factory=Counter[str])
    _of_value: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    _counted: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))

    def owner(self, record: str) -> str:
        """The profile that a record is in."""
        while self._parents[record] != record:
            self._parents[record] = self._parents[self._parents[record]]
            record = self._parents[record]
        return record

    def take(self, record: Record) -> None:
        """Find, score, join every profile that reaches the threshold: a record that bridges two merges them."""
        values = features(record)
        keys = blocking_keys(values)
        names = self._find(keys)
        self.compared += len(names)
        frequencies = Frequencies(people=len(self.profiles), of_comparison=self._of_comparison, of_value=self._of_value)
        decided = Judge(model=self.model, frequencies=frequencies).decide(
            values,
            None,
            [Candidate(profile=name, via=name, attributes=self.profiles[name]) for name in names],
        )
        self.reviews += bool(decided.reviewed)
        self._parents[record.id], self.profiles[record.id] = record.id, values
        for match in decided.joined:
            self._join(self.owner(record.id), match.candidate.profile)
        for key in keys:
            self._index[key].append(record.id)
        self._count(self.owner(record.id), values)

    def _find(self, keys: list[str]) -> list[str]:
        """The profiles whose records share the rarest keys."""
        weights = Counter[str]()
        for key in keys:
            sharing = self._index[key]
            if len(sharing) <= RULES.key_cap:
                weights.update(dict.fromkeys(sharing, 1_000_000 // max(len(sharing), 1)))
        records = sorted(weights, key=lambda key: (-weights[key], key))[: RULES.key_cap + RULES.candidates_max]
        return list(dict.fromkeys(self.owner(record) for record in records))[: RULES.candidates_max]

    def _join(self, mine: str, other: str) -> None:
        self._parents[mine] = other
        self.profiles[other] = self.profiles.pop(mine).united(self.profiles[other])
        self._counted[other] |= self._counted.pop(mine, set())

    def _count(self, profile: str, attributes: Attributes) -> None:
        known, before = set(counted_values(attributes)), self._counted[profile]
        self._of_value.update(known - before)
        self._of_comparison.update(comparison for comparison, _ in known - before)
        self._counted[profile] = before | known


def owners(matcher: Matcher, records: list[Record]) -> list[str]:
    """The profile of every record, in order."""
    return [matcher.owner(record.id) for record in records]
