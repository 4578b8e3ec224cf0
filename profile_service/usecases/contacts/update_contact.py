"""UpdateContact: what is known of a contact after its start, also after its end; of each field the latest revision
stands, whichever comes first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from msgspec.structs import replace as with_fields

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import FactSaid, PromiseMade, Saying, write_facts, write_promises
from profile_service.engine.contact.placement import reference_keys, write_references
from profile_service.engine.contact.rethreading import rethread_late
from profile_service.engine.contact.target import (
    AttendantNamed,
    ContactTarget,
    OpenedContact,
    find_contacts,
    require_contact,
)
from profile_service.engine.runtime import Runtime
from profile_service.errors import RevisionConflict
from profile_service.identity.contact.model import Visibility
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries.contacts import KnownContact
from profile_service.store.queries.opened import Opener
from profile_service.store.rows.contact import ContactUpdateRow, ContactUpdates

KEPT = ("attendants", "endpoint", "disposition", "summary")
"""The fields whose values stand with the contact's updates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateContact:
    """The request, without protobuf; `fields`: the names of those that it says something of."""

    target: ContactTarget
    occur_time_us: int
    source_revision: int
    fields: frozenset[str]
    attendants: tuple[AttendantNamed, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    endpoint: str = ""
    brand: str = ""
    visibility: Visibility = Visibility.AS_CHANNEL
    disposition: str = ""
    summary: str = ""
    facts: tuple[FactSaid, ...] = ()
    promises: tuple[PromiseMade, ...] = ()

    def newer(self, before: ContactUpdates) -> frozenset[str]:
        """The fields of which no later update said something."""
        return frozenset(name for name in self.fields if self.source_revision > before.revisions.get(name, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """The answer; `replayed` where a later revision, or this one, had said it all."""

    contact: OpenedContact
    revision: int
    replayed: bool


async def update_contact(runtime: Runtime, caller: Caller, request: UpdateContact) -> Updated:
    """Update a contact. Idempotent by its source_revision.

    Raises SourceDenied, TimeInFuture, ContactNotFound, RevisionConflict, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    said = replace(request, target=ContactTarget(), fields=frozenset())
    digest = runtime.keyring.digest_fields(caller.tenant, "update", [sorted(request.fields), said])
    opener = Opener(runtime.keyring, caller.tenant)

    async def attempt() -> Updated | None:
        contact = await require_contact(runtime, caller, request.target, occur_time_us=request.occur_time_us)
        before = opener.updates(contact)
        if before.revision == request.source_revision and before.digest != digest:
            raise RevisionConflict
        revision = 0
        if newer := request.newer(before):
            folded = _folded(before, request, newer, digest)
            applied = await runtime.apply(_plan(runtime, caller, contact, replace(request, fields=newer), folded))
            if applied.status is not PlanStatus.APPLIED:
                return None
            revision = applied.revision
        if "references" in request.fields:  # sent again too: the first time it may have been written, and this failed
            await rethread_late(runtime, caller, contact.contact_id, request.occur_time_us)
        after = (await find_contacts(runtime, caller, [ContactTarget(contact_id=contact.contact_id)]))[0]
        return Updated(contact=opener.contact(after or contact), revision=revision, replayed=not newer)

    return await runtime.persist(attempt)


def _folded(before: ContactUpdates, request: UpdateContact, newer: frozenset[str], digest: bytes) -> ContactUpdates:
    """What updates said, with this one."""
    revision = request.source_revision
    latest = (revision, digest) if revision >= before.revision else (before.revision, before.digest)
    return with_fields(
        before,
        revision=latest[0],
        digest=latest[1],
        revisions={**before.revisions, **dict.fromkeys(sorted(newer), revision)},
        **{name: getattr(request, name) for name in KEPT if name in newer},
    )


def _plan(
    runtime: Runtime, caller: Caller, contact: KnownContact, request: UpdateContact, updates: ContactUpdates
) -> Plan:
    """The rows of an update; its fields are those that count."""
    name, said = contact.contact_id, request.fields
    plan = runtime.plan(caller, {"contact": name, "fields": sorted(said)})
    said_by = runtime.keyring.digest(caller.tenant, "update", name)
    plan.lock(said_by)
    plan.touch_profile(contact.profile_id)
    plan.touch_conversation(contact.conversation_id)
    gone = frozenset[bytes]()
    if "references" in said:
        brand = request.brand if "brand" in said else contact.brand
        keys = reference_keys(runtime, caller.tenant, request.references, contact.source, brand)
        gone, updates = frozenset(updates.references) - {*keys}, with_fields(updates, references=tuple(keys))
        write_references(plan, name, keys, request.occur_time_us)
    plan.add(
        ContactUpdateRow(
            contact_id=name,
            seen=contact.updates,
            updated=updates,
            brand=request.brand if "brand" in said else None,
            visibility=request.visibility if "visibility" in said else None,
            said_by=said_by,
            replaces_facts="facts" in said,
            replaces_promises="promises" in said,
            references_gone=sorted(gone),
        )
    )
    saying = Saying(name, request.occur_time_us, said_by, request.source_revision)
    if "facts" in said:
        write_facts(plan, request.facts, saying)
    if "promises" in said:
        write_promises(plan, request.promises, saying)
    return plan
