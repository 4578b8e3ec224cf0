"""What the core alone reaches with the weights that ship, on real files where they are there."""

from __future__ import annotations

import os
import random

import pytest

from profile_service.play.score import score
from tests.quality.fields import DATA, FLOORS, SETS, is_there, load
from tests.quality.in_memory import Matcher, owners

LONG = {"people_crm_dev", "households_dev", "omni_stream_dev"}


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not there")
@pytest.mark.parametrize("name", FLOORS)
def test_matching_reaches_its_floor(name: str) -> None:
    """In a seeded shuffle; the larger sets in `make prove`'s long form (PROVE=long)."""
    if not is_there(name):
        pytest.skip("its file is not there")
    if name in LONG and os.environ.get("PROVE") != "long":
        pytest.skip("long")
    records = load(name)
    if not SETS[name].ordered:
        random.Random(1).shuffle(records)
    matcher = Matcher()
    for record in records:
        matcher.take(record)
    reached = score(owners(matcher, records), [item.truth for item in records])
    share = matcher.reviews / len(records)
    print(f"\n{name}: {reached}, reviews {share:.3f}")
    assert reached.precision >= FLOORS[name][0]
    assert reached.f1 >= FLOORS[name][1]
