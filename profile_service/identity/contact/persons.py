"""Whether what is shown in a contact is another person's than who was there (D5), or than who is handed over (D6).
Nothing here holds a personal value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.identity.policy import Policy

LOGINS = frozenset({"SIGNED_LOGIN", "KEYED_SECRET"})
"""Methods of who comes back to an account of their own."""
Pair = frozenset[NodeId]


class Known(NamedTuple):
    """An identifier that was shown, with its best proof. `stands`: in the contact itself, and was not taken back. Who
    is there is known by what was taken back too, and by what the legs before showed; nothing is linked with that."""

    node: NodeId
    namespace: str
    assurance: Assurance
    method: str = ""
    stands: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """What is known of identifiers that are compared: those that were known before the contact (on file, or proved in
    another); pairs that a record of a source of record states both of, or that were proved together before; and pairs
    of which one is on file only at records that contradict those of the other."""

    known: frozenset[NodeId] = frozenset()
    together: frozenset[Pair] = frozenset()
    apart: frozenset[Pair] = frozenset()

    def are_together(self, this: NodeId, other: NodeId) -> bool:
        """Whether the two are known as one person's."""
        return frozenset({this, other}) in self.together

    def contradict(self, this: NodeId, other: NodeId) -> bool:
        """Whether records speak against that the first is of who has the second."""
        return frozenset({this, other}) in self.apart


def persons_of(
    before: Sequence[Known], shown: Sequence[Known], acquaintance: Acquaintance, policy: Policy
) -> list[int]:
    """Which person each identifier of one call is of: 0 is who was there, others begin with the call."""
    persons = dict.fromkeys((this.node for this in shown), 0)
    there, number = list(before), 0
    for group in _groups(shown, acquaintance, policy):
        if is_another(there, group, acquaintance, policy):
            number, there = number + 1, []
        there += group
        persons.update(dict.fromkeys((this.node for this in group), number))
    return [persons[this.node] for this in shown]


def is_another(
    before: Sequence[Known],
    shown: Sequence[Known],
    acquaintance: Acquaintance,
    policy: Policy,
    least: Assurance = Assurance.VERIFIED,
) -> bool:
    """Whether what is shown, proved so well at least, is of somebody else: by a login that shares nothing with what was
    proved; by a second value of a namespace, where both were known; by what is on file at others only."""
    proved = [
        this for this in before if this.assurance is Assurance.VERIFIED and policy.namespace(this.namespace).opens
    ]
    theirs = [this for this in before if this.assurance >= least] if least < Assurance.VERIFIED else proved
    new = [this for this in shown if this.assurance >= least and this.node not in {known.node for known in theirs}]
    if not theirs:
        return False
    return _is_foreign_login(proved, shown, acquaintance) or any(
        _is_second(this, theirs, acquaintance, policy) or _is_others(this, theirs, acquaintance) for this in new
    )


def _groups(shown: Sequence[Known], acquaintance: Acquaintance, policy: Policy) -> Iterator[list[Known]]:
    """One call may show two people: each second proved value of a namespace is looked at by itself."""
    first: list[Known] = []
    seconds: list[Known] = []
    for this in shown:
        proved = [known for known in first if known.assurance is Assurance.VERIFIED and known.node != this.node]
        is_second = this.assurance is Assurance.VERIFIED and _is_second(this, proved, acquaintance, policy)
        (seconds if is_second else first).append(this)
    yield first
    yield from ([this] for this in seconds)


def _is_foreign_login(proved: Sequence[Known], shown: Sequence[Known], acquaintance: Acquaintance) -> bool:
    logins = [this.node for this in shown if this.method in LOGINS]
    verified = {this.node for this in shown if this.assurance is Assurance.VERIFIED}
    known = {this.node for this in proved}
    together = any(acquaintance.are_together(login, other) for login in logins for other in known)
    return bool(logins) and bool(known) and not verified & known and not together


def _is_second(this: Known, theirs: Iterable[Known], acquaintance: Acquaintance, policy: Policy) -> bool:
    same = [other.node for other in theirs if other.namespace == this.namespace and other.node != this.node]
    if not same or not policy.namespace(this.namespace).opens:
        return False
    if any(acquaintance.are_together(this.node, other) for other in same):
        return False
    return this.node in acquaintance.known and any(other in acquaintance.known for other in same)


def _is_others(this: Known, theirs: Iterable[Known], acquaintance: Acquaintance) -> bool:
    others = [other.node for other in theirs]
    if any(acquaintance.are_together(this.node, other) for other in others):
        return False
    return any(acquaintance.contradict(this.node, other) for other in others)
