"""The tables of a policy document, as they are written; what they say of disclosure stands in policy_keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from profile_service.identity.graph.model import Assurance
from profile_service.identity.policy import (
    UNRANKED,
    BreakerRules,
    Count,
    Lifecycle,
    MatchRules,
    Share,
)
from profile_service.identity.policy_keys import Days, DisclosureKeys
from profile_service.identity.profile.quiet_hours import QuietHours

Hours = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]


class FanOutTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule of fan-out."""

    of: frozenset[str]
    max: Count
    within_hours: Hours = 0
    quarantine: bool = False


class NamespaceTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table `[namespaces.<name>]`."""

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
    fan_out: tuple[FanOutTable, ...] = ()
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


class SourceTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table `[sources.<name>]`."""

    cap: Annotated[str, Meta(description="the most that a proof of the source is worth")] = Assurance.VERIFIED.name
    issues: Annotated[
        frozenset[str],
        Meta(description="namespaces of its own numbers: stated by it they are VERIFIED (`crm`: crm, account)"),
    ] = frozenset()
    vouches: Annotated[
        frozenset[str],
        Meta(
            description="namespaces that it proved, or for which you take its word: ON_FILE (`crm`: phone, email,"
            " loyalty). A password on the number on file then opens the record; the price: whoever's number stands in a"
            " record by mistake shares it"
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


class BlockedTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table `[blocked.<namespace>]`."""

    values: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()


class PolicyTable(DisclosureKeys, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole document."""

    name: str
    version: Count
    neighbourhood_cap: Count = 1000
    profile_size_cap: Count = 1000
    take_back_least: Count = 20
    take_back_share: Share = 0.01
    continue_within_days: Days = 7
    continue_within: dict[str, Days] = msgspec.field(default_factory=dict[str, Days])
    live_hours: dict[str, Hours] = msgspec.field(default_factory=dict[str, Hours])
    idle_close_days: Days = 14
    ask_order: tuple[str, ...] = ()
    flags: dict[str, dict[str, tuple[str, ...]]] = msgspec.field(default_factory=dict[str, dict[str, tuple[str, ...]]])
    quiet_hours: QuietHours = QuietHours()
    matching: MatchRules = MatchRules()
    breaker: BreakerRules = BreakerRules()
    methods: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    channels: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    sources: dict[str, object] = msgspec.field(default_factory=dict[str, object])
    namespaces: dict[str, object]
    blocked: dict[str, object] = msgspec.field(default_factory=dict[str, object])


DESCRIBED = (("", PolicyTable), ("sources.*.", SourceTable), ("namespaces.*.", NamespaceTable))
"""The tables of the document whose keys are described, with what stands before their names."""
