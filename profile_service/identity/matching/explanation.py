"""A score as people read it. The same score gives the same lines; no line holds a personal value."""

from __future__ import annotations

from profile_service.identity.matching.scoring import NEAR_MISS_MAX, Score


def running(score: Score) -> list[float]:
    """The score after each comparison."""
    total, totals = score.prior, list[float]()
    for weighed in score.weighed:
        total += weighed.weight
        totals.append(total)
    return totals


def verdict(score: Score, join: float, review: float) -> str:
    """What a score alone comes to: join, review or apart."""
    if score.probability >= join:
        return "join"
    return "review" if score.probability >= review else "apart"


def lines(score: Score, join: float, review: float, result: str) -> list[str]:
    """The score, line by line, and what came of it."""
    texts = [f"prior {score.prior:+.2f}: the odds before anything is compared"]
    for weighed, total in zip(score.weighed, running(score), strict=True):
        name = weighed.agreement.comparison.replace("_", " ")
        level = weighed.agreement.level.replace("_", " ")
        texts.append(f"{name} {level}: {weighed.weight:+.2f}, running {total:+.2f}")
    texts += [f"forbidden by {veto.replace('_', ' ')}" for veto in score.vetoes]
    if score.probability == NEAR_MISS_MAX:
        texts.append(f"rests on an identifier that is nearly the other's: probability at most {NEAR_MISS_MAX}")
    meaning = {"join": f"joins from {join}", "review": f"a review from {review}", "apart": "stays apart"}
    if result == "review" and score.probability >= join:
        meaning["review"] = "a review, because what is known of both customers forbids that they become one"
    texts.append(f"score {score.total:+.2f}, probability {score.probability:.4f}: {meaning[result]}")
    return texts
