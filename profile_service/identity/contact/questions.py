"""The cheapest question that would settle who it is, computed from what the candidates are known by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from profile_service.identity.policy import Policy


class AskKind(IntEnum):
    """What to ask for; the numbers are those of the proto."""

    IDENTIFIER = 1
    ANSWER = 2
    ONE_TIME_PASSWORD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question, and how many candidates its answer tells apart from all others."""

    kind: AskKind
    key: str
    separates: int


def separating_question(
    known: Sequence[Mapping[str, frozenset[str]]], policy: Policy, asked: frozenset[str] = frozenset()
) -> Ask | None:
    """Choose the question that separates most candidates; among equals the policy's `ask_order` decides. Never what was
    brought or asked (`asked`).

    `known` has one mapping per candidate: namespace or attribute -> canonical values.
    """
    best: Ask | None = None
    for key in policy.ask_order:
        if key in asked:
            continue
        values = Counter(value for candidate in known for value in candidate.get(key, frozenset()))
        apart = sum(any(values[value] == 1 for value in candidate.get(key, frozenset())) for candidate in known)
        if apart > (best.separates if best else 0):
            kind = AskKind.IDENTIFIER if policy.registered(key) else AskKind.ANSWER
            best = Ask(kind=kind, key=key, separates=apart)
    return best


def proving_question(known: Mapping[str, frozenset[str]], asked: frozenset[str], policy: Policy) -> Ask | None:
    """Choose what would prove the one customer that was found: a password to an address, else an answer that counts;
    never what the contact proved, was asked or found the customer by (`asked`)."""
    for key in ("phone", "email"):
        if known.get(key) and key not in asked:
            return Ask(kind=AskKind.ONE_TIME_PASSWORD, key=key, separates=1)
    for key in policy.ask_order:
        if known.get(key) and key not in asked and policy.points.get(key):
            return Ask(kind=AskKind.ANSWER, key=key, separates=1)
    return None
