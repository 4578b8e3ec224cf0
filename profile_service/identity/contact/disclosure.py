"""What may be said to the person in a contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, Disclosure
from profile_service.identity.policy import Policy


class Check(NamedTuple):
    """An answer of the customer that was compared."""

    attribute: str
    matched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a contact has proved: how well its anchor is proved, what answers matched, and what else is known."""

    anchored: bool
    anchor_assurance: Assurance
    checks_matched: int
    candidates: int
    shared: bool
    ambiguous: bool
    corrected: bool


def disclose(standing: Standing, policy: Policy) -> tuple[Disclosure, str]:
    """What may be said, and why (no personal value in it). Zero knowledge discloses nothing (I15)."""
    if standing.ambiguous:
        return Disclosure.WITHHOLD, "several customers could be meant"
    if not standing.anchored:
        if standing.candidates == 1:
            return Disclosure.VERIFY_FIRST, "one customer was found by what was claimed, and nothing of it is proved"
        if standing.shared:
            return Disclosure.WITHHOLD, "the identifier is used by several customers"
        return Disclosure.WITHHOLD, "nothing shows who this is"
    if standing.corrected and standing.checks_matched < policy.checks_for_safe:
        return Disclosure.VERIFY_FIRST, "an agent named the customer; nothing in this contact proves it yet"
    if standing.anchor_assurance >= policy.safe:
        return Disclosure.SAFE, "verified in this contact"
    if standing.checks_matched >= policy.checks_for_safe:
        return Disclosure.SAFE, f"{standing.checks_matched} answers matched on top of an observed identifier"
    return Disclosure.VERIFY_FIRST, "observed, not verified, in this contact"
