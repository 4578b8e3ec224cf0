"""Our comparisons as a function of two packed records, which Splink's engine calls from SQL (DuckDB or Spark)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.comparisons import compare

NOT_COMPARED = ""


@lru_cache(maxsize=200_000)
def _attributes(packed: str) -> Attributes:
    return msgspec.json.decode(packed, type=Attributes)


@lru_cache(maxsize=65_536)
def _levels(left: str, right: str) -> Mapping[str, str]:
    """A column of SQL asks for one comparison after the other, over blocks of some thousand pairs."""
    return {
        agreement.comparison.value: agreement.level.value
        for agreement in compare(_attributes(left), _attributes(right))
    }


def agreement(left: str, right: str, comparison: str) -> str:
    """The level at which two records agree; empty where one of them does not say."""
    return _levels(left, right).get(comparison, NOT_COMPARED)
