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
