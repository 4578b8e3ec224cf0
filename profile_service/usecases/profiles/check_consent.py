"""CheckConsent: whether a customer may be contacted now, for a purpose, on a channel, for a brand (I16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from profile_service.engine.access import Reading, reading_contact
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.identifiers import Given, Item, one_identifier
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime, Tenant
from profile_service.errors import ProfileNotFound, PurposeNeeded
from profile_service.identity.profile.consent import ConsentFact, latest_consent
from profile_service.identity.profile.quiet_hours import quiet_until
from profile_service.identity.text.normalise import PHONE_BEARING
from profile_service.identity.text.phones import time_zones_in, time_zones_of
from profile_service.store.queries.profiles import consents_about
from profile_service.usecases.profiles.get_profile import get_profile


class Verdict(IntEnum):
    """Why a customer may be contacted, or why not; the numbers are those of the proto."""

    GRANTED = 1
    NOT_NEEDED = 2
    WITHDRAWN = 3
    NOT_GIVEN = 4
    QUIET_HOURS = 5


MAY = frozenset({Verdict.GRANTED, Verdict.NOT_NEEDED})
"""With these a customer may be contacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckConsent:
    """The request, without protobuf: a contact point (`given`), or a customer (`profile`)."""

    purpose: str
    channel: str
    brand: str = ""
    profile: str | None = None
    given: Given | None = None
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The answer; `said`: what the customer said last; `quiet_until_us`: when the quiet hours end."""

    verdict: Verdict
    said: ConsentFact | None
    quiet_until_us: int | None


async def check_consent(runtime: Runtime, caller: Caller, request: CheckConsent) -> Checked:
    """Whether a customer may be contacted now.

    Raises NotRegistered, IdentifierUnusable, PurposeNeeded, ContactNotFound, and of a customer as get_profile.
    """
    tenant = runtime.tenant(caller)
    tenant.require_channel(request.channel)
    item, consents = await _consents(runtime, caller, request)
    said = latest_consent(consents, request.purpose, request.channel, request.brand)
    verdict, until_us = _verdict(tenant.policy.opt_in, request, said), None
    hours = tenant.policy.quiet_hours
    if verdict in MAY and hours.concern(request.purpose, request.channel):
        until_us = quiet_until(runtime.clock(), _zones(tenant, request.brand, item), hours)
    return Checked(verdict=verdict if until_us is None else Verdict.QUIET_HOURS, said=said, quiet_until_us=until_us)


async def _consents(
    runtime: Runtime, caller: Caller, request: CheckConsent
) -> tuple[Item | None, Iterable[ConsentFact]]:
    """What was said, with the contact point that is asked about. Agents ask in a contact of theirs."""
    if request.profile is not None:
        resolved = (await get_profile(runtime, caller, request.profile, request.reading)).resolved
        if resolved.target is None:
            raise ProfileNotFound
        return None, await consents_about(runtime.database, caller.tenant, profile=resolved.target)
    if request.given is None:
        raise ProfileNotFound
    if caller.role is CallerRole.AGENT:
        if request.reading.contact is None:
            raise PurposeNeeded
        await reading_contact(runtime, caller, request.reading.contact)
    item = one_identifier(runtime, caller, request.given, "identifier.value")
    note_read(runtime, caller, {"consent": request.purpose, "channel": request.channel})
    return item, await consents_about(runtime.database, caller.tenant, key=item.key)


def _verdict(opt_in: Iterable[str], request: CheckConsent, said: ConsentFact | None) -> Verdict:
    if said is not None:
        return Verdict.GRANTED if said.granted else Verdict.WITHDRAWN
    return Verdict.NOT_GIVEN if request.purpose in opt_in else Verdict.NOT_NEEDED


def _zones(tenant: Tenant, brand: str, item: Item | None) -> tuple[str, ...]:
    """The time zones where a contact point may be: those of its number, else of the brand's region."""
    if item is not None and item.namespace in PHONE_BEARING and item.keyed is not None:
        zones = time_zones_of(item.keyed.value)
        if zones:
            return zones
    region = tenant.region(brand, "")
    named = tenant.policy.quiet_hours.time_zones.get(region)
    return (named,) if named else time_zones_in(region)
