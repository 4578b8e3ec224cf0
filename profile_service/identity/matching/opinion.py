"""What two records say of each other: whether they can be of one customer (E2, E6). What is missing says nothing."""

from __future__ import annotations

from enum import StrEnum

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.comparisons import compare_birth_dates, compare_documents, compare_persons
from profile_service.identity.matching.vetoes import DIFFERENT_DATES, NEARLY_ONE, OTHER_NAME, Levels, against_document
from profile_service.identity.matching.vocabulary import Comparison, Level

ONE_DATE = (Level.EXACT, Level.PARTIAL)
ONE_NAME = (Level.EXACT, Level.NICKNAME, Level.CLOSE, Level.INITIAL)


class Opinion(StrEnum):
    """SILENT: nothing either way. OTHER_NAME: the given names differ, and nothing else says that they are one."""

    SILENT = "silent"
    AGREE = "agree"
    OTHER_NAME = "other_name"
    CONTRADICT = "contradict"


AGAINST = frozenset({Opinion.CONTRADICT, Opinion.OTHER_NAME})


def person_of(said: Attributes) -> Attributes:
    """What of a record counts here: names, birth dates and documents."""
    return Attributes(names=said.names, birth_dates=said.birth_dates, government_ids=said.government_ids)


def opinion(left: Attributes, right: Attributes) -> Opinion:
    """A document or a generation contradicts, and a given name with a birth date; each of them agrees likewise."""
    return _judged(left, right, _levels(left, right))


def objection(left: Attributes, right: Attributes) -> Opinion | None:
    """What speaks against that they are one (None: nothing does). Where a birth date agrees and there are no documents,
    names say nothing against it, and are not compared."""
    if left.birth_dates and right.birth_dates and not (left.government_ids and right.government_ids):
        dates = {agreement.level for agreement in compare_birth_dates(left.birth_dates, right.birth_dates)}
        if not dates.isdisjoint(ONE_DATE):
            return Opinion.CONTRADICT if against_document(left, right, {}) else None
    said = opinion(left, right)
    return said if said in AGAINST else None


def is_another_person(left: Attributes, right: Attributes) -> bool:
    """Whether two deliveries of one record are of two people: they contradict each other, and the given name is another
    one. A document or a generation alone is a correction."""
    levels = _levels(left, right)
    return levels.get(Comparison.GIVEN_NAME) in OTHER_NAME and _judged(left, right, levels) is Opinion.CONTRADICT


def _levels(left: Attributes, right: Attributes) -> Levels:
    agreements = compare_persons(left, right)
    if left.government_ids and right.government_ids:
        agreements += compare_documents(left.government_ids, right.government_ids)
    return {agreement.comparison: agreement.level for agreement in agreements}


def _judged(left: Attributes, right: Attributes, levels: Levels) -> Opinion:
    return Opinion.CONTRADICT if against_document(left, right, levels) else _of_persons(levels)


def _of_persons(levels: Levels) -> Opinion:
    given, date = levels.get(Comparison.GIVEN_NAME), levels.get(Comparison.BIRTH_DATE)
    one_document = levels.get(Comparison.GOVERNMENT_ID) in NEARLY_ONE
    if given in OTHER_NAME:
        if date in DIFFERENT_DATES:
            return Opinion.CONTRADICT
        return Opinion.SILENT if one_document or date in ONE_DATE else Opinion.OTHER_NAME
    if one_document or (given in ONE_NAME and date in ONE_DATE):
        return Opinion.AGREE
    return Opinion.SILENT
