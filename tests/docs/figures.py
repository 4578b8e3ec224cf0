"""The size and complexity of the source: `python -m tests.docs.figures` prints the figures, `test_figures.py` holds the
aims. Complexity is McCabe's (IEEE Transactions on Software Engineering 2(4), 1976): decisions of a function, plus one.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
FOLDERS = ("profile_service", "clients", "tests")
GENERATED = ROOT / "profile_service" / "v1"
DECISIONS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.match_case)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function or method: where it stands, lines from `def` to its end, parameters but for self, complexity."""

    file: str
    name: str
    lines: int
    parameters: int
    complexity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file: its lines, its functions, and the lines on which the type checker is told to be silent."""

    file: str
    lines: int
    functions: Sequence[Function]
    excused: int


def complexity(function: ast.AST) -> int:
    """The decisions in a function, plus one; those of functions within it are their own."""
    found = 1
    for part in _own_parts(function):
        if isinstance(part, DECISIONS):
            found += 1 + (len(part.ifs) if isinstance(part, ast.comprehension) else 0)
        elif isinstance(part, ast.BoolOp):
            found += len(part.values) - 1
    return found


def _own_parts(function: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _own_parts(child)


def _functions(file: str, tree: ast.AST) -> Iterator[Function]:
    for part in ast.walk(tree):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*part.args.posonlyargs, *part.args.args, *part.args.kwonlyargs]
            yield Function(
                file=file,
                name=part.name,
                lines=(part.end_lineno or part.lineno) - part.lineno + 1,
                parameters=sum(argument.arg not in ("self", "cls") for argument in given),
                complexity=complexity(part),
            )


def measure(path: Path) -> Source:
    """The figures of a file."""
    text, file = path.read_text(), str(path.relative_to(ROOT))
    return Source(
        file=file,
        lines=len(text.splitlines()),
        functions=tuple(_functions(file, ast.parse(text))),
        excused=text.count("# pyright: " + "ignore") + text.count("# type: " + "ignore"),
    )


def sources(folder: str) -> list[Source]:
    """The figures of a folder's own files; what is generated is left out."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return [measure(path) for path in paths if not path.is_relative_to(GENERATED)]


def typed() -> Counter[str]:
    """How many findings the type checker has, by rule: none where every expression of the core has a type."""
    command = [sys.executable, "-m", "basedpyright", "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return Counter(finding.get("rule", "syntax") for finding in found if finding["severity"] == "error")


def _table(folder: str, found: Sequence[Source], worst: int) -> Table:
    functions = [function for source in found for function in source.functions]
    lines = sum(source.lines for source in found)
    table = Table(title=f"{folder}: {len(found)} files, {lines:,} lines, {len(functions):,} functions", box=None)
    for name in ("", "median", "largest", "where"):
        table.add_column(name, style="bold" if name == "" else None, overflow="fold")
    biggest = sorted(found, key=lambda source: -source.lines)
    where = ", ".join(f"{source.file} {source.lines}" for source in biggest[:worst])
    table.add_row("lines of a file", f"{median(source.lines for source in found):.0f}", str(biggest[0].lines), where)
    for title, figure in (("lines", "lines"), ("parameters", "parameters"), ("complexity", "complexity")):
        ranked = sorted(functions, key=lambda function: -getattr(function, figure))
        where = ", ".join(f"{entry.name} {getattr(entry, figure)}" for entry in ranked[:worst])
        middle = median(getattr(function, figure) for function in functions)
        table.add_row(f"{title} of a function", f"{middle:.0f}", str(getattr(ranked[0], figure)), where)
    table.add_row("excused from types", "", str(sum(source.excused for source in found)), "lines with an ignore")
    return table


def main() -> None:
    """Print the figures, folder by folder, and what the type checker finds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON, file by file")
    parser.add_argument("--worst", type=int, default=5, help="how many of the largest are named")
    arguments = parser.parse_args()
    figures = {folder: sources(folder) for folder in FOLDERS}
    if arguments.json:
        print(json.dumps({folder: [asdict(source) for source in found] for folder, found in figures.items()}))
        return
    console = Console()
    console.width = max(console.width, 120)
    for folder, found in figures.items():
        console.print(_table(folder, found, arguments.worst), "")
    rules = typed()
    said = ", ".join(f"{count} {rule}" for rule, count in rules.most_common()) or "no finding"
    console.print(f"types (basedpyright; no expression of type Any in identity, engine, usecases and store): {said}")


if __name__ == "__main__":
    main()
