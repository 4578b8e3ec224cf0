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
    found["components"] = [
        component for component in found["components"] if canonicalize_name(component["name"]) in licences
    ]
    for component in found["components"]:
        component["licenses"] = [{"expression": licences[canonicalize_name(component["name"])]}]
        _forget_local_paths(component)
    references = {
        found["metadata"]["component"]["bom-ref"],
        *(component["bom-ref"] for component in found["components"]),
    }
    found["dependencies"] = [
        {**dependency, "dependsOn": [ref for ref in dependency.get("dependsOn", []) if ref in references]}
        for dependency in found["dependencies"]
        if dependency["ref"] in references
    ]
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(found)):
        raise ValueError(f"the bill of materials is not valid: {wrong}")
    return found


def _forget_local_paths(component: dict[str, Any]) -> None:
    """Wheels name the folder that they were built in."""
    kept = [
        reference for reference in component.get("externalReferences", []) if not reference["url"].startswith("file:")
    ]
    component["externalReferences"] = kept
