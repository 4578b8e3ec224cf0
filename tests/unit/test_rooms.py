"""One RPC, one file, one function of its name."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from profile_service import usecases
from profile_service.rpc.boundary.permissions import PERMISSIONS

ROOMS = Path(usecases.__file__).parent


def snake_case(method: str) -> str:
    """`StartContact` -> `start_contact`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method).lower()


@pytest.mark.parametrize("method", sorted(PERMISSIONS))
def test_every_method_has_its_file_and_its_function(method: str) -> None:
    """`usecases/<subject>/<rpc>.py`, and in it a function of that name whose first arguments are runtime and caller."""
    name = snake_case(method.rpartition("/")[2])
    (file,) = ROOMS.glob(f"*/{name}.py")
    module = import_module(f"profile_service.usecases.{file.parent.name}.{name}")
    function = getattr(module, name)
    assert inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    assert list(inspect.signature(function).parameters)[:2] == ["runtime", "caller"]
    assert (module.__doc__ or "").startswith(f"{method.rpartition('/')[2]}: ")


def test_no_room_holds_anything_else() -> None:
    """Folders of calls hold calls alone; what the service does by itself stands in `upkeep`."""
    calls = {snake_case(method.rpartition("/")[2]) for method in PERMISSIONS}
    files = {file.stem for file in ROOMS.glob("*/*.py") if file.parent.name != "upkeep" and file.stem != "__init__"}
    assert files == calls


@pytest.mark.parametrize("folder", ["usecases", "engine"])
def test_queries_are_named_in_the_store_alone(folder: str) -> None:
    """Use cases and engine call functions of `store/queries/`, which answer structs."""
    for path in (ROOMS.parent / folder).rglob("*.py"):
        text = path.read_text()
        for part in ast.walk(ast.parse(text)):
            if isinstance(part, ast.ImportFrom):
                names = {alias.name for alias in part.names}
                assert part.module != "profile_service.store.database" or not names & {"run", "read", "QUERIES"}, path
                assert part.module != "profile_service.store" or "database" not in names, path
        assert not re.search(r"database\.(run|read)\(", text), path
