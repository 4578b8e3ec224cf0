"""What the core alone reaches with the weights that ship, on real files where they are there."""

from __future__ import annotations

import os
import random

import pytest

from tests.quality.fields import DATA, load
from tests.quality.in_memory import Matcher, pairwise

FLOORS = {
    "fake_1000": (0.99, 0.94),
    "truth_set": (0.80, 0.85),
    "historical_50k_dev": (0.93, 0.89),
    "people_crm_dev": (0.995, 0.95),
    "households_dev": (0.98, 0.96),
}
"""Least precision and F1 at the fixed threshold 0.95, in any order."""
LONG = {"people_crm_dev", "households_dev"}


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not there")
@pytest.mark.parametrize("name", FLOORS)
def test_matching_reaches_its_floor(name: str) -> None:
    """In a seeded shuffle; the larger sets in `make prove`'s long form (PROVE=long)."""
    if name in LONG and os.environ.get("PROVE") != "long":
        pytest.skip("long")
    records = load(name)
    random.Random(1).shuffle(records)
    matcher = Matcher()
    for record in records:
        matcher.take(record)
    precision, recall, f1 = pairwise(matcher, records)
    share = matcher.reviews / len(records)
    print(f"\n{name}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}, reviews {share:.3f}")
    assert precision >= FLOORS[name][0]
    assert f1 >= FLOORS[name][1]
