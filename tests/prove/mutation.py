"""`make mutants`: mutation testing of the core. Its unit tests, and no others, have to notice what is changed in it.

Every place of `profile_service/identity` that a careless hand could change is collected; of these a sample is tried,
one at a time: the tests of the file that mirrors the changed one first, then all others of `tests/unit/identity`. Each
runs in a fork of a process that has loaded everything but the package.
"""

from __future__ import annotations

import argparse
import ast
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).resolve().parents[2]
CORE, TESTS = ROOT / "profile_service/identity", ROOT / "tests/unit/identity"
WORKERS, SECONDS_MAX, MEMORY_MAX, KILLED_MIN = 2, 20, 4 << 30, 0.8
OPTIONS = (
    "-x -p no:cacheprovider --capture=no --hypothesis-profile=mutation -W ignore::pytest.PytestAssertRewriteWarning"
)
SHOWN, NO_TESTS = 100, 5
"""Characters of a survivor's text that are printed; what pytest exits with where it found no tests."""
ORDERS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    **{ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt)},
    **{ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,)},
    **{ast.In: (ast.NotIn,), ast.NotIn: (ast.In,)},
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult},
    **{ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
DELETED = (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Raise, ast.Continue, ast.Break)
UNTOUCHED = {"annotation", "returns", "decorator_list"}


@dataclass(frozen=True)
class Site:
    """A place in a tree, and what comes to stand there."""

    kind: str
    holder: ast.AST
    field: str
    index: int | None
    new: ast.AST

    def put(self) -> tuple[int, str, str]:
        """Change the tree; the line, what stood there, and what stands there now."""
        current = getattr(self.holder, self.field)
        old = current if self.index is None else current[self.index]
        shown = isinstance(self.holder, ast.expr)
        before = ast.unparse(self.holder if shown else old)
        if self.index is None:
            setattr(self.holder, self.field, self.new)
        else:
            current[self.index] = self.new
        line = getattr(old, "lineno", 0) or getattr(self.holder, "lineno", 0)
        return line, before, ast.unparse(self.holder if shown else self.new)


@dataclass(frozen=True)
class Mutant:
    """One change of one file, compiled."""

    file: Path
    kind: str
    line: int
    before: str
    after: str
    code: CodeType

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file.relative_to(ROOT)}:{self.line}"

    @property
    def tests(self) -> Path:
        """The tests that mirror the file."""
        return TESTS / self.file.relative_to(CORE).with_name(f"test_{self.file.name}")


def sites(node: ast.AST, inside: bool = False) -> Iterator[Site]:
    """Every change that can be made below a node; `inside`: in a function."""
    inside = inside or isinstance(node, ast.FunctionDef)
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED:
            continue
        listed = isinstance(value, list)
        for index, child in enumerate(value if listed else [value]):
            if not isinstance(child, ast.AST) or _is_untouched(child):
                continue
            for kind, new in _changes(node, field, child, inside):
                yield Site(kind, node, field, index if listed else None, new)
            yield from sites(child, inside)


def _is_untouched(node: ast.AST) -> bool:
    """Documentation, imports, type aliases and `__all__`."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        return name == "__all__" or (name[:1].isupper() and name != name.upper())
    return isinstance(node, ast.Import | ast.ImportFrom)


def _changes(holder: ast.AST, field: str, node: ast.AST, inside: bool) -> Iterator[tuple[str, ast.AST]]:
    """What may come to stand in the place of a node."""
    if isinstance(node, ast.cmpop):
        yield from (("comparison", new()) for new in ORDERS[type(node)])
    elif isinstance(node, ast.boolop):
        yield "boolean", ast.Or() if isinstance(node, ast.And) else ast.And()
    elif isinstance(node, ast.operator):
        yield "arithmetic", OPERATORS[type(node)]()
    elif isinstance(node, ast.UnaryOp):
        yield "not" if isinstance(node.op, ast.Not) else "arithmetic", node.operand
    elif isinstance(node, ast.Name) and node.id in SWAPPED and isinstance(node.ctx, ast.Load):
        yield "min, max, any, all", ast.Name(SWAPPED[node.id], ast.Load())
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield "return", ast.Return(ast.Constant(None))
    elif isinstance(node, DELETED) and inside:
        yield "statement", ast.Pass()
    if field in ("test", "ifs") and not isinstance(node, ast.Constant):
        yield from (("condition", ast.Constant(truth)) for truth in (True, False))
        if not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
            yield "not", ast.UnaryOp(ast.Not(), node)  # pyright: ignore[reportArgumentType]
    yield from _other_values(holder, field, node)


def _other_values(holder: ast.AST, field: str, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Another constant; another default of an argument or of a field."""
    is_default = isinstance(holder, ast.arguments) or (isinstance(holder, ast.AnnAssign) and field == "value")
    kind = "default" if is_default else "constant"
    if isinstance(node, ast.Constant):
        if isinstance(value := node.value, bool):
            yield kind, ast.Constant(not value)
        elif isinstance(value, int | float):
            yield kind, ast.Constant(value + 1)
        elif isinstance(value, str):
            yield kind, ast.Constant(f"{value}XX")
        elif isinstance(value, bytes):
            yield kind, ast.Constant(value + b"XX")
    elif is_default and isinstance(node, ast.Name | ast.Attribute):
        yield kind, ast.Constant(None)


def all_places(words: Sequence[str]) -> list[tuple[Path, int]]:
    """Every file whose path holds one of the words (of none: every file), with the number of each change in it."""
    files = sorted(file for file in CORE.rglob("*.py") if not words or any(word in str(file) for word in words))
    return [(file, number) for file in files for number, _ in enumerate(sites(ast.parse(file.read_text())))]


def mutant(file: Path, number: int) -> Mutant:
    """The file with one change."""
    tree = ast.parse(file.read_text())
    site = list(sites(tree))[number]
    line, *texts = site.put()
    before, after = (" ".join(text.split())[:SHOWN] for text in texts)
    return Mutant(file, site.kind, line, before, after, compile(ast.fix_missing_locations(tree), str(file), "exec"))


class Served(importlib.machinery.SourceFileLoader):
    """Finds one module, and answers changed code for it."""

    def __init__(self, mutant: Mutant) -> None:
        parts = mutant.file.relative_to(ROOT).with_suffix("").parts
        super().__init__(".".join(parts), str(mutant.file))
        self.code = mutant.code

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """The module, where it is the changed one."""
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        """The changed code."""
        return self.code


def preload() -> None:
    """Load everything that is not of the package, once for all forks."""
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    names = ("pytest", "pytest_asyncio", "hypothesis.strategies", "phonenumbers", "email_validator", "re2")
    for name in (*names, "jellyfish", "rapidfuzz.distance", "anyascii", "nicknames"):
        importlib.import_module(name)
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", derandomize=True, deadline=None, database=None, phases=phases)


def start(mutant: Mutant | None, tests: Sequence[str]) -> int:
    """Fork, and run tests with a change (None: with none); the process id."""
    process = os.fork()
    if process:
        return process
    result = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
        if mutant is not None:
            sys.meta_path.insert(0, Served(mutant))
        import pytest

        result = int(pytest.main([*OPTIONS.split(), *tests]))
    finally:
        os._exit(result)


def run_all(mutants: Iterable[Mutant]) -> Iterator[tuple[Mutant, str]]:
    """Every mutant with what became of it: killed, timed out or survived."""
    waiting = deque((mutant, mutant.tests.exists()) for mutant in mutants)
    running: dict[int, tuple[Mutant, bool, float]] = {}
    while waiting or running:
        while waiting and len(running) < WORKERS:
            fault, is_first = waiting.popleft()
            tests = [str(fault.tests)] if is_first else [str(TESTS), f"--ignore={fault.tests}"]
            running[start(fault, tests)] = (fault, is_first, time.monotonic() + SECONDS_MAX)
        time.sleep(0.005)
        for process, (fault, is_first, until) in list(running.items()):
            done, status = os.waitpid(process, os.WNOHANG)
            if not done and time.monotonic() < until:
                continue
            del running[process]
            if not done:
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                yield fault, "timed out"
            elif os.waitstatus_to_exitcode(status) not in (0, NO_TESTS):
                yield fault, "killed"
            elif is_first:
                waiting.appendleft((fault, False))
            else:
                yield fault, "survived"


def table(found: Sequence[tuple[Mutant, str]]) -> Iterator[str]:
    """What became of them, by kind of change and by file."""
    for title, name in (("kind", lambda fault: fault.kind), ("file", lambda fault: str(fault.file.relative_to(CORE)))):
        of, survived = (
            Counter(name(fault) for fault, _ in found),
            Counter(name(o) for o, end in found if end == "survived"),
        )
        yield f"{title:28}{'killed':>8}{'survived':>10}{'of':>6}"
        yield from (f"{key:28}{of[key] - survived[key]:8}{survived[key]:10}{of[key]:6}" for key in sorted(of))
        yield ""


def report(found: Sequence[tuple[Mutant, str]], seed: int, places: int, path: str | None) -> float:
    """Print what became of all; the share that was killed."""
    survivors = sorted(
        (fault.place, fault.kind, fault.before, fault.after) for fault, end in found if end == "survived"
    )
    print(
        *table(found), *(f"{place} {kind}: {before} -> {after}" for place, kind, before, after in survivors), sep="\n"
    )
    share, late = 1 - len(survivors) / len(found), sum(end == "timed out" for _, end in found)
    killed = f"{len(found) - len(survivors)} of {len(found)} killed ({share:.1%}), {late} of them by the clock"
    print(f"{killed}; {places} places, seed {seed}")
    if path:
        figures = {"seed": seed, "of": len(found), "places": places, "killed": share, "survivors": survivors}
        Path(path).write_text(json.dumps(figures, indent=1))
    return share


def main() -> int:
    """Try a sample; exit 1 where fewer are killed than KILLED_MIN, 2 where the tests fail without a change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only files whose paths hold one of these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--json", help="where to write the figures")
    options = parser.parse_args()
    preload()
    if os.waitpid(start(None, [str(TESTS)]), 0)[1]:
        print("the tests fail without any change", file=sys.stderr)
        return 2
    places = all_places(options.words)
    chosen = sorted(random.Random(options.seed).sample(places, min(options.sample, len(places))))
    found: list[tuple[Mutant, str]] = []
    for fault, end in run_all(mutant(*place) for place in chosen):
        found.append((fault, end))
        print(f"\r{len(found)} of {len(chosen)}", end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return int(report(found, options.seed, len(places), options.json) < KILLED_MIN)


if __name__ == "__main__":
    sys.exit(main())
