"""Derived records: attributes after survivorship, and the strictest consent (I16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from profile_service.identity.graph.model import Disclosure
from profile_service.identity.text.placeholders import means_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordValues:
    """What one source record says, and when it said so (microseconds since the epoch). `rank`: of its source, the
    lower one first; `disclosure`: its level, where a contact reads it."""

    source: str
    occur_time: int
    attributes: Mapping[str, str]
    rank: int = 0
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


ADDRESS = ("street", "postcode", "city", "region", "country")
"""One value: the street of one place and the city of another are no address."""


def survivorship(records: Iterable[RecordValues], pins: Mapping[str, Chosen]) -> tuple[Survivor, ...]:
    """The golden record: a pin wins, else the value that was said last; ties go to the source of the better rank, then
    to the value that sorts first. Values survive per level: what may be said stands before what may not. What means
    nothing is no value, and an address is one."""
    given = [(record, _meant(record)) for record in records]
    best: dict[str, Survivor] = _address(given)
    for attribute in {name for _, values in given for name in values if name not in ADDRESS}:
        said = [(record, values[attribute]) for record, values in given if attribute in values]
        record, value = min(said, key=_order)
        best[attribute] = _survivor(record, attribute, value)
    for attribute, pin in pins.items():
        if attribute not in best or (pin.disclosure or 0) >= (best[attribute].disclosure or 0):
            best[attribute] = Survivor(
                attribute=attribute, value=pin.value, source="", occur_time=0, pinned=True, disclosure=pin.disclosure
            )
    return tuple(best[attribute] for attribute in sorted(best))


def _meant(record: RecordValues) -> dict[str, str]:
    return {name: value for name, value in record.attributes.items() if not means_nothing(value)}


def _address(given: Iterable[tuple[RecordValues, Mapping[str, str]]]) -> dict[str, Survivor]:
    places = [(record, tuple(values.get(part, "") for part in ADDRESS)) for record, values in given]
    places = [(record, parts) for record, parts in places if any(parts)]
    if not places:
        return {}
    record, parts = min(places, key=_order)
    return {part: _survivor(record, part, value) for part, value in zip(ADDRESS, parts, strict=True) if value}


def _order(said: tuple[RecordValues, str | tuple[str, ...]]) -> tuple[int, int, int, str | tuple[str, ...]]:
    record, value = said
    return -(record.disclosure or 0), -record.occur_time, record.rank, value


def _survivor(record: RecordValues, attribute: str, value: str) -> Survivor:
    return Survivor(
        attribute=attribute,
        value=value,
        source=record.source,
        occur_time=record.occur_time,
        pinned=False,
        disclosure=record.disclosure,
    )
