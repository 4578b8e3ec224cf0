"""A score as people read it. The same score gives the same lines; no line holds a personal value."""

from __future__ import annotations

from profile_service.identity.matching.scoring import Score


def running(held: Score) -> list[float]:
    """The score after each comparison."""
    total, found = held.prior, list[float]()
    for one in held.weighed:
        total += one.weight
        found.append(total)
    return found


def verdict(held: Score, join: float, review: float) -> str:
    """join, review or apart."""
    if held.probability >= join:
        return "join"
    return "review" if held.probability >= review else "apart"


def lines(held: Score, join: float, review: float) -> list[str]:
    """The score, line by line."""
    found = [f"prior {held.prior:+.2f}: the odds before anything is compared"]
    for one, total in zip(held.weighed, running(held), strict=True):
        name = one.agreement.comparison.replace("_", " ")
        level = one.agreement.level.replace("_", " ")
        found.append(f"{name} {level}: {one.weight:+.2f}, running {total:+.2f}")
    found += [f"forbidden by {veto.replace('_', ' ')}" for veto in held.vetoes]
    meaning = {"join": f"joins from {join}", "review": f"a review from {review}", "apart": "stays apart"}
    result = verdict(held, join, review)
    found.append(f"score {held.total:+.2f}, probability {held.probability:.4f}: {meaning[result]}")
    return found
