"""`make audit`: licences of what runs, a bill of materials in build/sbom.json, and advisories where the index has them.

Exits with 1 where a licence is not allowed, a locked package is missing, or an advisory is known.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console
from rich.table import Table

from tests.audit.licences import is_allowed, licence_of
from tests.audit.sbom import ROOT, bill

LOCK = ROOT / "requirements.lock"
OUT = ROOT / "build/sbom.json"
OTHER = "not for this Python or system"
MISSING = "not installed as locked"
ASKING_S = 300


def locked(lock: Path) -> list[Requirement]:
    """What a lock names, without the hashes."""
    return [Requirement(line) for line in re.findall(r"^(\w[^\\\n]*)", lock.read_text(), re.MULTILINE)]


def licence(requirement: Requirement) -> str:
    """The licence of a locked package as it is installed; OTHER where it does not apply here; else MISSING."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return OTHER
    try:
        package = distribution(requirement.name)
    except PackageNotFoundError:
        return MISSING
    return licence_of(package) if requirement.specifier.contains(package.version, prereleases=True) else MISSING


def show(console: Console, licences: Mapping[str, str]) -> list[str]:
    """Print the table; return the packages that fail."""
    table = Table("package", "licence", "", box=None)
    failed = [name for name, text in licences.items() if text != OTHER and not is_allowed(text)]
    for name, text in licences.items():
        table.add_row(name, text, "[red]not allowed" if name in failed else "")
    console.print(table)
    return failed


def asked(lock: Path) -> str:
    """What the package index knows of a lock, as JSON; anything else where it does not answer."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--disable-pip", "--format", "json"]
    options = ["--desc", "off", "--progress-spinner", "off"]
    try:
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=ASKING_S)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def advisories(answer: str) -> tuple[list[str], bool]:
    """Lines to print, and whether no advisory is known. A package that the index does not have was not checked."""
    found = json.loads(answer)["dependencies"] if answer.startswith("{") else []
    checked = [package for package in found if "skip_reason" not in package]
    if not checked:
        return ["advisories: not checked (the index did not answer)"], True
    known = [
        f"{package['name']} {package['version']}: {vuln['id']}" for package in checked for vuln in package["vulns"]
    ]
    return [f"advisories: {len(known)} for {len(checked)} of {len(found)} packages", *known], not known


def main() -> int:
    """All of it; what fails comes last."""
    console = Console()
    licences = {
        f"{requirement.name} {str(requirement.specifier)[2:]}": licence(requirement) for requirement in locked(LOCK)
    }
    failed = show(console, licences)
    here = {str(canonicalize_name(name.split()[0])): text for name, text in licences.items() if text != OTHER}
    if not failed:
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(bill(here), indent=1) + "\n")
        console.print(f"bill of materials: {len(here)} packages, CycloneDX 1.6, {OUT.relative_to(ROOT)}")
    lines, safe = advisories(asked(LOCK))
    console.print(*lines, sep="\n  ")
    for name in failed:
        console.print(f"[red]{name}: {licences[name]}")
    return int(bool(failed) or not safe)


if __name__ == "__main__":
    sys.exit(main())
