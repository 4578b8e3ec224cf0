"""The policy: the versioned document that says which links join, limits per namespace, and what proofs are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

import msgspec

from profile_service.identity.graph.model import Assurance
from profile_service.identity.profile.consent import MARKETING
from profile_service.identity.profile.quiet_hours import QuietHours
from profile_service.identity.text.document import DocumentInvalid

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
TRANSFER_WITHIN_US = HOUR_US // 6
PROOF_VALID_US = HOUR_US
"""How long a proof lasts whose method the policy does not name."""
RECORD_PREFIX = "record/"
SYSTEM_OF_RECORD = "SYSTEM_OF_RECORD"
"""The method of what a record states."""
SIGNED_WEBHOOK = "SIGNED_WEBHOOK"
"""The method of an event that the channel's network signed."""
CANDIDATES_MAX = 200
"""Profiles that one call compares a record with, at most."""


Count = Annotated[int, msgspec.Meta(ge=0)]
Probability = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class PolicyError(DocumentInvalid):
    """The policy document is not valid; the message is `key: reason`."""


class Lifecycle(StrEnum):
    """STABLE; ROTATING: the platform replaces it; REASSIGNABLE: it is given to others."""

    STABLE = "stable"
    ROTATING = "rotating"
    REASSIGNABLE = "reassignable"


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
    join: least assurance of this end for a link to count. opens: whether a proof of it lets anything be said; one that
    only finds (false) is in nobody's core. signed: its network authenticates senders, so that a signed event of it
    proves; of the others it is an observation, whoever signs. anchor: least assurance for a contact to stand under it.
    ttl_days: how long a profile with nothing stronger lives without being seen (0: for ever). silence_us: one that
    nothing proved for so long begins anew with the next proof: it may have another owner (0: never). reassigned_us: one
    that was not seen for so long and comes back in a record of somebody else was given to them (0: never). own: the
    numbers and addresses of the operator, which are never a customer's.
    """

    name: str
    strength: int
    limit: int = 0
    join: Assurance = Assurance.OBSERVED
    anchor: Assurance = Assurance.OBSERVED
    cap: Assurance = Assurance.VERIFIED
    scoped: bool = False
    lifecycle: Lifecycle = Lifecycle.STABLE
    shareable: bool = False
    opens: bool = True
    signed: bool = False
    fan_out: tuple[FanOut, ...] = ()
    ttl_days: int = 0
    silence_us: int = 0
    reassigned_us: int = 0
    own: frozenset[str] = frozenset()


UNRANKED = 100
"""The rank of a source of which the policy says none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the policy says of a source of records.

    cap: the most that a proof of it is worth. issues: namespaces whose values it gives out itself (its customer
    numbers): stated by it, they are VERIFIED. vouches: those that it proved, or that the operator takes its word for:
    ON_FILE. What else it states is OBSERVED. answers: whether customers may be asked for its values. consents: whether
    a service that covers it may take back a customer's STOP. rank: whose value survives, and is the right answer, where
    several say something at one time; the lower one first.
    """

    cap: Assurance = Assurance.VERIFIED
    issues: frozenset[str] = frozenset()
    vouches: frozenset[str] = frozenset()
    answers: bool = False
    consents: bool = False
    rank: int = UNRANKED

    def is_of_record(self, namespace: str) -> bool:
        """Whether what it states of the namespace counts for or against others: all, where its values may be
        answers."""
        return self.answers or namespace in self.issues or namespace in self.vouches

    @property
    def speaks(self) -> bool:
        """Whether it is a source of record: what it says is evidence against others."""
        return self.answers or bool(self.issues or self.vouches)

    def stated(self, namespace: str) -> Assurance:
        """What it is worth that a record of the source states an identifier of the namespace."""
        if namespace in self.issues or namespace.startswith(RECORD_PREFIX):
            return Assurance.VERIFIED
        return Assurance.ON_FILE if namespace in self.vouches else Assurance.OBSERVED


UNNAMED = Source()
"""A source that the policy does not name."""


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When merges leave the usual band and are held for a steward.

    They do where, within one hour of event time, more than `least` profiles were merged (0: never hold), and more per
    change than `factor` times what was usual in the `usual_days` before; than `share`, where there were fewer than
    `usual_least` changes in them.
    """

    least: Count = 0
    share: Share = 0.5
    factor: Annotated[float, msgspec.Meta(ge=1)] = 4.0
    usual_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 7
    usual_least: Count = 1000


class MatchRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a source record joins a profile by its attributes: probabilities, and caps on what is compared.

    A blocking key of more than `key_cap` records finds nobody; at most `candidates_max` profiles are compared per call.
    """

    join: Probability = 0.95
    review: Probability = 0.5
    key_cap: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 50
    candidates_max: Annotated[int, msgspec.Meta(ge=1, le=CANDIDATES_MAX)] = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the policy. Immutable; decisions record `label`."""

    name: str
    version: int
    namespaces: Mapping[str, Namespace]
    channels: Mapping[str, Assurance]
    sources: Mapping[str, Source]
    methods: Mapping[str, Assurance]
    matching: MatchRules = field(default_factory=MatchRules)
    breaker: BreakerRules = field(default_factory=BreakerRules)
    neighbourhood_cap: int = 1000
    profile_size_cap: int = 1000
    take_back_least: int = 20
    take_back_share: float = 0.01
    checks_on_proof: int = 1
    checks_for_safe: int = 2
    checks_on_claim: int = 3
    checks_to_identify: int = 2
    checks_per_day: int = 5
    checks_per_address: int = 20
    customers_per_identifier: int = 5
    documents: tuple[frozenset[str], ...] = ()
    points: Mapping[str, int] = field(default_factory=dict[str, int])
    proof_valid_us: Mapping[str, int] = field(default_factory=dict[str, int])
    transfer_within_us: int = TRANSFER_WITHIN_US
    carry_over_us: int = HOUR_US // 2
    settle_us: int = 3 * DAY_US
    reviews_per_day: int = 1000
    agent_reads_within_us: int = HOUR_US
    break_glass_per_hour: int = 20
    misses_per_hour: int = 600
    tell_bots: frozenset[str] = frozenset({"language"})
    desks: tuple[frozenset[str], ...] = ()
    public: frozenset[str] = frozenset()
    opt_in: frozenset[str] = frozenset({MARKETING})
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    flags: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict[str, Mapping[str, frozenset[str]]])
    continue_within_us: Mapping[str, int] = field(default_factory=lambda: {"": 7 * DAY_US})
    live_us: Mapping[str, int] = field(default_factory=lambda: {"": DAY_US})
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
        namespace = self.namespaces.get(name)
        if namespace is None and name.startswith(RECORD_PREFIX):
            namespace = self.namespaces["record"]
        if namespace is None:
            raise KeyError(name)
        return namespace

    def registered(self, name: str) -> bool:
        """Whether callers may use the namespace in an identifier."""
        return name in self.namespaces and name != "record"

    def source(self, namespace: str) -> Source:
        """What is said of the source whose records have this namespace."""
        return self.sources.get(namespace.removeprefix(RECORD_PREFIX), UNNAMED)

    def strength(self, namespace: str) -> int:
        """How strong a namespace is; the contact's own node is the weakest."""
        return self.namespace(namespace).strength

    def worth(self, method: str, *, namespace: str, channel: str, source: str, caller_cap: Assurance) -> Assurance:
        """What a proof is worth: the method's assurance, capped per caller, source, channel and namespace; that of a
        system of record what its source issues and vouches for."""
        of_record, rules = self.sources.get(source, UNNAMED), self.namespace(namespace)
        return min(
            self.methods.get(method, Assurance.CLAIMED),
            caller_cap,
            of_record.stated(namespace) if method == SYSTEM_OF_RECORD else Assurance.VERIFIED,
            Assurance.OBSERVED if method == SIGNED_WEBHOOK and not rules.signed else Assurance.VERIFIED,
            of_record.cap,
            self.channels.get(channel, Assurance.CLAIMED),
            rules.cap,
        )

    def points_of(self, attributes: Iterable[str]) -> int:
        """The points of right answers; those of one document count once."""
        left, points = set(attributes), 0
        for document in self.documents:
            points += max((self.points.get(name, 0) for name in left & document), default=0)
            left -= document
        return points + sum(self.points.get(name, 0) for name in left)

    def proof_valid(self, method: str) -> int:
        """How long a proof lasts in the contact that it was made in, in microseconds."""
        return self.proof_valid_us.get(method, PROOF_VALID_US)

    def continue_within(self, channel: str, brand: str) -> int:
        """How long ago a conversation may have moved that a contact goes on with by itself, in microseconds: of the
        channel and brand, the brand, the channel, else of all."""
        within = self.continue_within_us
        names = (f"{channel}/{brand}", f"*/{brand}", channel, "") if brand else (channel, "")
        return next(within[name] for name in names if name in within)

    def flags_of(self, values: Mapping[str, str]) -> list[str]:
        """The flags that a customer with these attributes has."""
        return [
            flag
            for flag, attributes in self.flags.items()
            if any(values.get(name, "").casefold() in meant for name, meant in attributes.items())
        ]

    def join_min(self, namespace: str) -> Assurance:
        """Least assurance of an end for a link to count."""
        return self.namespace(namespace).join
