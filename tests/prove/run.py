"""`make prove`: the long proofs, seeded; writes build/prove.json with suite, runs, violations, seconds and seed.

A failure prints how hypothesis replays it; the same --seed tries the same histories again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.prove.evaluation import seconds_per_evaluation

SUITES = {
    "partition": ("tests/property/test_partition.py", 5),
    "order": ("tests/property/test_partition.py::test_i3_the_same_facts_in_any_order_give_the_same_partition", 5),
    "machine": ("tests/integration/test_machine.py", 1),
    "attacker": ("tests/integration/test_attacker.py", 1),
    "programs": ("tests/disclosed/test_programs.py", 1),
    "redelivery": ("tests/disclosed/test_redelivery.py", 1),
    "veto": ("tests/disclosed/test_veto.py", 1),
    "threads": ("tests/threaded/test_fold.py tests/threaded/test_histories.py", 1),
    "timing": ("tests/integration/test_timing.py", 0),
    "concurrency": ("tests/integration/test_concurrency.py", 0),
    "canary": ("tests/integration/test_canary.py", 0),
    "bounds": ("tests/integration/test_bounds.py tests/integration/test_flood.py", 1),
    "kills": ("tests/integration/test_embedded.py", 0),
    "cards": ("tests/property/test_cards.py", 0),
}
"""Suite to test files, and how many times `--runs` it tries (0: its own number)."""
FULL_FROM = 1000
"""With fewer runs than this, suites of their own number run as short as in `make test`."""
FIGURE = re.compile(r"figure: (.*)")
"""What a test prints of what it measured."""


def run_suite(paths: str, runs: int, seed: int, *, full: bool) -> tuple[int, str]:
    """Run one suite; answers how many of its tests failed, and what it printed."""
    environment = {**os.environ, "PROVE": "long", "PROVE_RUNS": str(max(runs, 1)), "PROVE_SEED": str(seed)}
    environment["PROVE_FULL"] = str(int(full))
    command = [sys.executable, "-m", "pytest", "-s", *paths.split(), f"--hypothesis-seed={seed}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    failed = re.search(r"(\d+) failed", done.stdout)
    errors = re.search(r"(\d+) error", done.stdout)
    count = sum(int(found[1]) for found in (failed, errors) if found)
    return (count or int(done.returncode != 0)), done.stdout


def main() -> int:
    """Run every suite; exit 1 where one found a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--suite", choices=sorted(SUITES), action="append")
    options = parser.parse_args()
    results: list[dict[str, object]] = []
    for name, (path, times) in SUITES.items():
        if options.suite and name not in options.suite:
            continue
        runs, started = options.runs * times, time.perf_counter()
        violations, said = run_suite(path, runs, options.seed, full=options.runs >= FULL_FROM)
        seconds = round(time.perf_counter() - started, 1)
        figures = FIGURE.findall(said)
        row = {"suite": name, "runs": runs, "violations": violations, "seconds": seconds, "seed": options.seed}
        results.append({**row, "figures": figures})
        print(f"{name:12} {runs or 'own':>6} runs, {violations} violations, {seconds} s", flush=True)
        for figure in figures:
            print(f"{'':12} {figure}", flush=True)
        if violations:
            print(said[-6000:])
    evaluation = seconds_per_evaluation(options.seed)
    for size, seconds in evaluation.items():
        print(f"evaluation   {size:>6} nodes, {1000 * seconds:.2f} ms")
    Path("build").mkdir(exist_ok=True)
    document = {"suites": results, "evaluation_ms": {size: 1000 * seconds for size, seconds in evaluation.items()}}
    Path("build/prove.json").write_text(json.dumps(document, indent=2))
    return int(any(row["violations"] for row in results))


if __name__ == "__main__":
    sys.exit(main())
