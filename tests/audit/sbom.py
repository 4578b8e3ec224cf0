"""The CycloneDX bill of materials of what a lock names, from what is installed; nothing is asked of anybody."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from profile_service import __version__

ROOT = Path(__file__).resolve().parents[2]


def installed() -> dict[str, Any]:
    """The bill of all that is installed beside this Python, without times and random values. `bill` checks it."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", str(ROOT / "pyproject.toml")]
    options = ["--spec-version", SchemaVersion.V1_6.to_version(), "--output-reproducible", "--no-validate"]
    done = subprocess.run([*command, *options, sys.prefix], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    return json.loads(done.stdout)


def bill(licences: Mapping[str, str]) -> dict[str, Any]:
    """The bill of the packages that have a licence here, by their normalized names. Raises ValueError if not valid."""
    found = installed()
    found["metadata"]["component"]["version"] = __version__
    found["components"] = [one for one in found["components"] if canonicalize_name(one["name"]) in licences]
    for one in found["components"]:
        one["licenses"] = [{"expression": licences[canonicalize_name(one["name"])]}]
        _forget_local_paths(one)
    held = {found["metadata"]["component"]["bom-ref"], *(one["bom-ref"] for one in found["components"])}
    found["dependencies"] = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", []) if ref in held]}
        for one in found["dependencies"]
        if one["ref"] in held
    ]
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(found)):
        raise ValueError(f"the bill of materials is not valid: {wrong}")
    return found


def _forget_local_paths(component: dict[str, Any]) -> None:
    """Wheels name the folder that they were built in."""
    kept = [one for one in component.get("externalReferences", []) if not one["url"].startswith("file:")]
    component["externalReferences"] = kept
