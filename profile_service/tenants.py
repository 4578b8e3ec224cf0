"""The tenants file: policy, regions and blocked values per tenant (TOML, tables `[tenant.<name>]`)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from profile_service.engine.runtime import Tenant
from profile_service.identity.matching.model import load_model, shipped_model
from profile_service.identity.policy_document import parse_policy, shipped_policy
from profile_service.identity.text.document import DocumentInvalid, converted
from profile_service.identity.text.patterns import PatternInvalid, require_pattern

Parsed = TypeVar("Parsed")


class TenantFileError(Exception):
    """The tenants file cannot be used; the message says file, key and reason."""


class _Tenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file; `policy` is one that ships, where no file is named."""

    policy: str | None = None
    policy_file: str | None = None
    model_file: str | None = None
    default_region: str = ""
    brand_regions: dict[str, str] = {}
    blocked: dict[str, frozenset[str]] = {}
    blocked_patterns: dict[str, tuple[str, ...]] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True):
    tenant: dict[str, object] = {}


def _parsed(file: str, key: str, parse: Callable[[str], Parsed]) -> Parsed:
    """A document that the tenants file names, as the key."""
    try:
        return parse(Path(file).read_text())
    except (DocumentInvalid, OSError, UnicodeDecodeError) as error:
        raise DocumentInvalid(f"{key}: {file}: {error}") from None


def _tenant(name: str, table: object, default_policy: str) -> Tenant:
    row = converted(table, _Tenant, f"tenant.{name}")
    place = f"tenant.{name}.policy_file"
    model = f"tenant.{name}.model_file"
    return Tenant(
        policy=shipped_policy(row.policy or default_policy)
        if row.policy_file is None
        else _parsed(row.policy_file, place, parse_policy),
        model=shipped_model() if row.model_file is None else _parsed(row.model_file, model, load_model),
        default_region=row.default_region,
        brand_regions=row.brand_regions,
        blocked=row.blocked,
        blocked_patterns=_patterns(f"tenant.{name}.blocked_patterns", row.blocked_patterns),
    )


def _patterns(place: str, patterns: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    for namespace, texts in patterns.items():
        for text in texts:
            try:
                require_pattern(text)
            except PatternInvalid as error:
                raise DocumentInvalid(f"{place}.{namespace}: {error}") from None
    return patterns


def load_tenants(path: Path | None, names: Iterable[str], default_policy: str) -> dict[str, Tenant]:
    """The settings of every tenant that has a credential. Raises TenantFileError."""
    try:
        tables = _File() if path is None else converted(tomllib.loads(path.read_text()), _File)
        return {name: _tenant(name, tables.tenant.get(name, {}), default_policy) for name in sorted(names)}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, DocumentInvalid) as error:
        raise TenantFileError(str(error) if path is None else f"{path}: {error}") from None
