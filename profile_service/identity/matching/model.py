"""The match model: what an agreement is worth. A versioned document of m and u per level (Fellegi and Sunter 1969)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from math import log2
from typing import Annotated

import msgspec

from profile_service.identity.matching.vocabulary import LEVELS, Comparison, Level
from profile_service.identity.text.document import DocumentInvalid, converted, read_document

PEOPLE_MIN = 100
"""A base of fewer people says nothing of how likely a match is."""
Key = tuple[Comparison, Level]
KEYS = frozenset((comparison, level) for comparison, levels in LEVELS.items() for level in levels)
Probability = Annotated[float, msgspec.Meta(gt=0, le=1)]


class ModelError(DocumentInvalid):
    """The model document is not valid; the message is `key: reason`."""


@dataclass(frozen=True, slots=True)
class Odds:
    """m: how often records of one customer agree so; u: how often those of two customers do. Above 0, at most 1."""

    m: float
    u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchModel:
    """One version of the model. `pairs` is how many of a customer's other records a new one meets on average."""

    name: str
    version: int
    pairs: float
    levels: Mapping[Key, Odds]
    weights: Mapping[Key, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", {key: log2(odds.m / odds.u) for key, odds in self.levels.items()})

    @property
    def label(self) -> str:
        """Name and version, as decisions record it."""
        return f"{self.name}@{self.version}"

    def prior(self, people: int) -> float:
        """log2 of the odds that a record belongs to one of `people` profiles, before anything is compared."""
        return log2(self.pairs / max(people, PEOPLE_MIN))


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    version: Annotated[int, msgspec.Meta(ge=0)]
    pairs: Annotated[float, msgspec.Meta(gt=0)]
    comparisons: dict[str, object]


def load_model(text: str) -> MatchModel:
    """Read a model document (TOML): m and u for every level that a comparison can answer. Raises ModelError."""
    try:
        document = read_document(text, _Document)
        levels = {key: odds for name, body in document.comparisons.items() for key, odds in _levels(name, body)}
    except DocumentInvalid as error:
        raise ModelError(str(error)) from None
    missing = KEYS - levels.keys()
    if missing:
        raise ModelError(f"comparisons.{'.'.join(min(missing))}: is missing")
    return MatchModel(name=document.name, version=document.version, pairs=document.pairs, levels=levels)


def _levels(name: str, body: object) -> list[tuple[Key, Odds]]:
    place = f"comparisons.{name}"
    if name not in tuple(Comparison):
        raise ModelError(f"{place}: is no comparison; there are {', '.join(Comparison)}")
    comparison, levels = Comparison(name), list[tuple[Key, Odds]]()
    for level, pair in converted(body, dict[str, object], place).items():
        if level not in LEVELS[comparison]:
            raise ModelError(f"{place}.{level}: is no level of it; there are {', '.join(LEVELS[comparison])}")
        m, u = converted(pair, tuple[Probability, Probability], f"{place}.{level}")
        levels.append(((comparison, Level(level)), Odds(m=m, u=u)))
    return levels


def shipped_model() -> MatchModel:
    """The weights that ship, for a base that is too small to learn from."""
    return load_model((resources.files("profile_service.identity.matching") / "default.toml").read_text())


def write_model(model: MatchModel) -> str:
    """The document of a model, as `load_model` reads it."""
    lines = [f'name = "{model.name}"', f"version = {model.version}", f"pairs = {model.pairs}"]
    last = ""
    for (comparison, level), odds in model.levels.items():
        if comparison != last:
            lines += ["", f"[comparisons.{comparison}]"]
            last = comparison
        lines.append(f"{level} = [{odds.m:.10g}, {odds.u:.10g}]")
    return "\n".join(lines) + "\n"
