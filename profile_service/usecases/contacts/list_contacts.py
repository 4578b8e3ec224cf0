"""ListContacts: the live contacts of a source, for a desk that restarts."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.identity.ids import NIL
from profile_service.store.queries.contacts import live_contacts
from profile_service.store.queries.opened import Contact, Opener

Place = tuple[int, str]
"""Where a contact stands in the list: its start_time (microseconds) and id."""
FIRST: Place = (-(2**62), NIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContacts:
    """The request, without protobuf."""

    source: str
    size: int
    after: Place = FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page; `more`: the place behind which the next begins (None: there is none)."""

    contacts: list[Contact]
    more: Place | None


async def list_contacts(runtime: Runtime, caller: Caller, request: ListContacts) -> Listed:
    """A page of the live contacts of a source; where the credential names a person, of those that the person attends.
    Raises SourceDenied."""
    caller.require_source(request.source)
    rows = await live_contacts(
        runtime.database, caller.tenant, request.source, after=request.after, most=request.size + 1
    )
    opener, page = Opener(runtime.keyring, caller.tenant), rows[: request.size]
    note_read(runtime, caller, {"source": request.source, "contacts": len(page)})
    contacts = [opener.contact(row) for row in page]
    own = [
        contact
        for contact in contacts
        if not caller.person or caller.person in {attendant.id for attendant in contact.payload.attendants}
    ]
    last = (page[-1].start_time_us, page[-1].contact_id) if len(rows) > request.size else None
    return Listed(contacts=own, more=last)
