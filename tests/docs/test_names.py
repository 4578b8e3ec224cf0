"""Names say what a thing is, not how it was come by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.figures import GENERATED, ROOT

SAY_NOTHING = frozenset({"held", "wanted", "one", "told", "thing", "stuff", "tmp", "obj", "res", "ret"})
FOLDERS = frozenset({"utils", "helpers", "manager", "common", "misc", "process", "handle"})
SOURCES = [
    path
    for folder in ("profile_service", "clients", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.is_relative_to(GENERATED)
]


def bound_names(tree: ast.AST) -> Iterator[str]:
    """The locals and parameters of the functions of a module."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for part in ast.walk(function):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id
                if isinstance(part, ast.arg):
                    yield part.arg


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_locals_are_named_by_what_they_are(path: Path) -> None:
    """None by a word that fits anything."""
    assert not SAY_NOTHING & set(bound_names(ast.parse(path.read_text())))


def test_no_file_or_function_has_a_name_that_fits_anything() -> None:
    """Neither here nor in tests."""
    for folder in ("profile_service", "clients", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            assert path.stem not in FOLDERS, path
            names = {
                part.name
                for part in ast.walk(ast.parse(path.read_text()))
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert not names & FOLDERS, path
