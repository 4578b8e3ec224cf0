"""Who may read a customer (I22): through a contact that is theirs, else with a purpose, which is counted and
audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from profile_service.engine.budgets import spend
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.context import context_of
from profile_service.engine.contact.reach import is_of
from profile_service.engine.contact.target import ContactTarget, find_contacts
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactNotFound, ProfileNotFound, PurposeNeeded
from profile_service.identity.graph.model import ProfileId
from profile_service.store.queries.contacts import KnownContact
from profile_service.store.queries.profiles import guarded_among, reaches_sources

PEOPLE = frozenset({CallerRole.AGENT, CallerRole.STEWARD, CallerRole.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Why a caller reads a customer: through a contact, or for a purpose (a code, no personal value)."""

    contact: ContactTarget | None = None
    purpose: str = ""

    @property
    def subject(self) -> Mapping[str, object]:
        """For the audit."""
        return {"purpose": self.purpose} if self.purpose else {}

    def require(self, caller: Caller) -> None:
        """Raise PurposeNeeded where a person reads without either, whatever exists."""
        if caller.role in PEOPLE and not self.purpose and (self.contact is None or caller.role is not CallerRole.AGENT):
            raise PurposeNeeded


async def reading_contact(runtime: Runtime, caller: Caller, target: ContactTarget) -> KnownContact:
    """The contact that reads. Raises ContactNotFound, also where it is not the caller's."""
    contact = (await find_contacts(runtime, caller, [target]))[0]
    if contact is None or not is_of(runtime, caller, contact):
        raise ContactNotFound
    return contact


async def require_reading(runtime: Runtime, caller: Caller, profile: str, reading: Reading) -> None:
    """Raise ProfileNotFound where the customer is none of the caller's: alike with one that does not exist.

    Raises ContactNotFound, PurposeNeeded, BudgetSpent.
    """
    reading.require(caller)
    if caller.role is CallerRole.AGENT and reading.contact is not None:
        contact = await reading_contact(runtime, caller, reading.contact)
        if contact.profile_id != profile or await _is_kept_from(runtime, caller, contact.contact_id, profile):
            raise ProfileNotFound
        return
    if caller.role in PEOPLE:
        if caller.role is CallerRole.AGENT:
            await spend(runtime, caller, "break_glass", runtime.tenant(caller).policy.break_glass_per_hour)
        runtime.watchers.glass_broken(caller.tenant)
        return
    if "*" not in caller.sources and not await reaches_sources(
        runtime.database, caller.tenant, ProfileId(profile), sorted(caller.sources)
    ):
        raise ProfileNotFound


async def _is_kept_from(runtime: Runtime, caller: Caller, contact: str, profile: str) -> bool:
    """Whether staff guard the customer, and nothing that the contact proved opens them (D3)."""
    if not await guarded_among(runtime.database, caller.tenant, [profile]):
        return False
    return (await context_of(runtime, caller, contact, automated=False)).profile_view is None
