"""The aims of size and complexity, and what is excused from types."""

from __future__ import annotations

import pytest

from tests.docs.figures import FOLDERS, Function, Source, sources

FILE_LINES, FUNCTION_LINES, PARAMETERS, COMPLEXITY = 300, 40, 6, 20
"""Held by what is installed; one in forty functions may have more than 5 parameters, or more than 12 decisions."""
EXCUSED = 30
"""Lines on which the type checker may be told to be silent, in all."""
PRODUCT = [source for folder in ("profile_service", "clients") for source in sources(folder)]
FUNCTIONS = [function for source in PRODUCT for function in source.functions]


@pytest.mark.parametrize("source", PRODUCT, ids=lambda source: source.file)
def test_a_file_is_as_small_as_it_is_meant_to_be(source: Source) -> None:
    """300 lines, and functions of 40 lines, 6 parameters and 20 decisions."""
    assert source.lines <= FILE_LINES
    for function in source.functions:
        assert function.lines <= FUNCTION_LINES, function
        assert function.parameters <= PARAMETERS, function
        assert function.complexity <= COMPLEXITY, function


def test_hardly_a_function_is_at_its_limit() -> None:
    """Of forty one may have more than 5 parameters, and one more than 12 decisions."""
    most = len(FUNCTIONS) // 40
    assert sum(function.parameters > 5 for function in FUNCTIONS) <= most
    assert sum(function.complexity > 12 for function in FUNCTIONS) <= most


def test_hardly_a_line_is_excused_from_types() -> None:
    """Everywhere, tests too."""
    assert sum(source.excused for folder in FOLDERS for source in sources(folder)) <= EXCUSED


def test_figures_are_those_of_the_source() -> None:
    """A function is as long as it stands there; its decisions are counted without those of functions in it."""
    (found,) = (source for source in sources("tests/docs") if source.file == "tests/docs/test_figures.py")
    named = {function.name: function for function in found.functions}
    assert named["decides"] == Function(
        file="tests/docs/test_figures.py", name="decides", lines=9, parameters=2, complexity=5
    )
    assert named["inner"].complexity == 2


def decides(left: int, right: int) -> int:
    """Four decisions, and one in the function that it holds."""

    def inner(value: int) -> int:
        return value if value else 1

    if left and right:
        return sum(inner(value) for value in range(left) if value)
    return right
