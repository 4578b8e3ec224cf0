"""The match model: what an agreement is worth. A versioned document of m and u per level (Fellegi and Sunter 1969)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from math import log2

from profile_service.identity.text.document import read_document

PEOPLE_MIN = 100
"""A base of fewer people says nothing of how likely a match is."""


class ModelError(ValueError):
    """The model document is not valid; the message names the place."""


@dataclass(frozen=True, slots=True)
class Level:
    """m: how often records of one customer agree so; u: how often those of two customers do."""

    m: float
    u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchModel:
    """One version of the model. `pairs` is how many of a customer's other records a new one meets on average."""

    name: str
    version: int
    pairs: float
    levels: Mapping[tuple[str, str], Level]
    weights: Mapping[tuple[str, str], float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", {key: log2(level.m / level.u) for key, level in self.levels.items()})

    @property
    def label(self) -> str:
        """Name and version, as decisions record it."""
        return f"{self.name}@{self.version}"

    def prior(self, people: int) -> float:
        """log2 of the odds that a record belongs to one of `people` profiles, before anything is compared."""
        return log2(self.pairs / max(people, PEOPLE_MIN))


def load_model(text: str) -> MatchModel:
    """Read a model document (TOML). Raises ModelError."""
    try:
        table = read_document(text)
        levels = {
            (comparison, level): Level(m=float(pair[0]), u=float(pair[1]))
            for comparison, found in table["comparisons"].items()
            for level, pair in found.items()
        }
        model = MatchModel(
            name=str(table["name"]), version=int(table["version"]), pairs=float(table["pairs"]), levels=levels
        )
    except (tomllib.TOMLDecodeError, KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        raise ModelError(f"{type(error).__name__} {error}") from None
    wrong = next((key for key, level in levels.items() if not (0 < level.m <= 1 and 0 < level.u <= 1)), None)
    if wrong is not None:
        raise ModelError(f"{wrong[0]}.{wrong[1]}: m and u are probabilities above 0")
    if model.pairs <= 0:
        raise ModelError("pairs has to be above 0")
    return model


def require_levels(model: MatchModel) -> MatchModel:
    """The model, where it has a weight for every level that can be found. Raises ModelError."""
    missing = shipped_model().levels.keys() - model.levels.keys()
    if missing:
        comparison, level = min(missing)
        raise ModelError(f"it has no weight for {comparison}.{level}")
    return model


def shipped_model() -> MatchModel:
    """The weights that ship, for a base that is too small to learn from."""
    return load_model((resources.files("profile_service.identity.matching") / "default.toml").read_text())


def write_model(model: MatchModel) -> str:
    """The document of a model, as `load_model` reads it."""
    lines = [f'name = "{model.name}"', f"version = {model.version}", f"pairs = {model.pairs}"]
    last = ""
    for (comparison, level), held in model.levels.items():
        if comparison != last:
            lines += ["", f"[comparisons.{comparison}]"]
            last = comparison
        lines.append(f"{level} = [{held.m:.10g}, {held.u:.10g}]")
    return "\n".join(lines) + "\n"
