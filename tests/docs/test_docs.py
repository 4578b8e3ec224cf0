"""What the documents claim is there; what is there is documented; the house rules on size hold."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from profile_service.cli.namespaces import namespace_table
from profile_service.cli.policy_keys import policy_table
from profile_service.config import Settings
from profile_service.rpc.boundary.permissions import PERMISSIONS
from profile_service.rpc.boundary.status import CODES
from profile_service.store.migrate import NAME, migrations
from profile_service.v1 import ErrorReason

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
]
SOURCES = [path for path in TRACKED if path.suffix == ".py" and "v1" not in path.parts and path.exists()]


def test_every_error_reason_has_a_status_and_a_comment() -> None:
    """The proto is the documentation of errors."""
    named = {name.removeprefix("ERROR_REASON_") for name, _ in ErrorReason.items()}
    named.remove("UNSPECIFIED")
    assert named == set(CODES)
    text = (ROOT / "protos/profile_service/v1/error_reason.proto").read_text()
    for name in named:
        assert re.search(rf"// [A-Z_]+[^:\n]*: [^\n]+(\n  // [^\n]+)*\n  ERROR_REASON_{name} =", text), name


def test_every_method_has_a_permission_and_http_binding() -> None:
    """Default deny: a method without a row is denied; POST only, and no identifier in a URL."""
    image = descriptor_pb2.FileDescriptorSet.FromString((ROOT / "protos/released/v1.binpb").read_bytes())
    methods = {
        f"/{file.package}.{service.name}/{method.name}"
        for file in image.file
        if file.package == "profile_service.v1"
        for service in file.service
        for method in service.method
    }
    assert methods == set(PERMISSIONS)
    for name in ("contact_service", "explain_service", "profile_service", "steward_service"):
        text = (ROOT / f"protos/profile_service/v1/{name}.proto").read_text()
        assert text.count("rpc ") == text.count('post: "/v1/') == text.count('body: "*"')
        assert not re.search(r'post: "[^"]*\{', text)


def test_every_setting_is_in_the_table() -> None:
    """deploy/README.md names every variable."""
    table = (ROOT / "deploy/README.md").read_text()
    for name, field in Settings.model_fields.items():
        group = getattr(field.annotation, "model_fields", None)
        leaves = [f"PROFILE_{name}__{leaf}" for leaf in group] if group else [f"PROFILE_{name}"]
        for leaf in leaves:
            assert f"`{leaf.upper()}`" in table, leaf


def test_the_readme_is_short_and_its_commands_exist() -> None:
    """At most 250 lines; every `make` target that it names is one; every path that it names is there."""
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 250
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    for path in re.findall(r"`((?:profile_service|clients|protos|tests|deploy)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path


def test_migrations_are_named_in_order() -> None:
    """`NNNN_{pre|post}_name.sql`, without gaps."""
    folder = ROOT / "profile_service/store/schema/migrations"
    assert all(NAME.fullmatch(path.name) for path in folder.glob("*.sql"))
    assert [field.number for field in migrations()] == list(range(1, len(migrations()) + 1))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_small(path: Path) -> None:
    """Files of at most 500 lines, functions of at most 70; every module says what it is."""
    text = path.read_text()
    assert len(text.splitlines()) <= 500
    tree = ast.parse(text)
    if text.strip():
        assert ast.get_docstring(tree), "no module docstring"
    for part in ast.walk(tree):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (part.end_lineno or 0) - part.lineno < 70, part.name


def test_nothing_names_a_registry_or_a_machine() -> None:
    """No host of a package registry, no absolute path of a machine."""
    hosts = re.compile("p" + r"ypi\.org|python" + r"hosted|registry\.np" + "mjs")
    for path in TRACKED:
        if path.suffix in {".py", ".md", ".toml", ".lock", ".sql", ".proto", ".yaml", ""} and path.is_file():
            text = path.read_text(errors="ignore")
            assert not hosts.search(text), path
            assert "/wo" + "rk/" not in text, path


def test_the_readme_has_the_keys_of_the_policy_and_the_namespaces() -> None:
    """As `profile-service policy-keys` and `profile-service namespaces` print them."""
    readme = (ROOT / "README.md").read_text()
    assert policy_table() in readme
    assert namespace_table() in readme
