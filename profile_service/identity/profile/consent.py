"""Consents: the last word of each node, and of those the strictest (I16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
        consent = merged.get(place)
        if consent is None or (consent.granted and not fact.granted):
            merged[place] = fact
    return tuple(merged[place] for place in sorted(merged))
