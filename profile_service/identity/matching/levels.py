"""What a comparison answers: a level, best first, and which of several pairs of values is the best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple


class Agreement(NamedTuple):
    """What one comparison found: its level, and the value whose frequency counts (empty: the level's own figure)."""

    comparison: str
    level: str
    value: str = ""


Ranks = Mapping[str, int]
Level = Callable[[str, str], str | None]


def ranks_of(*levels: str) -> Ranks:
    """The levels of a comparison, best first."""
    return {level: rank for rank, level in enumerate(levels)}


def best_of(levels: Iterable[tuple[str, str]], ranks: Ranks) -> tuple[str, str] | None:
    """The best level with its value; of equal ones the first value by name: the order of values never counts."""
    best: tuple[str, str] | None = None
    for found in levels:
        if best is None or (ranks[found[0]], found[1]) < (ranks[best[0]], best[1]):
            best = found
    return best


def best_pair(left: frozenset[str], right: frozenset[str], level_of: Level, ranks: Ranks) -> tuple[str, str] | None:
    """The best level of all pairs of values, with the left one; most customers have one of a kind."""
    if len(left) == len(right) == 1:
        (mine,), (other,) = left, right
        level = level_of(mine, other)
        return None if level is None else (level, mine)
    levels = ((level, a) for a in left for b in right if (level := level_of(a, b)) is not None)
    return best_of(levels, ranks)
