"""How alike names are: given, family and middle names."""

from __future__ import annotations

from jellyfish import metaphone
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from profile_service.identity.matching.attributes import Attributes, PersonName
from profile_service.identity.matching.levels import Agreement, best_of
from profile_service.identity.matching.nicknames import are_nicknames, is_listed
from profile_service.identity.matching.vocabulary import RANKS, Comparison, Level

CLOSE, SIMILAR = 0.92, 0.84
"""Jaro-Winkler similarities (Winkler 1990) from which a word is close or similar."""
INITIALS = 2
"""So many letters stand for every name that begins with them."""
TWO_SLIPS = 5
"""A name of so many letters may have two slips of the keys."""
NAME_SLIPS = 2
"""A given name with more slips of the keys than these is another name (Darla and Darletta), unless it was cut off; a
name that stands by itself was not (Anna and Annabelle)."""
ALIKE = (Level.CLOSE, Level.SIMILAR)
LESS = {Level.CLOSE: Level.SIMILAR, Level.SIMILAR: Level.DIFFERENT, Level.INITIAL: Level.DIFFERENT}
"""What a level is worth in the other order."""


def _word_level(left: str, right: str) -> Level:
    if left == right:
        return Level.EXACT
    if are_nicknames(left, right):
        return Level.NICKNAME
    shorter = min(len(left), len(right))
    if left.startswith(right) or right.startswith(left):
        return Level.INITIAL if shorter <= INITIALS else Level.CLOSE
    alike = JaroWinkler.similarity(left, right)
    if alike >= CLOSE or (shorter > 3 and DamerauLevenshtein.distance(left, right, score_cutoff=1) == 1):
        return Level.CLOSE
    if shorter >= TWO_SLIPS and DamerauLevenshtein.distance(left, right, score_cutoff=NAME_SLIPS) <= NAME_SLIPS:
        return Level.SIMILAR
    return Level.SIMILAR if alike >= SIMILAR else Level.DIFFERENT


def _given_level(left: str, right: str) -> Level:
    """Two known names that are alike are still two names (Darla and Darlene), unless they sound the same."""
    level = _word_level(left, right)
    if level not in ALIKE:
        return level
    if is_listed(left) and is_listed(right) and metaphone(left) != metaphone(right):
        return Level.DIFFERENT
    if DamerauLevenshtein.distance(left, right) > NAME_SLIPS:
        shorter, longer = sorted((left, right), key=len)
        return level if longer.startswith(shorter) and not is_listed(shorter) else Level.DIFFERENT
    return level


def _family_level(left: str, right: str) -> Level:
    """Family names of several words agree closely where one holds a word of the other (marriage, second surname)."""
    if left == right:
        return Level.EXACT
    if (" " in left or " " in right) and set(left.split()) & set(right.split()):
        return Level.CLOSE
    level = _word_level(left.replace(" ", ""), right.replace(" ", ""))
    return {Level.NICKNAME: Level.SIMILAR, Level.INITIAL: Level.SIMILAR}.get(level, level)


Pair = tuple[Agreement | None, Agreement | None]


def _names(given: str, family: str, right: PersonName) -> Pair:
    if _is_one_name_parted_elsewhere(given, family, right):
        return Agreement(Comparison.GIVEN_NAME, Level.EXACT), Agreement(Comparison.FAMILY_NAME, Level.EXACT)
    of_given = of_family = None
    if given and right.given:
        level = _given_level(given, right.given)
        of_given = Agreement(Comparison.GIVEN_NAME, level, given if level is Level.EXACT else "")
    if family and right.family:
        level = _family_level(family, right.family)
        of_family = Agreement(Comparison.FAMILY_NAME, level, family if level is Level.EXACT else "")
    return of_given, of_family


def _is_one_name_parted_elsewhere(given: str, family: str, right: PersonName) -> bool:
    """Whether both are the same letters, in given and family name together."""
    mine, other = given + family, right.given + right.family
    if mine[:1] != other[:1] or (given == right.given and family == right.family):
        return False
    has_both = (given and family) or (right.given and right.family)
    return bool(has_both) and mine.replace(" ", "") == other.replace(" ", "")


def _rank(pair: Pair) -> tuple[int, int, str, str]:
    """The best pair first. A part that is missing counts more than one that differs: it must not hide a difference."""
    given, family = pair
    places = (_place(Comparison.GIVEN_NAME, given), _place(Comparison.FAMILY_NAME, family))
    return sum(places), max(places), given.value if given else "", family.value if family else ""


def _place(comparison: Comparison, part: Agreement | None) -> int:
    """The place of a part's level; behind all levels where the part is missing."""
    ranks = RANKS[comparison]
    return len(ranks) if part is None else ranks[part.level]


def _has_exact_part(pair: Pair) -> bool:
    """Whether a part agrees exactly: then the other order says nothing better."""
    return any(part is not None and part.level is Level.EXACT for part in pair)


def _turned(pair: Pair) -> Pair:
    """Names in the other order: a part that is only like the other says a level less."""
    given, family = (part and part._replace(level=LESS.get(part.level, part.level)) for part in pair)
    return given, family


def compare_names(left: Attributes, right: Attributes) -> list[Agreement]:
    """Given and family name of the best pair of names, in the order that fits better: many sources swap them. What is
    only alike in the other order says less (Shawn Gray is not Grace Shaw)."""
    pairs: list[Pair] = []
    for mine in left.names:
        for other in right.names:
            pair = _names(mine.given, mine.family, other)
            pairs.append(pair)
            if mine.given and mine.family and other.given and other.family and not _has_exact_part(pair):
                pairs.append(_turned(_names(mine.family, mine.given, other)))
    if not pairs:
        return []
    best = pairs[0] if len(pairs) == 1 else min(pairs, key=_rank)
    return [agreement for agreement in best if agreement is not None]


def _middle_level(left: str, right: str) -> Level:
    """A word in common, else the first letters where one of them is no more than that."""
    mine, other = left.split(), right.split()
    if any(len(word) > 1 and word in other for word in mine):
        return Level.EXACT
    short = any(len(a) == 1 or len(b) == 1 for a in mine for b in other if a[0] == b[0])
    return Level.INITIAL if short else Level.DIFFERENT


def compare_middle_names(left: Attributes, right: Attributes) -> tuple[Level, str] | None:
    """The level at which middle names agree; None where a side has none."""
    mine = [name.middle for name in left.names if name.middle]
    if not mine:
        return None
    other = [name.middle for name in right.names if name.middle]
    levels = ((_middle_level(a, b), "") for a in mine for b in other)
    return best_of(levels, RANKS[Comparison.MIDDLE_NAME])
