"""What two records say of each other (E2)."""

from __future__ import annotations

from itertools import product

import pytest

from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.opinion import AGAINST, objection, opinion

GIVEN = ("Anna", "Annie", "Ben", "")
DATES = ("1980-01-01", "1980-01", "1991-05-07", "")
SUFFIXES = ("", "Jr", "Sr")
DOCUMENTS = ("", "P1234567", "P7654321")


def record(given: str, date: str, suffix: str, document: str) -> Attributes:
    """What a record says, without what is empty."""
    family = f"Huber {suffix}".strip()
    known = {"given_name": given, "family_name": family, "birth_date": date, "government_id/passport": document}
    return parse_attributes({name: value for name, value in known.items() if value})


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_e2_an_objection_is_an_opinion_against(suffix: str, document: str) -> None:
    """Names are not compared where the dates say enough; what comes of it is the same."""
    sides = [record(*parts) for parts in product(GIVEN, DATES, SUFFIXES, DOCUMENTS)]
    found = set[object]()
    for mine, other in product((record(*known, suffix, document) for known in product(GIVEN, DATES)), sides):
        judged, against = opinion(mine, other), objection(mine, other)
        found.add(against)
        assert against == (judged if judged in AGAINST else None), (mine, other)
    assert len(found) == 3, found
