"""Read a policy from its TOML document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from typing import Annotated

import msgspec
from msgspec import Meta

from profile_service.identity.graph.model import Assurance
from profile_service.identity.policy import (
    DAY_US,
    HOUR_US,
    RECORD_PREFIX,
    UNRANKED,
    BreakerRules,
    Count,
    FanOut,
    Lifecycle,
    MatchRules,
    Namespace,
    Policy,
    PolicyError,
    Share,
    Source,
)
from profile_service.identity.policy_keys import Days, DisclosureKeys
from profile_service.identity.text.document import DocumentInvalid, converted, read_document
from profile_service.identity.text.patterns import PatternInvalid, require_pattern

Hours = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
MINUTE_US = HOUR_US // 60
SHIPPED = ("default", "bench")


class _FanOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    of: frozenset[str]
    max: Count
    within_hours: Hours = 0
    quarantine: bool = False


class _Namespace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    strength: Count
    limit: Count = 0
    join: str = Assurance.OBSERVED.name
    anchor: str = Assurance.OBSERVED.name
    cap: str = Assurance.VERIFIED.name
    scoped: bool = False
    lifecycle: str = Lifecycle.STABLE.value
    shareable: bool = False
    opens: Annotated[bool, Meta(description="whether a proof of it opens anything; else it only finds")] = True
    signed: Annotated[
        bool, Meta(description="whether its network authenticates senders: a signed event of it proves")
    ] = False
    fan_out: tuple[_FanOut, ...] = ()
    ttl_days: Count = 0
    silence_days: Annotated[
        Days, Meta(description="without a proof for so long it begins anew with the next (0: never; phone 180)")
    ] = 0
    reassigned_days: Annotated[
        Days,
        Meta(
            description="not seen for so long, a record of somebody else takes it over (0: never; phone 90, email 365)"
        ),
    ] = 0
    own: Annotated[
        frozenset[str],
        Meta(description="your own numbers and addresses: never a customer's, as a contact's endpoint is"),
    ] = frozenset()


class _Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cap: Annotated[str, Meta(description="the most that a proof of the source is worth")] = Assurance.VERIFIED.name
    issues: Annotated[
        frozenset[str],
        Meta(description="namespaces of its own numbers: stated by it they are VERIFIED (`crm`: crm, account)"),
    ] = frozenset()
    vouches: Annotated[
        frozenset[str],
        Meta(
            description="namespaces that it proved, or for which you take its word: ON_FILE (`crm`: phone, email). A"
            " password on the number on file then opens the record; the price: whoever's number stands in a record by"
            " mistake shares it"
        ),
    ] = frozenset()
    answers: Annotated[bool, Meta(description="whether customers may be asked for its values (`crm`: true)")] = False
    consents: Annotated[
        bool,
        Meta(description="whether a service that covers it may say that a customer permits again (`crm`: true)"),
    ] = False
    rank: Annotated[
        int, Meta(ge=0, le=1000, description="of values of one time that of the lower rank survives; 100 as a rule")
    ] = UNRANKED


class _Blocked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    values: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()


class _Document(DisclosureKeys, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    version: Count
    neighbourhood_cap: Count = 1000
    profile_size_cap: Count = 1000
    take_back_least: Count = 20
    take_back_share: Share = 0.01
    continue_within_days: Days = 7
    idle_close_days: Days = 14
    ask_order: tuple[str, ...] = ()
    matching: MatchRules = MatchRules()
    breaker: BreakerRules = BreakerRules()
    methods: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    channels: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    sources: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    namespaces: dict[str, object]
    blocked: dict[str, object] = msgspec.field(default_factory=dict[str, object])


def parse_policy(text: str) -> Policy:
    """Read a policy document (TOML). Raises PolicyError."""
    try:
        return _policy(read_document(text, _Document))
    except DocumentInvalid as error:
        raise PolicyError(str(error)) from None


def _policy(document: _Document) -> Policy:
    if document.matching.review > document.matching.join:
        raise PolicyError("matching.review: has to be at most matching.join")
    namespaces = {name: _namespace(name, body) for name, body in document.namespaces.items()}
    missing = {RECORD_PREFIX.rstrip("/"), "contact"} - namespaces.keys()
    if missing:
        raise PolicyError(f"namespaces.{min(missing)}: is missing")
    blocked = {name: _blocked(name, body) for name, body in document.blocked.items()}
    unknown = document.public - document.channels.keys()
    if unknown:
        raise PolicyError(f"public: there is no channel {min(unknown)!r}")
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
        continue_within_us=int(document.continue_within_days * DAY_US),
        idle_close_us=int(document.idle_close_days * DAY_US),
        ask_order=document.ask_order,
        blocked={name: rules.values for name, rules in blocked.items()},
        blocked_patterns={name: rules.patterns for name, rules in blocked.items()},
    )
    return _with_readers(_with_checks(policy, document), document)


def _with_checks(policy: Policy, document: _Document) -> Policy:
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


def _with_readers(policy: Policy, document: _Document) -> Policy:
    """With what is said of transfers, and of who may read."""
    return replace(
        policy,
        transfer_within_us=int(document.transfer_within_minutes * MINUTE_US),
        agent_reads_within_us=int(document.agent_reads_within_minutes * MINUTE_US),
        break_glass_per_hour=document.break_glass_per_hour,
        misses_per_hour=document.misses_per_hour,
        reviews_per_day=document.reviews_per_day,
        tell_bots=document.tell_bots,
        desks=document.desks,
        public=document.public,
    )


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
    rules = converted(body, _Namespace, place)
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
    rules = converted(body, _Source, place)
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


def _fan_out(rule: _FanOut) -> FanOut:
    within_us = int(rule.within_hours * HOUR_US)
    return FanOut(of=rule.of, max=rule.max, within_us=within_us, quarantine=rule.quarantine)


def _blocked(name: str, body: object) -> _Blocked:
    rules = converted(body, _Blocked, f"blocked.{name}")
    for pattern in rules.patterns:
        try:
            require_pattern(pattern)
        except PatternInvalid as error:
            raise PolicyError(f"blocked.{name}.patterns: {error}") from None
    return rules


def shipped_policy(name: str) -> Policy:
    """Load a policy that ships with the package: `default` or `bench`. Raises PolicyError where there is none."""
    if name not in SHIPPED:
        raise PolicyError(f"no policy named {name!r} ships with this version: choose {' or '.join(SHIPPED)}")
    return parse_policy(shipped_text(name))


def shipped_text(name: str) -> str:
    """The document of a policy that ships."""
    return (resources.files("profile_service.identity") / "policies" / f"{name}.toml").read_text()


DESCRIBED = (("", _Document), ("sources.*.", _Source), ("namespaces.*.", _Namespace))
"""The tables of the document whose keys are described, with what stands before their names."""
