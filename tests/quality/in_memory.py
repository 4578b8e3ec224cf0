"""Matching one record at a time without a database: what the core alone reaches on a set.

Identifiers are evidence here, not links: the service's graph joins them as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.blocking import blocking_keys
from profile_service.identity.matching.decision import Candidate, Thresholds, decide
from profile_service.identity.matching.frequencies import Frequencies, counted_values
from profile_service.identity.matching.model import MatchModel, shipped_model
from tests.quality.fields import Record

KEY_CAP, CANDIDATES_MAX = 100, 200


@dataclass
class Matcher:
    """Takes records in, one by one, and keeps profiles."""

    model: MatchModel = field(default_factory=shipped_model)
    profiles: dict[str, Attributes] = field(default_factory=dict[str, Attributes])
    reviews: int = 0
    compared: int = 0
    _parents: dict[str, str] = field(default_factory=dict[str, str])
    _index: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _having: Counter[str] = field(default_factory=Counter[str])
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
        keys = blocking_keys(record.attributes)
        found = Counter(self.owner(one) for key in keys if len(self._index[key]) <= KEY_CAP for one in self._index[key])
        names = sorted(found, key=lambda name: (-found[name], name))[:CANDIDATES_MAX]
        self.compared += len(names)
        decided = decide(
            record.attributes,
            None,
            [Candidate(profile=name, via=name, attributes=self.profiles[name]) for name in names],
            model=self.model,
            frequencies=Frequencies(people=len(self.profiles), having=self._having, of_value=self._of_value),
            thresholds=Thresholds(),
        )
        self.reviews += bool(decided.reviewed)
        self._parents[record.id], self.profiles[record.id] = record.id, record.attributes
        for match in decided.joined:
            self._join(self.owner(record.id), match.candidate.profile)
        for key in keys:
            self._index[key].append(record.id)
        self._count(self.owner(record.id), record.attributes)

    def _join(self, mine: str, other: str) -> None:
        self._parents[mine] = other
        self.profiles[other] = self.profiles.pop(mine).united(self.profiles[other])
        self._counted[other] |= self._counted.pop(mine, set())

    def _count(self, profile: str, held: Attributes) -> None:
        known = set(counted_values(held))
        self._of_value.update(known - self._counted[profile])
        self._counted[profile] |= known
        self._having.update({comparison for comparison, _ in known})


def owners(matcher: Matcher, records: list[Record]) -> list[str]:
    """The profile of every record, in order."""
    return [matcher.owner(one.id) for one in records]
