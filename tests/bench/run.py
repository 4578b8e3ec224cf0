"""`make bench`: ratios taken side by side in one run, in interleaved rounds; writes build/bench.json.

Every side is driven by a load process of its own; PostgreSQL runs with fsync on, the audit is on, 10 % is traced.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from profile_service.play.local import local_service
from profile_service.store import embedded
from tests.bench.bulk import bulk
from tests.bench.cpu import Measure
from tests.bench.paths import CONTACT, KNOWN, SECONDS, Bench, load, python
from tests.bench.scorer import scorer_vs_rapidfuzz

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
LARGE, SMALL = int(os.environ.get("BENCH_LARGE", "100000")), 100
CONTACTS = int(os.environ.get("BENCH_CONTACTS", "1000"))
"""Contacts of a customer who comes often, beside one with a hundredth of them."""
WANTED = {
    "interceptors_vs_bare_echo": (0.7, ">="),
    "context_strong_vs_echo": (0.6, ">="),
    "start_known_vs_echo": (0.4, ">="),
    "record_vs_echo": (0.6, ">="),
    "start_new_vs_psycopg": (0.5, ">="),
    "coalescing_p50_1": (1.1, "<="),
    "context_growth": (1.5, "<="),
    "merge_growth": (1.5, "<="),
    "thread_new_growth": (1.5, "<="),
    "thread_continued_growth": (1.5, "<="),
    "thread_midway_growth": (1.5, "<="),
    "scorer_vs_rapidfuzz": (10.0, "<="),
    "batch_vs_psycopg": (0.3, ">="),
    "import_vs_copy": (0.3, ">="),
    "known_resolve_growth": (1.3, "<="),
    "scored_resolve_growth": (1.5, "<="),
}
COSTS = ("service_us", "postgres_us")
"""CPU microseconds a call, which a measure has where it is of a service."""


def side_by_side(left: Measure, right: Measure, figure: str = "rate") -> dict[str, Any]:
    """The median of the rounds' ratios, left over right."""
    left()
    right()
    rounds = [(left(), right()) for _ in range(ROUNDS)]
    ratios = sorted(mine[figure] / theirs[figure] for mine, theirs in rounds)
    costs = {cost: statistics.median(mine[cost] for mine, _ in rounds) for cost in COSTS if cost in rounds[0][0]}
    return {
        "ratio": statistics.median(ratios),
        "least": ratios[0],
        "most": ratios[-1],
        "left": statistics.median(mine[figure] for mine, _ in rounds),
        "right": statistics.median(theirs[figure] for _, theirs in rounds),
        **costs,
    }


def measure(console: Console) -> dict[str, Any]:
    """All ratios."""
    results: dict[str, Any] = {}

    def note(key: str, result: dict[str, Any]) -> None:
        results[key] = result
        console.print(f"{key}: {result['ratio']:.2f}", style="dim")

    note("scorer_vs_rapidfuzz", scorer_vs_rapidfuzz())
    with ExitStack() as stack:
        service = stack.enter_context(local_service())
        bench = Bench(service, stack)
        context_bytes = bench.desk.context(bench.known[0].contact).ByteSize()
        start_bytes = bench.known[0].ByteSize()
        note("interceptors_vs_bare_echo", side_by_side(bench.echo(context_bytes), bench.echo(context_bytes, "bare")))
        contexts = bench.drive("GetContext", bench.contexts, 32, "--again")
        note("context_strong_vs_echo", side_by_side(contexts, bench.echo(context_bytes)))
        known = bench.drive("StartContact", bench.starts_of_known, 32)
        note("start_known_vs_echo", side_by_side(known, bench.echo(start_bytes)))
        records = bench.drive("RecordInteraction", bench.records, 64)
        note("record_vs_echo", side_by_side(records, bench.echo(80, in_flight=64)))
        url = embedded.start(service.home).owner_url
        new = bench.drive("StartContact", bench.starts_of_new, 32)
        note(
            "start_new_vs_psycopg",
            side_by_side(new, lambda: python("tests.bench.bare_psycopg", url, "32", str(SECONDS))),
        )
        single = bench.drive("GetContext", bench.contexts, 1, "--again")
        off = stack.enter_context(local_service(settings={"PROFILE_COALESCE": "false"}))
        alone = Bench(off, stack).drive("StartContact", bench.starts_of_known, 1)
        together = bench.drive("StartContact", bench.starts_of_known, 1)
        note("coalescing_p50_1", side_by_side(together, alone, "p50_ms"))
        results["mixed_load_start_p99_ms"] = mixed(bench)
        results["context_1_in_flight"] = single()
        large, small = bench.fill("large", LARGE), bench.fill("small", SMALL)
        note("context_growth", side_by_side(bench.timed_contexts(large), bench.timed_contexts(small), "p50_ms"))
        note("merge_growth", side_by_side(bench.timed_merges("large"), bench.timed_merges("small"), "p50_ms"))
        often, seldom = bench.visits("often", CONTACTS), bench.visits("seldom", CONTACTS // 100)
        for name, call in bench.threads().items():
            sides = bench.timed_threads(often, call), bench.timed_threads(seldom, call)
            note(f"thread_{name}_growth", side_by_side(*sides, "p50_ms"))
    with TemporaryDirectory() as folder:
        bulk(note, Path(folder))
    return results


def mixed(bench: Bench) -> float:
    """p99 of StartContact while interactions are recorded and contexts are read."""
    lines = b"\n".join(b64encode(request) for request in bench.records())
    command = [
        sys.executable,
        "-m",
        "tests.bench.load",
        bench.service.address,
        f"{CONTACT}RecordInteraction",
        bench.token,
    ]
    other = subprocess.Popen([*command, "8", str(SECONDS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdin is not None
    other.stdin.write(lines)
    other.stdin.close()
    starts = load(bench.service.address, "StartContact", bench.token, 16, bench.starts_of_known())
    other.wait()
    return starts["p99_ms"]


def table_of(results: Mapping[str, Any]) -> Table:
    """The ratios beside what is wanted, with the CPU of a call of the left side."""
    table = Table("measure", "ratio", "least to most", "bound", "left", "right", "service us", "PostgreSQL us")
    for key, (bound, sign) in WANTED.items():
        result = results[key]
        table.add_row(
            key,
            f"{result['ratio']:.2f}",
            f"{result['least']:.2f} to {result['most']:.2f}",
            f"{sign} {bound}",
            f"{result['left']:.1f}",
            f"{result['right']:.1f}",
            *(f"{result[cost]:.0f}" if cost in result else "" for cost in COSTS),
            style="green" if is_reached(key, result["ratio"]) else "red",
        )
    return table


def is_reached(key: str, ratio: float) -> bool:
    """Whether a ratio is what is wanted of it."""
    bound, sign = WANTED[key]
    return ratio >= bound if sign == ">=" else ratio <= bound


def main() -> int:
    """Measure, print a table, write build/bench.json; exit 1 where a ratio is not reached."""
    console = Console()
    console.width = max(console.width, 120)
    results = measure(console)
    console.print(table_of(results))
    console.print(f"p99 of StartContact under a mixed load: {results['mixed_load_start_p99_ms']:.1f} ms")
    machine = {"python": platform.python_version(), "machine": platform.platform(), "cores": os.cpu_count()}
    sizes = {"known_customers": KNOWN, "large": LARGE, "small": SMALL, "rounds": ROUNDS, "seconds": SECONDS}
    Path("build").mkdir(exist_ok=True)
    Path("build/bench.json").write_text(json.dumps({**results, "machine": machine, "sizes": sizes}, indent=2))
    return 0 if all(is_reached(key, results[key]["ratio"]) for key in WANTED) else 1


if __name__ == "__main__":
    sys.exit(main())
