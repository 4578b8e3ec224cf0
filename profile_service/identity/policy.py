"""The policy: the versioned document that says which links join, limits per namespace, and what proofs are worth."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from typing import Any

from profile_service.identity.graph.model import Assurance
from profile_service.identity.text.document import read_document
from profile_service.identity.text.patterns import require_pattern

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
RECORD_PREFIX = "record/"
CANDIDATES_MAX = 200
"""Profiles that one call compares a record with, at most."""


class PolicyError(ValueError):
    """The policy document is not valid; the message names the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut:
    """A node with more than `max` distinct counted neighbours in `of` is shared; `record` stands for all sources.

    within_us: only neighbours that were first seen within such a time of each other, a burst (0: ever). quarantine: so
    many are no household's; a steward is told.
    """

    of: frozenset[str]
    max: int
    within_us: int = 0
    quarantine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """What the policy says of one namespace.

    strength: the stronger namespace wins a conflict. limit: current values per profile and scope (0: none).
    join: least assurance of this end for a link to count. anchor: least assurance for a contact to stand under it.
    lifecycle: stable, rotating (the platform replaces it) or reassignable (it is given to others).
    ttl_days: how long a profile with nothing stronger lives without being seen (0: for ever). silence_us: one that was
    not seen for so long and comes back with somebody else was given to them (0: never).
    """

    name: str
    strength: int
    limit: int = 0
    join: Assurance = Assurance.OBSERVED
    anchor: Assurance = Assurance.OBSERVED
    cap: Assurance = Assurance.VERIFIED
    scoped: bool = False
    lifecycle: str = "stable"
    shareable: bool = False
    fan_out: tuple[FanOut, ...] = ()
    ttl_days: int = 0
    silence_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When merges leave the usual band and are held for a steward.

    They do where, within one hour of event time, more than `least` profiles were merged (0: never hold), and more per
    change than `factor` times what was usual in the `usual_days` before; than `share`, where there were fewer than
    `usual_least` changes in them.
    """

    least: int = 0
    share: float = 0.5
    factor: float = 4.0
    usual_days: int = 7
    usual_least: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRules:
    """When a source record joins a profile by its attributes: probabilities, and caps on what is compared.

    A blocking key of more than `key_cap` records finds nobody; at most `candidates_max` profiles are compared per call.
    """

    join: float = 0.95
    review: float = 0.5
    key_cap: int = 50
    candidates_max: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the policy. Immutable; decisions record `label`."""

    name: str
    version: int
    namespaces: Mapping[str, Namespace]
    channels: Mapping[str, Assurance]
    sources: Mapping[str, Assurance]
    methods: Mapping[str, Assurance]
    matching: MatchRules = field(default_factory=MatchRules)
    breaker: BreakerRules = field(default_factory=BreakerRules)
    neighbourhood_cap: int = 1000
    profile_size_cap: int = 1000
    safe: Assurance = Assurance.VERIFIED
    checks_for_safe: int = 2
    checks_failed_max: int = 5
    continue_within_us: int = 14 * DAY_US
    idle_close_us: int = 14 * DAY_US
    ask_order: tuple[str, ...] = ()
    blocked: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    blocked_patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def label(self) -> str:
        """`name@version`, as stored with every decision."""
        return f"{self.name}@{self.version}"

    def namespace(self, name: str) -> Namespace:
        """Return the namespace; raises KeyError where it is not registered."""
        found = self.namespaces.get(name)
        if found is None and name.startswith(RECORD_PREFIX):
            found = self.namespaces["record"]
        if found is None:
            raise KeyError(name)
        return found

    def registered(self, name: str) -> bool:
        """Whether callers may use the namespace in an identifier."""
        return name in self.namespaces and name != "record"

    def strength(self, namespace: str) -> int:
        """How strong a namespace is; the contact's own node is the weakest."""
        return self.namespace(namespace).strength

    def worth(self, method: str, *, namespace: str, channel: str, source: str, caller_cap: Assurance) -> Assurance:
        """What a proof is worth: the method's assurance, capped per caller, source, channel and namespace."""
        return min(
            self.methods.get(method, Assurance.CLAIMED),
            caller_cap,
            self.sources.get(source, Assurance.VERIFIED),
            self.channels.get(channel, Assurance.CLAIMED),
            self.namespace(namespace).cap,
        )

    def join_min(self, namespace: str) -> Assurance:
        """Least assurance of an end for a link to count."""
        return self.namespace(namespace).join


def _assurance(place: str, text: str) -> Assurance:
    try:
        return Assurance[text]
    except KeyError:
        raise PolicyError(f"{place}: {text!r} is not CLAIMED, OBSERVED or VERIFIED") from None


def _fan_out(name: str, rule: dict[str, Any]) -> FanOut:
    try:
        within_us = int(rule.pop("within_hours", 0) * HOUR_US)
        return FanOut(of=frozenset(rule.pop("of")), within_us=within_us, **rule)
    except (KeyError, TypeError) as error:
        raise PolicyError(f"namespaces.{name}.fan_out: {error}") from None


def _namespace(name: str, table: dict[str, Any]) -> Namespace:
    rules = tuple(_fan_out(name, dict(rule)) for rule in table.pop("fan_out", ()))
    table["silence_us"] = int(table.pop("silence_days", 0) * DAY_US)
    levels = {
        key: _assurance(f"namespaces.{name}.{key}", table.pop(key)) for key in ("join", "anchor", "cap") if key in table
    }
    if levels.get("join", Assurance.OBSERVED) < Assurance.OBSERVED:
        raise PolicyError(f"namespaces.{name}.join: claims count nowhere, so it must be OBSERVED or VERIFIED")
    try:
        return Namespace(name=name, fan_out=rules, **levels, **table)
    except TypeError as error:
        raise PolicyError(f"namespaces.{name}: {error}") from None


def _match_rules(table: Mapping[str, Any]) -> MatchRules:
    try:
        rules = MatchRules(**table)
    except TypeError as error:
        raise PolicyError(f"matching: {error}") from None
    if not 0.0 < rules.review <= rules.join < 1.0:
        raise PolicyError("matching: has to be 0 < review <= join < 1")
    if not (1 <= rules.key_cap <= 10_000 and 1 <= rules.candidates_max <= CANDIDATES_MAX):
        raise PolicyError(f"matching: key_cap is 1 to 10,000, candidates_max 1 to {CANDIDATES_MAX}")
    return rules


def _breaker_rules(table: Mapping[str, Any]) -> BreakerRules:
    try:
        rules = BreakerRules(**table)
    except TypeError as error:
        raise PolicyError(f"breaker: {error}") from None
    if not (rules.least >= 0 and 0.0 <= rules.share <= 1.0 and rules.factor >= 1.0 and 1 <= rules.usual_days <= 366):
        raise PolicyError("breaker: has to be least >= 0, share 0 to 1, factor >= 1, usual_days 1 to 366")
    return rules


def parse_policy(text: str) -> Policy:
    """Read a policy document (TOML). Raises PolicyError."""
    try:
        return _checked(_policy(read_document(text)))
    except PolicyError:
        raise
    except (
        tomllib.TOMLDecodeError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise PolicyError(f"{type(error).__name__} {error}") from None


def _checked(policy: Policy) -> Policy:
    """What TOML lets through and the service could not use."""
    rules = (rule for one in policy.namespaces.values() for rule in one.fan_out)
    for held in (policy, policy.matching, policy.breaker, *policy.namespaces.values(), *rules):
        for one in fields(held):
            value, kinds = getattr(held, one.name), {"int": int, "float": (int, float), "bool": bool}
            wanted = kinds.get(str(one.type))
            if wanted is not None and (not isinstance(value, wanted) or value < 0):
                raise PolicyError(f"{one.name}: {value!r} is no {one.type} from 0 on")
    for patterns in policy.blocked_patterns.values():
        for pattern in patterns:
            require_pattern(pattern)
    missing = {RECORD_PREFIX.rstrip("/"), "contact"} - policy.namespaces.keys()
    if missing:
        raise PolicyError(f"namespaces.{min(missing)} is missing")
    return policy


def _policy(table: dict[str, Any]) -> Policy:
    caps = {
        part: {name: _assurance(f"{part}.{name}", value) for name, value in table.pop(part, {}).items()}
        for part in ("channels", "sources", "methods")
    }
    blocked = table.pop("blocked", {})
    days = {
        f"{key}_us": int(table.pop(f"{key}_days") * DAY_US)
        for key in ("continue_within", "idle_close")
        if f"{key}_days" in table
    }
    namespaces = {name: _namespace(name, dict(body)) for name, body in table.pop("namespaces").items()}
    matching = _match_rules(table.pop("matching", {}))
    breaker = _breaker_rules(table.pop("breaker", {}))
    if "safe" in table:
        table["safe"] = _assurance("safe", table["safe"])
    try:
        return Policy(
            namespaces=namespaces,
            matching=matching,
            breaker=breaker,
            blocked={name: frozenset(body.get("values", ())) for name, body in blocked.items()},
            blocked_patterns={name: tuple(body.get("patterns", ())) for name, body in blocked.items()},
            ask_order=tuple(table.pop("ask_order", ())),
            **caps,
            **days,
            **table,
        )
    except TypeError as error:
        raise PolicyError(str(error)) from None


def shipped_policy(name: str) -> Policy:
    """Load a policy that ships with the package: `default` or `bench`. Raises PolicyError where there is none."""
    document = resources.files("profile_service.identity") / "policies" / f"{name}.toml"
    if not document.is_file():
        raise PolicyError(f"no policy named {name!r} ships with this version: choose default or bench")
    return parse_policy(document.read_text())
