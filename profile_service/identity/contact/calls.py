"""Who spoke in the legs of a call, and what they opened (D2, D5, D6). Times are microseconds since the epoch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from profile_service.identity.contact.disclosure import Matched, Proof

FOR_EVER = 1 << 63


class Shown(NamedTuple):
    """A proof in a contact: whose of several persons it is, and since when."""

    person: int
    occur_time_us: int
    proof: Proof


class Answered(NamedTuple):
    """An answer in a contact that matched, and when."""

    occur_time_us: int
    answer: Matched


class Spoken(NamedTuple):
    """A contact as far as it says who spoke: since when others than the first did, the legs of its call before it, and
    what was shown and answered."""

    start_time_us: int
    persons: tuple[int, ...]
    legs: tuple[str, ...]
    shown: tuple[Shown, ...] | None
    answered: tuple[Answered, ...] | None


Calls = Mapping[str, Spoken]
"""Contacts by id, with all legs before them."""


class Leg(NamedTuple):
    """A contact of a call, and who spoke there; until when that is the call's, where it was handed over."""

    contact: str
    person: int
    until_us: int | None


class Opening(NamedTuple):
    """What opens cores: proofs, and answers that matched."""

    proofs: Sequence[Proof] = ()
    answers: Sequence[Matched] = ()


def person_at(contact: Spoken, time_us: int | None) -> int:
    """Who spoke in a contact at a time (None: who spoke last); the first is 0."""
    return len(contact.persons) if time_us is None else bisect_right(contact.persons, time_us)


def legs_of(calls: Calls, name: str, time_us: int | None = None) -> list[Leg]:
    """The contact with who spoke there at a time (None: last), and, of the first, the legs before it with who was there
    when the call was handed over."""
    contact = calls[name]
    person = person_at(contact, time_us)
    if person or not contact.legs:
        return [Leg(name, person, None)]
    before = [(leg, calls[leg]) for leg in contact.legs if leg in calls]

    def handed_over(leg: str) -> int:
        return min((contact.start_time_us, *(other.start_time_us for _, other in before if leg in other.legs)))

    untils = [(leg, spoken, handed_over(leg)) for leg, spoken in before]
    return [Leg(name, person, None), *(Leg(leg, person_at(spoken, until), until) for leg, spoken, until in untils)]


def opened_in(calls: Calls, name: str, time_us: int | None = None, until_us: int | None = None) -> Opening:
    """What a person opened in a contact, with what the legs before it hand over; nothing shown after `until_us`
    (None: all of it)."""
    proofs: list[Proof] = []
    answers: list[Matched] = []
    for leg in legs_of(calls, name, time_us) if name in calls else ():
        contact = calls[leg.contact]
        end = min((end for end in (leg.until_us, until_us) if end is not None), default=FOR_EVER)
        proofs += [
            shown.proof for shown in contact.shown or () if shown.person == leg.person and shown.occur_time_us <= end
        ]
        answers += [
            answered.answer
            for answered in contact.answered or ()
            if person_at(contact, answered.occur_time_us) == leg.person and answered.occur_time_us <= end
        ]
    return Opening(proofs, answers)
