"""What the scorer costs against the bare rapidfuzz calls that it makes for the same pairs, in one run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from statistics import median
from types import SimpleNamespace
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from profile_service.identity.matching import comparisons, mailboxes, names
from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.frequencies import Frequencies
from profile_service.identity.matching.model import shipped_model
from profile_service.identity.matching.scoring import score

PAIRS = 5_000
COMPARING = (comparisons, mailboxes, names)
Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
NOTHING_KNOWN = Frequencies(people=10_000, of_comparison={}, of_value={})


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("abcdefghiklmnoprstuvw") for _ in range(chance.randrange(4, 11)))


def _records(seed: int) -> list[tuple[Attributes, Attributes]]:
    """Pairs that share about half of what they say, no word twice: what was compared before is never asked again."""
    chance, pairs = random.Random(seed), list[tuple[Attributes, Attributes]]()
    for _ in range(PAIRS):
        row = {
            "given_name": _word(chance),
            "family_name": _word(chance),
            "birth_date": f"19{chance.randrange(30, 99)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            "street": f"{chance.randrange(1, 200)} {_word(chance)} street",
            "city": _word(chance),
            "organisation": f"{_word(chance)} {_word(chance)}",
        }
        other = {name: value if chance.random() < 0.5 else value[:-1] + "x" for name, value in row.items()}
        other["birth_date"] = row["birth_date"][:-1] + str(chance.randrange(10))
        mail, far = f"{_word(chance)}@example.org", f"{_word(chance)}@example.org"
        pairs.append((parse_attributes(row, [("email", mail)]), parse_attributes(other, [("email", far)])))
    return pairs


def _forget() -> None:
    for module in COMPARING:
        for var in vars(module).values():
            clear = getattr(var, "cache_clear", None)
            if clear is not None:
                clear()


def _calls(pairs: list[tuple[Attributes, Attributes]]) -> list[Call]:
    """The rapidfuzz calls that scoring the pairs makes."""
    calls: list[Call] = []

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls.append((function, arguments, named))
            return function(*arguments, **named)

        return call

    jaro_winkler = SimpleNamespace(similarity=noted(JaroWinkler.similarity))
    damerau_levenshtein = SimpleNamespace(distance=noted(DamerauLevenshtein.distance))
    try:
        for module in COMPARING:
            module.JaroWinkler, module.DamerauLevenshtein = jaro_winkler, damerau_levenshtein  # pyright: ignore[reportAttributeAccessIssue]
        _forget()
        for left, right in pairs:
            score(left, right, MODEL, NOTHING_KNOWN)
    finally:
        for module in COMPARING:
            module.JaroWinkler, module.DamerauLevenshtein = JaroWinkler, DamerauLevenshtein  # pyright: ignore[reportAttributeAccessIssue]
    return calls


MODEL = shipped_model()


def scorer_vs_rapidfuzz(seed: int = 1, rounds: int = 7) -> dict[str, float]:
    """How many times longer the scorer takes than its rapidfuzz calls, in CPU time side by side; the median of rounds
    decides. Microseconds a pair of both, and how many calls a pair makes."""
    pairs = _records(seed)
    calls = _calls(pairs)
    found: list[tuple[float, float]] = []
    for _ in range(rounds):
        _forget()
        started = time.process_time()
        for left, right in pairs:
            score(left, right, MODEL, NOTHING_KNOWN)
        ours = time.process_time() - started
        started = time.process_time()
        for function, arguments, named in calls:
            function(*arguments, **named)
        found.append((ours, time.process_time() - started))
    ratios = sorted(ours / bare for ours, bare in found)
    ours, bare = found[len(found) // 2]
    return {
        "ratio": median(ratios),
        "least": ratios[0],
        "most": ratios[-1],
        "left": 1e6 * ours / PAIRS,
        "right": 1e6 * bare / PAIRS,
    }
