"""How well profiles match the truth: pairwise and B-cubed precision, recall and F1."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Pairwise figures count pairs of contacts; B-cubed weighs every contact the same (Bagga and Baldwin, 1998); exact
    counts the customers whose profile holds all of theirs and nothing else."""

    precision: float
    recall: float
    f1: float
    b3_f1: float
    exact_f1: float
    profiles: int
    largest: int
    people_most: int
    share_at_most_3: float


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def score(assigned: Sequence[str], truth: Sequence[str]) -> Score:
    """Compare the profile of every contact with its true customer."""
    profiles, customers = Counter(assigned), Counter(truth)
    both = Counter(zip(assigned, truth, strict=True))
    right = sum(_pairs(count) for count in both.values())
    claimed, real = sum(map(_pairs, profiles.values())), sum(map(_pairs, customers.values()))
    precision = right / claimed if claimed else 1.0
    recall = right / real if real else 1.0
    cubed_precision = sum(count**2 / profiles[name] for (name, _), count in both.items()) / len(assigned)
    cubed_recall = sum(count**2 / customers[name] for (_, name), count in both.items()) / len(assigned)
    exact = sum(profiles[name] == count == customers[customer] for (name, customer), count in both.items())
    people: defaultdict[str, set[str]] = defaultdict(set)
    for name, customer in zip(assigned, truth, strict=True):
        people[name].add(customer)
    sizes = [len(members) for members in people.values()]
    return Score(
        precision=precision,
        recall=recall,
        f1=_f1(precision, recall),
        b3_f1=_f1(cubed_precision, cubed_recall),
        exact_f1=_f1(exact / len(profiles), exact / len(customers)),
        profiles=len(profiles),
        largest=max(profiles.values()),
        people_most=max(sizes),
        share_at_most_3=sum(size <= 3 for size in sizes) / len(sizes),
    )
