"""The tenants file: policy, regions and blocked values per tenant (TOML, tables `[tenant.<name>]`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from profile_service.engine.runtime import Tenant
from profile_service.identity.matching.model import (
    MatchModel,
    ModelError,
    load_model,
    require_levels,
    shipped_model,
)
from profile_service.identity.policy import Policy, PolicyError, parse_policy, shipped_policy
from profile_service.identity.text.patterns import PatternInvalid, require_pattern

KNOWN = frozenset(
    {"policy", "policy_file", "model_file", "default_region", "brand_regions", "blocked", "blocked_patterns"}
)


class TenantFileError(Exception):
    """The tenants file cannot be used; the message says why."""


def _policy(row: Mapping[str, Any], default: str) -> Policy:
    if "policy_file" in row:
        return parse_policy(Path(row["policy_file"]).read_text())
    return shipped_policy(str(row.get("policy", default)))


def _model(row: Mapping[str, Any]) -> MatchModel:
    if "model_file" not in row:
        return shipped_model()
    return require_levels(load_model(Path(row["model_file"]).read_text()))


def _tenant(name: str, row: Mapping[str, Any], default: str) -> Tenant:
    unknown = set(row) - KNOWN
    if unknown:
        raise TenantFileError(f"tenant {name}: {min(unknown)} is not a setting of a tenant")
    try:
        return Tenant(
            policy=_policy(row, default),
            model=_model(row),
            default_region=row.get("default_region", ""),
            brand_regions=row.get("brand_regions", {}),
            blocked={key: frozenset(values) for key, values in row.get("blocked", {}).items()},
            blocked_patterns={key: _patterns(values) for key, values in row.get("blocked_patterns", {}).items()},
        )
    except (PolicyError, ModelError, PatternInvalid, OSError) as error:
        raise TenantFileError(f"tenant {name}: {error}") from None


def _patterns(values: Iterable[str]) -> tuple[str, ...]:
    for value in values:
        require_pattern(value)
    return tuple(values)


def load_tenants(path: Path | None, names: Iterable[str], default_policy: str) -> dict[str, Tenant]:
    """The settings of every tenant that has a credential. Raises TenantFileError."""
    try:
        table = tomllib.loads(path.read_text()).get("tenant", {}) if path is not None else {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TenantFileError(f"{path}: {error}") from None
    return {name: _tenant(name, table.get(name, {}), default_policy) for name in sorted(names)}
