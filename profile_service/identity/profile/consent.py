"""Consents: the last word of each core with its proof, and of those the strictest (I16)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, NodeId

MARKETING = "marketing"
"""The purpose that anybody may stop, also on a claim."""


class ConsentFact(NamedTuple):
    """One appended consent, with the core of what it hangs on, and how well it was shown that the customer said so."""

    core: NodeId
    purpose: str
    channel: str
    brand: str
    granted: bool
    occur_time: int
    worth: Assurance = Assurance.VERIFIED

    @property
    def place(self) -> tuple[str, str, str]:
        """What it is about."""
        return self.purpose, self.channel, self.brand


def latest_consent(consents: Iterable[ConsentFact], purpose: str, channel: str, brand: str) -> ConsentFact | None:
    """What holds for a contact of a purpose, on a channel and of a brand: of all that concerns it the last word of each
    core, and of those the strictest; None where nothing was said."""
    concerning = (
        fact._replace(channel=channel, brand=brand)
        for fact in consents
        if fact.purpose == purpose and fact.channel in ("", channel) and fact.brand in ("", brand)
    )
    return next(iter(standing_consents(concerning)), None)


def standing_consents(consents: Iterable[ConsentFact]) -> tuple[ConsentFact, ...]:
    """Per purpose, channel and brand: the last word of each core that counts, and of those the strictest. A merge can
    only tighten; taking the cores apart gives each side its own again."""
    last: dict[tuple[NodeId, tuple[str, str, str]], ConsentFact] = {}
    for fact in sorted(consents, key=lambda fact: (fact.occur_time, not fact.granted)):
        before = last.get((fact.core, fact.place))
        if _counts(fact, before):
            last[fact.core, fact.place] = fact
    merged: dict[tuple[str, str, str], ConsentFact] = {}
    for fact in last.values():
        consent = merged.get(fact.place)
        if consent is None or (consent.granted and not fact.granted):
            merged[fact.place] = fact
    return tuple(merged[place] for place in sorted(merged))


def _counts(fact: ConsentFact, before: ConsentFact | None) -> bool:
    """A STOP counts from an observation on, for marketing always; what relaxes one has to be proved. A claim permits
    nothing."""
    if not fact.granted:
        return fact.purpose == MARKETING or fact.worth > Assurance.CLAIMED
    if before is not None and not before.granted:
        return fact.worth is Assurance.VERIFIED
    return fact.worth > Assurance.CLAIMED
