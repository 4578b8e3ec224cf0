"""Which answers of a customer count (D7): of attributes that may be asked, for the core whose records they fit, and no
more than may fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from profile_service.identity.contact.answers import answer_matches
from profile_service.identity.graph.model import NodeId
from profile_service.identity.policy import Policy


class Verdict(IntEnum):
    """What came of an answer; the numbers are those of the proto."""

    MATCH = 1
    NO_MATCH = 2
    NOT_CHECKED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """A record whose values may be answers; `found_by` are those that found it on a claim, which are none."""

    node: NodeId
    core: NodeId
    values: Mapping[str, str]
    found_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdicts, and what is recorded: by attribute the record that an answer fits (None: those of several cores,
    which it tells nothing of), and the records of the cores that it fits none of."""

    verdicts: Mapping[str, Verdict]
    matched: Mapping[str, NodeId | None]
    failed: Mapping[str, Sequence[NodeId]]


def are_exhausted(records: Sequence[Answerable], failed: Mapping[NodeId, int], policy: Policy) -> bool:
    """Whether so many answers failed that nothing is compared any more."""
    return bool(records) and all(failed.get(record.core, 0) >= policy.checks_per_day for record in records)


def judge_answers(
    answers: Mapping[str, str], records: Sequence[Answerable], failed: Mapping[NodeId, int], policy: Policy
) -> Judged:
    """Compare answers with the records; `failed` are the answers that failed before, by core. An answer fails, for all
    cores that it may be about, where it fits none: also where none has such a value. What fails within the call counts
    before what fits: guessing many at once is no way around the limit."""
    compared = [record for record in records if failed.get(record.core, 0) < policy.checks_per_day]
    fits = {name: _fit(name, answers[name], compared) for name in answers if policy.points.get(name)}
    wrong = {name: sorted(fit.asked.values()) for name, fit in fits.items() if fit.asked and not fit.fitting}
    lost = _lost(failed, [fits[name] for name in wrong], policy)
    right = {name: fit.without(lost) for name, fit in fits.items()}
    return Judged(
        verdicts={name: _verdict(fits.get(name), right.get(name)) for name in answers},
        matched={name: _alone(cores) for name, cores in right.items() if cores},
        failed=wrong,
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    """The cores that an answer may be about, and those whose value it is, each with a record."""

    asked: Mapping[NodeId, NodeId]
    fitting: Mapping[NodeId, NodeId]

    def without(self, lost: frozenset[NodeId]) -> Mapping[NodeId, NodeId]:
        return {core: node for core, node in self.fitting.items() if core not in lost}


def _fit(attribute: str, answer: str, records: Sequence[Answerable]) -> _Fit:
    asked = [record for record in records if attribute not in record.found_by]
    knowing = [record for record in asked if record.values.get(attribute)]
    fitting = [record for record in knowing if answer_matches(attribute, answer, [record.values[attribute]])]
    return _Fit(_by_core(asked), _by_core(fitting))


def _by_core(records: Sequence[Answerable]) -> dict[NodeId, NodeId]:
    """The smallest record of each core."""
    return {record.core: record.node for record in sorted(records, key=lambda record: record.node, reverse=True)}


def _lost(failed: Mapping[NodeId, int], wrong: Sequence[_Fit], policy: Policy) -> frozenset[NodeId]:
    """The cores about which as many answers have failed as may, those of this call included."""
    counted = Counter(failed)
    counted.update(core for fit in wrong for core in fit.asked)
    return frozenset(core for core, times in counted.items() if times >= policy.checks_per_day)


def _alone(cores: Mapping[NodeId, NodeId]) -> NodeId | None:
    """The record of the only core."""
    return next(iter(cores.values())) if len(cores) == 1 else None


def _verdict(fit: _Fit | None, right: Mapping[NodeId, NodeId] | None) -> Verdict:
    """Of what was not asked for, or fits a core of which nothing counts any more, nothing is said."""
    if fit is None or (fit.fitting and not right):
        return Verdict.NOT_CHECKED
    return Verdict.MATCH if right else Verdict.NO_MATCH
