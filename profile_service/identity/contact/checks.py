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
    """A record whose values may be answers."""

    node: NodeId
    core: NodeId
    values: Mapping[str, str]


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
    """Compare answers with the records; `failed` are the answers that failed before, by core. An answer fails where it
    fits none of the cores that have a value. What fails within the call counts before what fits: guessing many at once
    is no way around the limit."""
    compared = [record for record in records if failed.get(record.core, 0) < policy.checks_per_day]
    asked = [name for name in answers if policy.points.get(name)]
    knowing = {name: [record for record in compared if record.values.get(name)] for name in asked}
    fitting = {name: _fitting(name, answers[name], knowing[name]) for name in asked}
    wrong = {name: _one_of_each_core(knowing[name]) for name in asked if knowing[name] and not fitting[name]}
    counted = Counter(failed)
    counted.update(core for cores in wrong.values() for core in cores)
    lost = frozenset(core for core, times in counted.items() if times >= policy.checks_per_day)
    right = {name: _one_of_each_core([record for record in fitting[name] if record.core not in lost]) for name in asked}
    return Judged(
        verdicts={name: _verdict(fitting.get(name), right.get(name)) for name in answers},
        matched={
            name: next(iter(cores.values())) if len(cores) == 1 else None for name, cores in right.items() if cores
        },
        failed={name: sorted(cores.values()) for name, cores in wrong.items()},
    )


def _fitting(attribute: str, answer: str, records: Sequence[Answerable]) -> list[Answerable]:
    return [record for record in records if answer_matches(attribute, answer, [record.values[attribute]])]


def _verdict(fitting: Sequence[Answerable] | None, right: Mapping[NodeId, NodeId] | None) -> Verdict:
    """Of what was not asked for, or fits a core of which nothing counts any more, nothing is said."""
    if fitting is None or (fitting and not right):
        return Verdict.NOT_CHECKED
    return Verdict.MATCH if right else Verdict.NO_MATCH


def _one_of_each_core(records: Sequence[Answerable]) -> dict[NodeId, NodeId]:
    """The smallest record of each core."""
    return {record.core: record.node for record in sorted(records, key=lambda record: record.node, reverse=True)}
