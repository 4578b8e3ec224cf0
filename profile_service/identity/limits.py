"""How much of anything is shown at most. The functions of the store take these as parameters: no limit stands twice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextLimits:
    """The parts of a handoff context, each with the most that is shown of it."""

    interactions: int = 10
    contacts: int = 20
    ended: int = 5
    others: int = 10
    facts: int = 100
    facts_read: int = 400
    promises: int = 100
    candidates: int = 5
    nodes: int = 5000


CONVERSATIONS = 11
"""Open conversations of one identifier that a contact may go on with: those that moved last."""
CONTEXT = ContextLimits()
"""As shipped. `facts_read` counts those that were said again or withdrawn since, `nodes` those that are looked at."""
