"""Matching one record at a time without a database: what the core alone reaches on a set.

Identifiers are evidence here, not links: the service's graph joins them before anything is scored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.blocking import blocking_keys
from profile_service.identity.matching.comparisons import TEXTS, compare, vetoes
from profile_service.identity.matching.model import MatchModel, shipped_model
from profile_service.identity.matching.scoring import Frequencies, score
from tests.quality.fields import Record

JOIN, REVIEW = 0.95, 0.5
KEY_CAP, CANDIDATES_MAX = 100, 200


def values(held: Attributes) -> Iterator[tuple[str, str]]:
    """The values whose frequency counts, as the comparisons name them."""
    for name in held.names:
        yield from (("given_name", name.given), ("family_name", name.family))
    for address in held.addresses:
        yield from (("address", address.street), ("address", address.postcode), ("address", address.city))
    for comparison, attribute, _, _ in TEXTS:
        yield from ((comparison, value) for value in getattr(held, attribute))


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
        candidates = sorted(found, key=lambda name: (-found[name], name))[:CANDIDATES_MAX]
        self.compared += len(candidates)
        frequencies = Frequencies(people=len(self.profiles), having=self._having, of_value=self._of_value)
        scored = {
            name: score(record.attributes, self.profiles[name], self.model, frequencies).probability
            for name in candidates
        }
        self.reviews += any(REVIEW <= held < JOIN for held in scored.values())
        self._parents[record.id], self.profiles[record.id] = record.id, record.attributes
        for name in sorted(scored, key=lambda name: (-scored[name], name)):
            if scored[name] >= JOIN:
                self._join(self.owner(record.id), name)
        for key in keys:
            self._index[key].append(record.id)
        self._count(self.owner(record.id), record.attributes)

    def _join(self, mine: str, other: str) -> None:
        left, right = self.profiles[mine], self.profiles[other]
        if vetoes(left, right, compare(left, right)):
            return
        self._parents[mine] = other
        self.profiles[other] = self.profiles.pop(mine).united(right)
        self._counted[other] |= self._counted.pop(mine, set())

    def _count(self, profile: str, held: Attributes) -> None:
        known = {pair for pair in values(held) if pair[1]}
        self._of_value.update(known - self._counted[profile])
        self._counted[profile] |= known
        self._having.update({comparison for comparison, _ in known})


def pairwise(matcher: Matcher, records: Iterable[Record]) -> tuple[float, float, float]:
    """Pairwise precision, recall and F1."""
    named = [(matcher.owner(one.id), one.truth) for one in records]

    def pairs(groups: Counter[object]) -> int:
        return sum(size * (size - 1) // 2 for size in groups.values())

    right = pairs(Counter(named))
    precision = right / max(pairs(Counter(owner for owner, _ in named)), 1)
    recall = right / max(pairs(Counter(truth for _, truth in named)), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)
