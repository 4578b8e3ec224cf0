"""Another commit and this one, side by side in one script: CPU a call of the service and of PostgreSQL, interleaved.

Usage: python -m tests.bench.compare COMMIT [--rounds 9]. The other commit is checked out into build/, and served with
the packages that are installed; requests are this commit's. Ends with 1 where a path costs over 5 % more than before.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

from rich.console import Console
from rich.progress import track
from rich.table import Table

from profile_service.play.local import LocalService
from tests.bench.paths import Bench

ROOT = Path(__file__).parents[2]
WORSE = 1.05
ROLES = ("service", "agent", "automated", "steward", "admin")
FIGURES = ("service_us", "postgres_us", "rate", "p50_ms")


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The tree of a commit."""
    folder = ROOT / "build" / "before"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(root: Path) -> Iterator[LocalService]:
    """The service of a tree on a database of its own."""
    home = Path(mkdtemp(prefix="profile-service-bench-"))
    home.chmod(0o711)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PROFILE_")},
        "PROFILE_DATABASE__DATA_DIR": str(home),
        "PROFILE_GRPC__ADDRESS": "127.0.0.1:0",
        "PYTHONPATH": f"{root}{os.pathsep}{root / 'clients'}",
    }
    command = [sys.executable, "-m", "profile_service"]

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments], env=environment, cwd=root, capture_output=True, text=True, check=True
        )
        return done.stdout

    add = ("credentials", "add", "--tenant", "demo")
    tokens = {role: run(*add, "--caller", role, "--role", role).split()[-1] for role in ROLES}
    log = home / "service.log"
    with log.open("ab") as errors:
        server = subprocess.Popen(
            [*command, "serve"], env=environment, cwd=root, stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        assert server.stdout is not None
        events = (json.loads(line) for line in server.stdout if line.startswith("{"))
        port = next(event["port"] for event in events if event.get("event") == "serving")
        yield LocalService(address=f"127.0.0.1:{port}", home=home, tokens=tokens, log=log, processes=(server.pid,))
    finally:
        server.terminate()
        server.wait(30)
        run("stop-database")
        shutil.rmtree(home, ignore_errors=True)


def measure(trees: tuple[Path, Path], rounds: int) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Per path and figure the pairs of all rounds, (before, now); the first round warms up and does not count. Who goes
    first changes from round to round. Path after path, reads first: who starts more contacts has more to read."""
    pairs: defaultdict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        sides = [Bench(stack.enter_context(served(tree)), stack).paths() for tree in trees]
        turns = [(path, number) for path in sides[0] for number in range(rounds + 1)]
        for path, number in track(turns, "measuring", console=Console(stderr=True)):
            order = (0, 1) if number % 2 else (1, 0)
            figures = {place: sides[place][path]() for place in order}
            for figure in FIGURES if number else ():
                pairs[path][figure].append((figures[0][figure], figures[1][figure]))
    return pairs


def main() -> int:
    """Measure, print the medians, write build/compare.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", help="what is compared with this tree")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    with checked_out(arguments.commit) as before:
        pairs = measure((before, ROOT), arguments.rounds)
    table = Table("path", "service us", "ratio", "PostgreSQL us", "ratio", "calls a second", "p50 ms")
    table.columns[0].no_wrap = True
    worse = False
    for path, figures in pairs.items():
        old, new = ({name: median(pair[side] for pair in found) for name, found in figures.items()} for side in (0, 1))
        ratio = {name: median(b / a for a, b in found if a) for name, found in figures.items()}
        worse |= ratio["service_us"] > WORSE or ratio["postgres_us"] > WORSE
        table.add_row(
            path,
            f"{old['service_us']:.0f} -> {new['service_us']:.0f}",
            f"{ratio['service_us']:.2f}",
            f"{old['postgres_us']:.0f} -> {new['postgres_us']:.0f}",
            f"{ratio['postgres_us']:.2f}",
            f"{old['rate']:.0f} -> {new['rate']:.0f}",
            f"{old['p50_ms']:.1f} -> {new['p50_ms']:.1f}",
        )
    console = Console()
    console.width = max(console.width, 110)
    console.print(table)
    (ROOT / "build" / "compare.json").write_text(json.dumps(pairs, indent=2))
    return int(worse)


if __name__ == "__main__":
    sys.exit(main())
