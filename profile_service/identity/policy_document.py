"""Read a policy from its TOML document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from profile_service.identity.graph.model import Assurance
from profile_service.identity.policy import (
    DAY_US,
    HOUR_US,
    RECORD_PREFIX,
    FanOut,
    Lifecycle,
    Namespace,
    Policy,
    PolicyError,
    Source,
)
from profile_service.identity.policy_tables import BlockedTable, FanOutTable, NamespaceTable, PolicyTable, SourceTable
from profile_service.identity.profile.quiet_hours import QuietHours
from profile_service.identity.text.document import DocumentInvalid, converted, overlaid, read_table
from profile_service.identity.text.patterns import PatternInvalid, require_pattern

MINUTE_US = HOUR_US // 60


def parse_policy(text: str) -> Policy:
    """Read a policy document (TOML). Raises PolicyError."""
    return _parsed(partial(read_table, text))


def overlay_policy(base: str, text: str) -> Policy:
    """The policy of a document with the entries of another, which names itself and adds or changes single keys: tables
    are joined, everything else is replaced. Raises PolicyError, whose keys are those of the overlay."""

    def joined() -> Mapping[str, object]:
        over = read_table(text)
        missing = {"name", "version"} - over.keys()
        if missing:
            raise PolicyError(f"{min(missing)}: is missing: an overlay has a name and a version of its own")
        return overlaid(read_table(base), over)

    return _parsed(joined)


def _parsed(read: Callable[[], Mapping[str, object]]) -> Policy:
    try:
        return _policy(converted(read(), PolicyTable))
    except DocumentInvalid as error:
        raise PolicyError(str(error)) from None


def _policy(document: PolicyTable) -> Policy:
    if document.matching.review > document.matching.join:
        raise PolicyError("matching.review: has to be at most matching.join")
    namespaces = {name: _namespace(name, body) for name, body in document.namespaces.items()}
    missing = {RECORD_PREFIX.rstrip("/"), "contact"} - namespaces.keys()
    if missing:
        raise PolicyError(f"namespaces.{min(missing)}: is missing")
    blocked = {name: _blocked(name, body) for name, body in document.blocked.items()}
    _require_channels(document)
    policy = Policy(
        name=document.name,
        version=document.version,
        namespaces=namespaces,
        channels=_assurances("channels", document.channels),
        sources={name: _source(name, body, namespaces) for name, body in document.sources.items()},
        methods=_assurances("methods", document.methods),
        matching=document.matching,
        breaker=document.breaker,
        neighbourhood_cap=document.neighbourhood_cap,
        profile_size_cap=document.profile_size_cap,
        take_back_least=document.take_back_least,
        take_back_share=document.take_back_share,
        proof_valid_us={method: int(minutes * MINUTE_US) for method, minutes in document.proof_valid_minutes.items()},
        continue_within_us={
            "": int(document.continue_within_days * DAY_US),
            **{name: int(days * DAY_US) for name, days in document.continue_within.items()},
        },
        live_us={"": DAY_US, **{name: int(hours * HOUR_US) for name, hours in document.live_hours.items()}},
        idle_close_us=int(document.idle_close_days * DAY_US),
        ask_order=document.ask_order,
        blocked={name: rules.values for name, rules in blocked.items()},
        blocked_patterns={name: rules.patterns for name, rules in blocked.items()},
    )
    return _with_readers(_with_checks(policy, document), document)


def _require_channels(document: PolicyTable) -> None:
    """Raise PolicyError where a key names a channel that there is none of."""
    named = {
        "public": document.public,
        "live_hours": document.live_hours.keys(),
        "continue_within": {name.partition("/")[0] for name in document.continue_within} - {"*"},
    }
    for key, channels in named.items():
        unknown = channels - document.channels.keys()
        if unknown:
            raise PolicyError(f"{key}: there is no channel {min(unknown)!r}")


def _with_checks(policy: Policy, document: PolicyTable) -> Policy:
    """With what is said of answers (D7)."""
    return replace(
        policy,
        checks_on_proof=document.checks_on_proof,
        checks_for_safe=document.checks_for_safe,
        checks_on_claim=document.checks_on_claim,
        checks_to_identify=document.checks_to_identify,
        checks_per_day=document.checks_per_day,
        checks_per_address=document.checks_per_address,
        customers_per_identifier=document.customers_per_identifier,
        settle_us=int(document.settle_days * DAY_US),
        documents=document.documents,
        points=document.points,
    )


def _with_readers(policy: Policy, document: PolicyTable) -> Policy:
    """With what is said of transfers, and of who may read."""
    return replace(
        policy,
        transfer_within_us=int(document.transfer_within_minutes * MINUTE_US),
        carry_over_us=int(document.carry_over_minutes * MINUTE_US),
        agent_reads_within_us=int(document.agent_reads_within_minutes * MINUTE_US),
        break_glass_per_hour=document.break_glass_per_hour,
        misses_per_hour=document.misses_per_hour,
        reviews_per_day=document.reviews_per_day,
        tell_bots=document.tell_bots,
        desks=document.desks,
        public=document.public,
        opt_in=document.opt_in,
        quiet_hours=_quiet_hours(document),
        flags={
            flag: {name: frozenset(map(str.casefold, values)) for name, values in attributes.items()}
            for flag, attributes in document.flags.items()
        },
    )


def _quiet_hours(document: PolicyTable) -> QuietHours:
    """The quiet hours. Raises PolicyError for a channel or time zone that there is none of."""
    hours = document.quiet_hours
    unknown = hours.channels - document.channels.keys()
    if unknown:
        raise PolicyError(f"quiet_hours.channels: there is no channel {min(unknown)!r}")
    for region, zone in hours.time_zones.items():
        try:
            ZoneInfo(zone)
        except (ValueError, ZoneInfoNotFoundError):
            raise PolicyError(f"quiet_hours.time_zones.{region}: there is no time zone {zone!r}") from None
    return hours


def _assurances(part: str, table: Mapping[str, object]) -> dict[str, Assurance]:
    return {name: _assurance(f"{part}.{name}", value) for name, value in table.items()}


def _assurance(place: str, value: object) -> Assurance:
    text = converted(value, str, place)
    if text not in Assurance.__members__:
        raise PolicyError(f"{place}: {text!r} is not one of {', '.join(Assurance.__members__)}")
    return Assurance[text]


def _lifecycle(place: str, text: str) -> Lifecycle:
    if text not in tuple(Lifecycle):
        raise PolicyError(f"{place}: {text!r} is not one of {', '.join(Lifecycle)}")
    return Lifecycle(text)


def _namespace(name: str, body: object) -> Namespace:
    place = f"namespaces.{name}"
    rules = converted(body, NamespaceTable, place)
    join = _assurance(f"{place}.join", rules.join)
    if join < Assurance.OBSERVED:
        raise PolicyError(f"{place}.join: claims count nowhere, so it must be OBSERVED or more")
    return Namespace(
        name=name,
        strength=rules.strength,
        limit=rules.limit,
        join=join,
        anchor=_assurance(f"{place}.anchor", rules.anchor),
        cap=_assurance(f"{place}.cap", rules.cap),
        scoped=rules.scoped,
        lifecycle=_lifecycle(f"{place}.lifecycle", rules.lifecycle),
        shareable=rules.shareable,
        opens=rules.opens,
        signed=rules.signed,
        fan_out=tuple(map(_fan_out, rules.fan_out)),
        ttl_days=rules.ttl_days,
        silence_us=int(rules.silence_days * DAY_US),
        reassigned_us=int(rules.reassigned_days * DAY_US),
        own=rules.own,
    )


def _source(name: str, body: object, namespaces: Mapping[str, Namespace]) -> Source:
    place = f"sources.{name}"
    rules = converted(body, SourceTable, place)
    for key, named in (("issues", rules.issues), ("vouches", rules.vouches)):
        unknown = named - namespaces.keys()
        if unknown:
            raise PolicyError(f"{place}.{key}: there is no namespace {min(unknown)!r}")
    return Source(
        cap=_assurance(f"{place}.cap", rules.cap),
        issues=rules.issues,
        vouches=rules.vouches,
        answers=rules.answers,
        consents=rules.consents,
        rank=rules.rank,
    )


def _fan_out(rule: FanOutTable) -> FanOut:
    within_us = int(rule.within_hours * HOUR_US)
    return FanOut(of=rule.of, max=rule.max, within_us=within_us, quarantine=rule.quarantine)


def _blocked(name: str, body: object) -> BlockedTable:
    rules = converted(body, BlockedTable, f"blocked.{name}")
    for pattern in rules.patterns:
        try:
            require_pattern(pattern)
        except PatternInvalid as error:
            raise PolicyError(f"blocked.{name}.patterns: {error}") from None
    return rules
