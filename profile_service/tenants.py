"""The tenants file: policy, regions and blocked values per tenant (TOML, tables `[tenant.<name>]`)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from profile_service.engine.runtime import Tenant
from profile_service.identity.matching.model import load_model, shipped_model
from profile_service.identity.policies import shipped_text
from profile_service.identity.policy import Policy
from profile_service.identity.policy_document import overlay_policy, parse_policy
from profile_service.identity.text.document import DocumentInvalid, converted
from profile_service.identity.text.patterns import PatternInvalid, require_pattern

Parsed = TypeVar("Parsed")


class TenantFileError(Exception):
    """The tenants file cannot be used; the message says file, key and reason."""


class _Tenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file; `policy` is one that ships, where no file is named; `policy_overlay` a file with entries
    that are added to it, or changed."""

    policy: str | None = None
    policy_file: str | None = None
    policy_overlay: str | None = None
    model_file: str | None = None
    default_region: str = ""
    brand_regions: dict[str, object] = {}
    blocked: dict[str, object] = {}
    blocked_patterns: dict[str, object] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tenant: dict[str, object] = {}


def _tenant(name: str, table: object, default_policy: str) -> Tenant:
    place = f"tenant.{name}"
    row = converted(table, _Tenant, place)
    model = shipped_model()
    if row.model_file is not None:
        model = _at(f"{place}.model_file", partial(_read, row.model_file, load_model))
    return Tenant(
        policy=_policy(row, place, default_policy),
        model=model,
        default_region=row.default_region,
        brand_regions=_each(row.brand_regions, str, f"{place}.brand_regions"),
        blocked=_each(row.blocked, frozenset[str], f"{place}.blocked"),
        blocked_patterns=_patterns(_each(row.blocked_patterns, tuple[str, ...], f"{place}.blocked_patterns"), place),
    )


def _policy(row: _Tenant, place: str, default_policy: str) -> Policy:
    """The policy that a tenant names; of an overlay, on the policy that it changes."""

    def with_text(text: str) -> tuple[Policy, str]:
        return parse_policy(text), text

    if row.policy_file is None:
        named = default_policy if row.policy is None else row.policy
        policy, text = _at(f"{place}.policy", lambda: with_text(shipped_text(named)))
    else:
        policy, text = _at(f"{place}.policy_file", partial(_read, row.policy_file, with_text))
    if row.policy_overlay is None:
        return policy
    return _at(f"{place}.policy_overlay", partial(_read, row.policy_overlay, partial(overlay_policy, text)))


def _at(place: str, read: Callable[[], Parsed]) -> Parsed:
    """What a key names; an error is told with the key."""
    try:
        return read()
    except DocumentInvalid as error:
        raise DocumentInvalid(f"{place}: {error}") from None


def _read(file: str, parse: Callable[[str], Parsed]) -> Parsed:
    """A document; an error is told with its file."""
    try:
        return parse(Path(file).read_text())
    except (DocumentInvalid, OSError, UnicodeDecodeError) as error:
        raise DocumentInvalid(f"{file}: {error}") from None


def _each(table: Mapping[str, object], kind: type[Parsed], place: str) -> dict[str, Parsed]:
    """The values of a table by their keys."""
    return {key: converted(value, kind, f"{place}.{key}") for key, value in table.items()}


def _patterns(patterns: Mapping[str, tuple[str, ...]], place: str) -> Mapping[str, tuple[str, ...]]:
    for namespace, texts in patterns.items():
        for text in texts:
            try:
                require_pattern(text)
            except PatternInvalid as error:
                raise DocumentInvalid(f"{place}.blocked_patterns.{namespace}: {error}") from None
    return patterns


def load_tenants(path: Path | None, names: Iterable[str], default_policy: str) -> dict[str, Tenant]:
    """The settings of every tenant that has a credential. Raises TenantFileError."""
    try:
        tables = _File() if path is None else converted(tomllib.loads(path.read_text()), _File)
        return {name: _tenant(name, tables.tenant.get(name, {}), default_policy) for name in sorted(names)}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, DocumentInvalid) as error:
        raise TenantFileError(str(error) if path is None else f"{path}: {error}") from None


def files_of(path: Path | None) -> list[Path]:
    """The tenants file, and the policies and models that it names; none where there is no such file."""
    if path is None:
        return []
    try:
        tables = tomllib.loads(path.read_text()).get("tenant", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return [path]
    named = [table.get(key) for table in tables.values() for key in ("policy_file", "policy_overlay", "model_file")]
    return [path, *(Path(name) for name in named if isinstance(name, str))]
