"""Train with Splink: u by random sampling, m by expectation maximisation, the prior from what surely matches.

Identifiers keep the shipped weights: two random records that share one are nearly always one customer's, so that random
pairs say nothing of how often two customers do; their real fan-out enters each score. Every session blocks on something
and leaves out what it blocks on: among records of one family name, how often the family name agrees teaches nothing
(Splink's own advice). Where several sessions estimate a level, the mean counts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import msgspec

from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.frequencies import UNIQUE, counted_values
from profile_service.identity.matching.model import MatchModel, Odds

RECORDS_MIN = 2_000
"""Fewer records teach less than the weights that ship."""
PAIRS_MAX = 100_000
RECALL = 0.7
"""Which share of true pairs the deterministic rules are taken to find; half or double changes the prior by one bit."""
TRUST = 0.5
"""How far a trained weight goes from the shipped one: records that were never compared keep half of it."""
SESSIONS: Mapping[str, frozenset[str]] = {
    "family": frozenset({"family_name"}),
    "birth_date": frozenset({"birth_date"}),
    "contact": frozenset({"email", "phone", "handle", "device"}),
    "given_place": frozenset({"given_name", "address", "birth_place", "organisation"}),
}
"""Blocking column -> the comparisons that it leaves out."""
CERTAIN = ("given_family_date", "contact")
SEED = 1
M_MIN, U_MIN = 1e-3, 1e-6
"""Nothing is held for impossible because a sample did not show it."""
GIVEN_THE_NAME = frozenset(
    {("address", "household"), ("given_name", "different_at_home"), ("family_name", "different_at_home")}
)
"""Levels whose weights hold only beside the family name that is compared as well: not learned by themselves."""
PAIRS = (1.0, 4.0)
"""The prior is learned within these: a sample, or a base that still grows, shows fewer of a customer's records."""


Row = Mapping[str, object]
TEXT_COLUMNS = ("features", "family", "birth_date", "contact", "given_place", "given_family_date")
"""The columns of a row beside its number."""


class Engine(Protocol):
    """What runs Splink: takes rows in, with `agreement` as a function of SQL, and makes a linker of settings. `most`: a
    random sample of so many records is enough for it (None: it takes all)."""

    @property
    def most(self) -> int | None:
        """How many records it takes."""
        ...

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows in."""
        ...

    def linker(self, settings: Mapping[str, Any]) -> Any:
        """A Splink linker over the rows."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


@dataclass(slots=True)
class Base:
    """The records that are learned from: in the engine, with what is said of them all."""

    engine: Engine
    records: int = 0
    said: set[str] = field(default_factory=set[str])
    filled: Counter[str] = field(default_factory=Counter[str])

    def add(self, records: Sequence[Attributes]) -> None:
        """Take records in."""
        rows = [row_of(self.records + place, record) for place, record in enumerate(records)]
        self.records += len(rows)
        self.filled.update(column for row in rows for column in TEXT_COLUMNS if row[column] is not None)
        for record in records:
            self.said |= {comparison for comparison, _ in counted_values(record)}
            self.said |= {"birth_date"} if record.birth_dates else set[str]()
            self.said |= {"middle_name"} if any(name.middle for name in record.names) else set[str]()
        if rows:
            self.engine.add(rows)


def based(engine: Engine, records: Sequence[Attributes]) -> Base:
    """An engine with all records at once."""
    base = Base(engine)
    base.add(records)
    return base


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What was learned; `model` is the shipped one where there are too few records."""

    model: MatchModel
    records: int
    learned: int


def row_of(number: int, features: Attributes) -> Row:
    """A record as Splink takes it: packed, with the columns that are blocked on."""
    name = min(features.names, key=str, default=None)
    date = min(features.birth_dates, default=None)
    contact = min((*features.emails, *features.phones, *features.handles), default=None)
    address = min(features.addresses, key=str, default=None)
    places = (
        *features.birth_places,
        *features.organisations,
        *((address.postcode or address.city,) if address else ()),
    )
    place = min((value for value in places if value), default=None)
    given, family = (name.given or None, name.family or None) if name else (None, None)
    return {
        "unique_id": number,
        "features": msgspec.json.encode(features).decode(),
        "family": family,
        "birth_date": str(date) if date else None,
        "contact": contact,
        "given_place": f"{given} {place}" if given and place else None,
        "given_family_date": f"{given} {family} {date}" if given and family and date else None,
    }


def settings_of(model: MatchModel, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """Splink settings with our comparisons and the weights of a model."""
    levels: defaultdict[str, dict[str, Odds]] = defaultdict(dict)
    for (comparison, name), level in model.levels.items():
        levels[comparison][name] = level
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "retain_intermediate_calculation_columns": True,
        "retain_matching_columns": False,
        "blocking_rules_to_generate_predictions": [_rule(column) for column in SESSIONS],
        "comparisons": [
            _comparison(comparison, odds) for comparison, odds in levels.items() if comparison not in leave_out
        ],
    }


def _rule(column: str) -> str:
    return f"l.{column} = r.{column}"


def _comparison(comparison: str, levels: Mapping[str, Odds]) -> dict[str, Any]:
    """The levels of a comparison, the commonest first: each condition that fails calls the function once more."""
    call = f"agreement(features_l, features_r, '{comparison}')"
    *names, last = sorted(levels, key=lambda name: -levels[name].u)
    conditions = {**{name: f"{call} = '{name}'" for name in names}, last: "ELSE"}
    return {
        "output_column_name": comparison,
        "comparison_levels": [
            {"sql_condition": f"{call} = ''", "label_for_charts": "not compared", "is_null_level": True},
            *(
                {
                    "sql_condition": condition,
                    "label_for_charts": name,
                    "m_probability": levels[name].m,
                    "u_probability": levels[name].u,
                }
                for name, condition in conditions.items()
            ),
        ],
    }


def train(base: Base, shipped: MatchModel, tell: Callable[[str], None]) -> Trained:
    """Learn from records without labels. `tell` gets a line per step."""
    from splink.internals.exceptions import SplinkException

    engine, records = base.engine, base.records
    if records < RECORDS_MIN:
        tell(f"{records} records are fewer than {RECORDS_MIN}: the shipped weights stay")
        return Trained(model=shipped, records=records, learned=0)
    silent = frozenset(comparison for comparison, _ in shipped.levels if comparison not in base.said)
    tell(f"random pairs: how often {records} records of different customers agree")
    sampler = engine.linker(settings_of(shipped, silent))
    sampler.training.estimate_u_using_random_sampling(max_pairs=PAIRS_MAX, seed=SEED, min_count_per_level=None)
    found_u = _probabilities(sampler, "u")
    tell("sure matches: how likely two records are of one customer")
    sampler.training.estimate_probability_two_random_records_match([_rule(each) for each in CERTAIN], recall=RECALL)
    prior = float(sampler.misc.save_model_to_json()["probability_two_random_records_match"])
    found_m: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for column, leave_out in SESSIONS.items():
        if base.filled[column] < records / 100:
            tell(f"expectation maximisation over {column}: too few records have one")
            continue
        tell(f"expectation maximisation over records of one {column}")
        linker = engine.linker(settings_of(_with_u(shipped, found_u), leave_out | silent))
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(_rule(column), max_pairs=PAIRS_MAX)
        except (ValueError, SplinkException) as error:
            # Splink gives up where hardly two records share the column: the other sessions still teach.
            tell(f"nothing learned over {column}: {type(error).__name__}")
            continue
        for key, value in _probabilities(linker, "m").items():
            found_m[key].append(value)
    learned = {
        key: level
        if key in GIVEN_THE_NAME or key[0] in UNIQUE
        else _learned(level, _mean(found_m.get(key, [])), found_u.get(key))
        for key, level in shipped.levels.items()
    }
    pairs = min(max(prior * records, PAIRS[0]), PAIRS[1])
    model = replace(shipped, name="trained", version=shipped.version + 1, pairs=round(pairs, 3), levels=learned)
    return Trained(model=model, records=records, learned=len(found_m))


def _with_u(model: MatchModel, learned: Mapping[tuple[str, str], float]) -> MatchModel:
    levels = {key: Odds(m=level.m, u=learned.get(key, level.u)) for key, level in model.levels.items()}
    return replace(model, levels=levels)


def _probabilities(linker: Any, which: str) -> dict[tuple[str, str], float]:
    """m or u per level, of a linker that was trained."""
    return _of_settings(linker.misc.save_model_to_json(), which)


def _of_settings(settings: Mapping[str, Any], which: str) -> dict[tuple[str, str], float]:
    figures: dict[tuple[str, str], float] = {}
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            value = level.get(f"{which}_probability")
            if not level.get("is_null_level") and isinstance(value, float) and 0.0 < value < 1.0:
                figures[comparison["output_column_name"], level["label_for_charts"]] = value
    return figures


def of_splink(settings: Mapping[str, Any], shipped: MatchModel) -> MatchModel:
    """The model of a Splink model file; what it does not hold keeps the shipped weight.

    Raises KeyError for a document of another form, ValueError where no comparison or level has one of our names.
    """
    m, u = _of_settings(settings, "m"), _of_settings(settings, "u")
    known = shipped.levels.keys() & (m.keys() | u.keys())
    if not known:
        raise ValueError("no comparison and level has a name that is known here")
    levels = {
        key: Odds(m=m.get(key, level.m), u=u.get(key, level.u)) if key in known else level
        for key, level in shipped.levels.items()
    }
    return replace(shipped, levels=levels)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _learned(shipped: Odds, m: float | None, u: float | None) -> Odds:
    """The geometric mean of the shipped and the learned figure; the shipped one where nothing was learned."""

    def between(shipped: float, learned: float | None, least: float) -> float:
        return (
            shipped
            if learned is None
            else math.exp(math.log(shipped) * (1 - TRUST) + math.log(max(learned, least)) * TRUST)
        )

    return Odds(m=between(shipped.m, m, M_MIN), u=between(shipped.u, u, U_MIN))
