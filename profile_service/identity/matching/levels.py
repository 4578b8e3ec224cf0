"""What a comparison answers, and which of several pairs of values is the best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from profile_service.identity.matching.vocabulary import Comparison, Level


class Agreement(NamedTuple):
    """What one comparison found: its level, and the value whose frequency counts (empty: the level's own figure)."""

    comparison: Comparison
    level: Level
    value: str = ""


Ranks = Mapping[Level, int]
LevelOf = Callable[[str, str], Level | None]


def best_of(levels: Iterable[tuple[Level, str]], ranks: Ranks) -> tuple[Level, str] | None:
    """The best level with its value; of equal ones the first value by name: the order of values never counts."""
    best: tuple[Level, str] | None = None
    for pair in levels:
        if best is None or (ranks[pair[0]], pair[1]) < (ranks[best[0]], best[1]):
            best = pair
    return best


def best_pair(left: frozenset[str], right: frozenset[str], level_of: LevelOf, ranks: Ranks) -> tuple[Level, str] | None:
    """The best level of all pairs of values, with the left one; most customers have one of a kind."""
    if len(left) == len(right) == 1:
        (mine,), (other,) = left, right
        level = level_of(mine, other)
        return None if level is None else (level, mine)
    levels = ((level, a) for a in left for b in right if (level := level_of(a, b)) is not None)
    return best_of(levels, ranks)
