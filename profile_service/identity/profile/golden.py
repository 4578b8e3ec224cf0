"""Derived records: attributes after survivorship, and the strictest consent (I16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from profile_service.identity.graph.model import Disclosure
from profile_service.identity.text.placeholders import means_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordValues:
    """What one source record says, and when it said so (microseconds since the epoch). `disclosure`: its level, where a
    contact reads it."""

    source: str
    occur_time: int
    attributes: Mapping[str, str]
    disclosure: Disclosure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """One attribute of the golden record with its provenance; a pin has no source. `disclosure`: its level in a
    context; `masked`: it is on file, and may be asked, so its value is not shown."""

    attribute: str
    value: str
    source: str
    occur_time: int
    pinned: bool
    disclosure: Disclosure | None = None
    masked: bool = False


class Chosen(NamedTuple):
    """A value that somebody set, with its level in a context."""

    value: str
    disclosure: Disclosure | None = None


def survivorship(records: Iterable[RecordValues], pins: Mapping[str, Chosen]) -> tuple[Survivor, ...]:
    """The golden record: a pin wins, else the value that was said last; ties go to the source that sorts first. Values
    survive per level: what may be said stands before what may not."""
    best: dict[str, Survivor] = {}
    for record in sorted(records, key=lambda record: (-(record.disclosure or 0), -record.occur_time, record.source)):
        for attribute, value in record.attributes.items():
            if attribute not in best and not means_nothing(value):
                best[attribute] = Survivor(
                    attribute=attribute,
                    value=value,
                    source=record.source,
                    occur_time=record.occur_time,
                    pinned=False,
                    disclosure=record.disclosure,
                )
    for attribute, pin in pins.items():
        if attribute not in best or (pin.disclosure or 0) >= (best[attribute].disclosure or 0):
            best[attribute] = Survivor(
                attribute=attribute, value=pin.value, source="", occur_time=0, pinned=True, disclosure=pin.disclosure
            )
    return tuple(best[attribute] for attribute in sorted(best))
