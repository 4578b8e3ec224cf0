"""The keys of a policy that say what may be told, and to whom; each with its default, its unit and what it does. The
README's table is made of this (`profile-service policy-keys`)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from profile_service.identity.policy import Count
from profile_service.identity.profile.consent import MARKETING

Points = Annotated[int, Meta(ge=1, le=100)]
Minutes = Annotated[float, Meta(ge=0, le=1_000_000)]
Days = Annotated[float, Meta(ge=0, le=100_000)]


class DisclosureKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be told, and to whom: keys of the policy itself."""

    proof_valid_minutes: Annotated[
        dict[str, Minutes],
        Meta(description="how long a proof lasts within its contact, by method; others, and answers, 60"),
    ] = {}
    transfer_within_minutes: Annotated[
        Minutes, Meta(description="how lately a contact may have ended that a transfer inherits from")
    ] = 10
    carry_over_minutes: Annotated[
        Minutes, Meta(description="how long a carry-over code holds (IssueCarryOverCode)")
    ] = 30
    desks: Annotated[
        tuple[frozenset[str], ...], Meta(description="sources that are one desk: transfers between them inherit")
    ] = ()
    public: Annotated[frozenset[str], Meta(description="channels that others read: nothing is SAFE there")] = (
        frozenset()
    )
    tell_bots: Annotated[
        frozenset[str], Meta(description="preferences that a bot is told before anything is proved")
    ] = frozenset({"language"})
    points: Annotated[
        dict[str, Points], Meta(description="what may be asked, with its points; everything else is NOT_CHECKED")
    ] = {}
    documents: Annotated[
        tuple[frozenset[str], ...], Meta(description="attributes that stand on one document: they count once")
    ] = ()
    checks_on_proof: Annotated[
        Count,
        Meta(description="points that open a record beside a proved identifier that it states; asked once, then bound"),
    ] = 1
    checks_for_safe: Annotated[
        Count, Meta(description="points beside an observed identifier, or one that is shared or was silent")
    ] = 2
    checks_on_claim: Annotated[Count, Meta(description="points beside a claim, for agents alone")] = 3
    checks_to_identify: Annotated[
        Count, Meta(description="points beside a claim that show an agent whose contact it is")
    ] = 2
    checks_per_day: Annotated[
        Count,
        Meta(description="answers about a customer that may fail within a day, apart for claims, observed, proved"),
    ] = 5
    checks_per_address: Annotated[Count, Meta(description="the same of all contacts that come over one address")] = 20
    settle_days: Annotated[
        Days,
        Meta(
            description="how long a value that comes to a record which had one of its namespace is worth an"
            " observation, whoever vouches for it (0: not at all)"
        ),
    ] = 3
    customers_per_identifier: Annotated[
        Count, Meta(description="on file at more customers, an identifier is worth a claim")
    ] = 5
    agent_reads_within_minutes: Annotated[
        Minutes, Meta(description="how lately a contact may have ended through which an agent reads")
    ] = 60
    opt_in: Annotated[
        frozenset[str],
        Meta(description="purposes for which a customer is contacted only where she permitted it (CheckConsent)"),
    ] = frozenset({MARKETING})
    break_glass_per_hour: Annotated[
        Count, Meta(description="customers that an agent may read with a `purpose` and no contact")
    ] = 20
    reviews_per_day: Annotated[
        Count, Meta(description="merge reviews that the records of one source may open; the rest wait for the next day")
    ] = 1000
    misses_per_hour: Annotated[
        Count, Meta(description="look-ups of an agent or a bot, found or not; then RESOURCE_EXHAUSTED with RetryInfo")
    ] = 600
