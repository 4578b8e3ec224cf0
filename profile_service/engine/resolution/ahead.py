"""The calls of a batch in their order: what each concerns, and what those ahead of it leave behind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from profile_service.engine.graph.evidence import Evidence
from profile_service.engine.matching.description import Description
from profile_service.engine.matching.search import NOBODY, Matched, Matching
from profile_service.engine.resolution.single import Resolving
from profile_service.identity.graph.model import ProfileId
from profile_service.identity.matching.decision import Candidate
from profile_service.store.queries.found import Found
from profile_service.store.queries.matching import CandidateRows

WAITING = ""
"""The profile of a record that is not written yet."""


@dataclass(slots=True)
class Turn:
    """One call in a round."""

    place: int
    call: Resolving
    found: Found
    matching: Matching | None = None
    names: CandidateRows = NOBODY
    matched: Matched = field(default_factory=Matched)
    evidence: Evidence | None = None

    @property
    def keys(self) -> set[bytes]:
        """The keys that say that two calls concern each other."""
        return {self.call.once.key, *(item.key for item in self.call.items if item.key is not None)}

    def touched(self) -> set[ProfileId]:
        """The profiles that it may change, as far as is known: those of its identifiers, and those that it joins."""
        owners = {node.profile for node in self.found.nodes.values() if node.profile is not None}
        return owners | {ProfileId(name) for name in self.matched.owners()}

    def compared(self) -> set[ProfileId]:
        """The profiles that it is compared with."""
        return set() if self.matching is None else set(self.matching.whole)


@dataclass(slots=True)
class Ahead:
    """What the calls of a round did so far, as those behind them have to see it."""

    keys: set[bytes] = field(default_factory=set[bytes])
    profiles: set[ProfileId] = field(default_factory=set[ProfileId])
    described: defaultdict[bytes, list[Description]] = field(default_factory=lambda: defaultdict(list))
    people: Counter[bytes] = field(default_factory=Counter[bytes])

    def add(self, turn: Turn) -> None:
        self.keys |= turn.keys
        self.profiles |= turn.touched()
        if turn.call.description is not None:
            for key in turn.call.description.keys:
                self.described[key].append(turn.call.description)

    def bring(self, turn: Turn) -> None:
        """Count the values of a call that is decided, and the customer whom it makes where it joins nobody."""
        self.people.update(turn.matched.counted)
        description = turn.call.description
        if description is not None and not turn.touched():
            self.people[description.key_of_people] += 1

    def shown(self, rows: CandidateRows, description: Description) -> CandidateRows:
        """The rows with the sizes and counts that the calls ahead leave behind."""
        sizes = [
            size + len(self.described.get(key, ())) for key, size in zip(description.keys, rows.sizes, strict=True)
        ]
        return replace(rows, sizes=sizes, counts=self.counted(description.compared_keys, rows.counts))

    def counted(self, keys: Iterable[bytes], counts: Sequence[int]) -> list[int]:
        """How many people have each value, with those that the calls ahead bring."""
        return [count + self.people[key] for key, count in zip(keys, counts, strict=True)]

    def resembling(self, description: Description, sizes: Sequence[int], cap: int) -> list[Candidate]:
        """The records ahead that share a blocking key which is not too common."""
        alike = {
            id(other): other
            for key, size in zip(description.keys, sizes, strict=True)
            if size <= cap
            for other in self.described.get(key, ())
        }
        return [Candidate(profile=WAITING, via=WAITING, attributes=other.features) for other in alike.values()]
