"""`make quality`: play every set of ../shared/data through the real service in shuffled orders, and say what came out.

Writes build/quality.json (set -> mode -> figures) and build/quality.html.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from profile_service.identity.matching.blocking import blocking_keys
from profile_service.identity.matching.model import shipped_model, write_model
from profile_service.play.local import local_service
from profile_service.play.score import score
from profile_service.train.duckdb_engine import DuckDBEngine
from profile_service.train.splink_model import based, train
from tests.quality.fields import FLOORS, SETS, Record, is_there, load
from tests.quality.in_memory import RULES, features
from tests.quality.page import Curve, write_page
from tests.quality.service import Reached, play
from tests.quality.splink_batch import splink_figures

BUILD, TENANT = Path("build"), "demo"
SPLINK = "Splink 5, one batch"
BATCHED = frozenset(SETS) - {"omni_stream_dev"}
"""Sets that Splink is run on; a stream of shared devices does not fit into pairs."""
Summary = Mapping[str, object]
COLUMNS = {
    "f1": "F1",
    "f1_spread": "spread",
    "precision": "precision",
    "recall": "recall",
    "b3_f1": "B-cubed",
    "exact_f1": "exact",
    "f1_best": "best F1",
    "review_rate": "reviews",
    "largest": "largest",
    "pair_completeness": "pairs met",
    "candidates_per_record": "candidates",
    "records_per_s": "records/s",
}
"""The printed figures and their titles; `best F1` is at a threshold chosen with the truth (the batch alone)."""
WIDTH = 150
QUALITY = ("f1", "precision", "recall", "b3_f1", "exact_f1")


@dataclass(slots=True)
class Figures:
    """What one set reached in one mode, over all orders; `curve` has (threshold, precision, recall) of decisions."""

    runs: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    pair_completeness: float = 0.0
    curve: list[tuple[float, float, float]] = field(default_factory=list[tuple[float, float, float]])

    def summary(self) -> Summary:
        """The worst F1 with its precision and recall; the mean of the rest."""
        worst = min(self.runs, key=lambda run: run["f1"])
        means = {name: fmean(run[name] for run in self.runs) for name in worst}
        quality = {name: round(worst[name], 4) for name in QUALITY}
        return quality | {
            "review_rate": round(means["review_rate"], 4),
            "largest": int(max(run["largest"] for run in self.runs)),
            "candidates_per_record": round(means["candidates"], 1),
            "records_per_s": round(means["records_per_s"], 1),
            "f1_spread": round(max(run["f1"] for run in self.runs) - worst["f1"], 4),
            "pair_completeness": round(self.pair_completeness, 4),
            "orders": len(self.runs),
        }


@dataclass(slots=True)
class Found:
    """What is known so far: set -> mode -> figures; written after every mode, because a run takes an hour."""

    summaries: dict[str, dict[str, Summary]] = field(default_factory=dict[str, dict[str, Summary]])
    curves: dict[str, dict[str, Curve]] = field(default_factory=dict[str, dict[str, Curve]])

    def note(self, name: str, mode: str, summary: Summary, curve: Curve = ()) -> None:
        """Take figures in."""
        self.summaries.setdefault(name, {})[mode] = summary
        if curve:
            self.curves.setdefault(name, {})[mode] = curve
        BUILD.mkdir(exist_ok=True)
        (BUILD / "quality.json").write_text(json.dumps(self.summaries, indent=2) + "\n")
        write_page(BUILD / "quality.html", self.summaries, self.curves)


def orders(records: Sequence[Record], *, ordered: bool, count: int) -> list[list[Record]]:
    """A stream as it is; other sets in seeded shuffles."""
    if ordered:
        return [list(records)]
    found = [list(records) for _ in range(count)]
    for seed, result in enumerate(found, 1):
        random.Random(seed).shuffle(result)
    return found


def pair_completeness(records: Sequence[Record]) -> float:
    """The share of true pairs that have a blocking key in common which is not capped."""
    keys = {record.id: blocking_keys(features(record)) for record in records}
    sizes = Counter(key for found in keys.values() for key in found)
    useful = {name: {key for key in found if sizes[key] <= RULES.key_cap} for name, found in keys.items()}
    customers: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        customers[record.truth].append(record.id)
    pairs = [pair for names in customers.values() for pair in combinations(names, 2)]
    return sum(not useful[a].isdisjoint(useful[b]) for a, b in pairs) / max(len(pairs), 1)


def curve(records: Sequence[Record], reached: Reached) -> list[tuple[float, float, float]]:
    """Precision and recall of single decisions: the records that have an earlier one of their customer, and whether a
    profile that was scored at or above a threshold is one of those."""
    of_profile: defaultdict[str, Counter[str]] = defaultdict(Counter)
    scored: list[tuple[float, bool]] = []
    seen: set[str] = set()
    known = 0
    for record, answer, owner in zip(records, reached.answers, reached.owners, strict=True):
        known += record.truth in seen
        for candidate in answer.candidates:
            customers = of_profile[candidate.profile]
            if customers and candidate.probability:
                scored.append((candidate.probability, customers.most_common(1)[0][0] == record.truth))
        seen.add(record.truth)
        of_profile[answer.profile][record.truth] += 1
        of_profile[owner][record.truth] += 1
    found: list[tuple[float, float, float]] = []
    for threshold in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999):
        taken = [right for probability, right in scored if probability >= threshold]
        found.append((threshold, sum(taken) / max(len(taken), 1), min(1.0, sum(taken) / max(known, 1))))
    return found


def trained_model(records: Sequence[Record], folder: Path) -> tuple[Path | None, str]:
    """Train on a random tenth, without labels; the tenants file that names the model, or None where it is too small."""
    sample = random.Random(7).sample(list(records), len(records) // 10)
    trained = train(based(DuckDBEngine(), [features(record) for record in sample]), shipped_model(), lambda _: None)
    if not trained.learned:
        return None, f"trained (10 % are {trained.records} records: the defaults stay)"
    model, tenants = folder / "model.toml", folder / "tenants.toml"
    model.write_text(write_model(trained.model))
    tenants.write_text(f'[tenant.{TENANT}]\nmodel_file = "{model}"\n')
    return tenants, "trained on 10 %"


def measure(
    name: str, records: Sequence[Record], count: int, progress: Progress, settings: Mapping[str, str]
) -> Figures:
    """Play a set in several orders, each against a service of its own."""
    figures = Figures(pair_completeness=pair_completeness(records))
    for place, order in enumerate(orders(records, ordered=SETS[name].ordered, count=count), 1):
        task = progress.add_task(f"{name}, order {place}", total=len(order))
        with local_service(settings={"PROFILE_POLICY": SETS[name].policy, **settings}) as service:
            reached = asyncio.run(
                play(
                    service.target(),
                    order,
                    lambda done, task=task: progress.advance(task, done),
                    ordered=SETS[name].ordered,
                )
            )
        progress.remove_task(task)
        scored = score(reached.owners, [record.truth for record in order])
        run = {
            part: float(getattr(scored, part)) for part in ("f1", "precision", "recall", "b3_f1", "exact_f1", "largest")
        }
        run["review_rate"] = reached.reviews / len(order)
        run["candidates"] = fmean(answer.profiles_compared for answer in reached.answers)
        run["records_per_s"] = reached.records_per_s
        figures.runs.append(run)
        if place == 1:
            figures.curve = curve(order, reached)
    return figures


def table_of(summaries: Mapping[str, Mapping[str, Summary]]) -> Table:
    """The figures as people read them: a block per set, a row per mode."""
    table = Table(title="Match quality at the fixed threshold 0.95 (worst order)", title_justify="left", box=None)
    table.add_column("", no_wrap=True)
    for title in COLUMNS.values():
        table.add_column(title, justify="right", no_wrap=True)
    for name, modes in summaries.items():
        table.add_row(name, style="bold blue")
        for mode, summary in modes.items():
            label = "trained: too few, defaults" if "the defaults stay" in mode else mode
            table.add_row(f"  {label}", *(str(summary.get(part, "")) for part in COLUMNS))
    return table


def main() -> int:
    """Run the sets that were asked for; exit 1 where one is below its floor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--orders", type=int, default=3)
    parser.add_argument("--most", type=int, default=0, help="only so many records of each set")
    arguments = parser.parse_args()
    found = Found()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        for name in arguments.sets.split(","):
            if not is_there(name):
                console.print(f"{name}: its file is not there, left out", style="yellow")
                continue
            records = load(name)[: arguments.most or None]
            defaults = measure(name, records, arguments.orders, progress, {})
            found.note(name, "defaults", defaults.summary(), defaults.curve)
            with TemporaryDirectory() as folder:
                tenants, mode = trained_model(records, Path(folder))
                trained = defaults
                if tenants is not None:
                    chosen = {"PROFILE_TENANTS_FILE": str(tenants)}
                    trained = measure(name, records, arguments.orders, progress, chosen)
            found.note(name, mode, trained.summary(), trained.curve)
            if name in BATCHED and not arguments.most:
                found.note(name, SPLINK, splink_figures(records))
    console.print(table_of(found.summaries))
    console.print(f"written: {BUILD / 'quality.json'}, {BUILD / 'quality.html'}")
    missed = [] if arguments.most else below_floor(found.summaries)
    for line in missed:
        console.print(line, style="red")
    return int(bool(missed))


def below_floor(summaries: Mapping[str, Mapping[str, Summary]]) -> list[str]:
    """Our figures that are below the floor of their set, as lines."""
    return [
        f"{name}, {mode}: {part} {summary[part]} is below {floor}"
        for name, modes in summaries.items()
        for mode, summary in modes.items()
        for part, floor in zip(("precision", "f1"), FLOORS[name], strict=True)
        if mode != SPLINK and float(str(summary[part])) < floor
    ]


if __name__ == "__main__":
    sys.exit(main())
