"""Derived records: attributes after survivorship, and the strictest consent (I16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordValues:
    """What one source record says, and when it said so (microseconds since the epoch)."""

    source: str
    occur_time: int
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """One attribute of the golden record with its provenance; a pin has no source."""

    attribute: str
    value: str
    source: str
    occur_time: int
    pinned: bool


def survivorship(records: Iterable[RecordValues], pins: Mapping[str, str]) -> tuple[Survivor, ...]:
    """The golden record: a pin wins, else the value that was said last; ties go to the source that sorts first."""
    best: dict[str, Survivor] = {}
    for record in sorted(records, key=lambda record: (-record.occur_time, record.source)):
        for attribute, value in record.attributes.items():
            if value and attribute not in best:
                best[attribute] = Survivor(
                    attribute=attribute, value=value, source=record.source, occur_time=record.occur_time, pinned=False
                )
    for attribute, value in pins.items():
        best[attribute] = Survivor(attribute=attribute, value=value, source="", occur_time=0, pinned=True)
    return tuple(best[attribute] for attribute in sorted(best))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentFact:
    """One appended consent of one node."""

    node: str
    purpose: str
    channel: str
    brand: str
    granted: bool
    occur_time: int


def strictest(consents: Iterable[ConsentFact]) -> tuple[ConsentFact, ...]:
    """Per purpose, channel and brand: the last word of each node, and of those the strictest. A merge can only
    tighten; taking the nodes apart gives each side its own again."""
    last: dict[tuple[str, str, str, str], ConsentFact] = {}
    for fact in sorted(consents, key=lambda fact: (fact.occur_time, not fact.granted)):
        last[fact.node, fact.purpose, fact.channel, fact.brand] = fact
    merged: dict[tuple[str, str, str], ConsentFact] = {}
    for fact in last.values():
        place = (fact.purpose, fact.channel, fact.brand)
        held = merged.get(place)
        if held is None or (held.granted and not fact.granted):
            merged[place] = fact
    return tuple(merged[place] for place in sorted(merged))
