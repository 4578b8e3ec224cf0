"""A score as people read it. The same score gives the same lines; no line holds a personal value."""

from __future__ import annotations

from profile_service.identity.matching.scoring import NEAR_MISS_MAX, Score


def running(held: Score) -> list[float]:
    """The score after each comparison."""
    total, found = held.prior, list[float]()
    for one in held.weighed:
        total += one.weight
        found.append(total)
    return found


def verdict(held: Score, join: float, review: float) -> str:
    """What a score alone comes to: join, review or apart."""
    if held.probability >= join:
        return "join"
    return "review" if held.probability >= review else "apart"


def lines(held: Score, join: float, review: float, result: str) -> list[str]:
    """The score, line by line, and what came of it."""
    found = [f"prior {held.prior:+.2f}: the odds before anything is compared"]
    for one, total in zip(held.weighed, running(held), strict=True):
        name = one.agreement.comparison.replace("_", " ")
        level = one.agreement.level.replace("_", " ")
        found.append(f"{name} {level}: {one.weight:+.2f}, running {total:+.2f}")
    found += [f"forbidden by {veto.replace('_', ' ')}" for veto in held.vetoes]
    if held.probability == NEAR_MISS_MAX:
        found.append(f"rests on an identifier that is nearly the other's: probability at most {NEAR_MISS_MAX}")
    meaning = {"join": f"joins from {join}", "review": f"a review from {review}", "apart": "stays apart"}
    if result == "review" and held.probability >= join:
        meaning["review"] = "a review, because what is known of both customers forbids that they become one"
    found.append(f"score {held.total:+.2f}, probability {held.probability:.4f}: {meaning[result]}")
    return found
