"""The contacts of a context: their last words, what the customer wanted in them, and who had her last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from profile_service.engine.contact.levels import Levels
from profile_service.engine.contact.view import ContactTimeline, ContextView, Party
from profile_service.identity.graph.model import Disclosure
from profile_service.identity.limits import CONTEXT
from profile_service.store.queries.opened import Contact, Opener
from profile_service.store.queries.parts import ContextParts, StoredContact


def timeline_of(opener: Opener, row: StoredContact, levels: Levels) -> ContactTimeline:
    """A contact with its last words; of one that its summary speaks for, with those after its end."""
    contact, stored = opener.contact(row, levels.of_contact(row)), (levels.parts.words or {}).get(row.contact_id, ())
    end = contact.end_time_us if contact.ending.summary else None
    last = [words for words in stored if end is None or words.occur_time_us > end][-CONTEXT.interactions :]
    shown = [opener.interaction(words, contact) for words in last]
    return ContactTimeline(contact=contact, interactions=shown, has_older=len(stored) > len(shown))


def intent_of(opener: Opener, rows: Iterable[StoredContact], levels: Levels) -> str:
    """What the customer last wanted in one of the contacts, as a bot or an agent put it; empty where nobody said. A bot
    is told what may be said."""
    said = [
        (stored.occur_time_us, stored, row)
        for row in rows
        if (stored := (levels.parts.intents or {}).get(row.contact_id)) is not None
        if not levels.automated or levels.of_contact(row) is Disclosure.SAFE
    ]
    if not said:
        return ""
    _, stored, row = max(said, key=itemgetter(0))
    return opener.interaction(stored, opener.contact(row, levels.of_contact(row))).payload.intent


def last_party(view: ContextView, contacts: Sequence[Contact], kind: str) -> Party | None:
    """The last agent or queue before this contact; a supervisor who listens in is neither, nor who was consulted."""
    for contact in sorted(contacts, key=_start_time, reverse=True):
        for attendant in reversed(contact.payload.attendants):
            if attendant.kind == kind and contact.id != view.contact_id and not contact.listens:
                return Party(
                    id=attendant.id,
                    display_name=attendant.display_name,
                    time_us=contact.end_time_us or contact.start_time_us,
                    channel=contact.channel,
                )
    return None


def latest_ended(parts: ContextParts) -> list[StoredContact]:
    return [row for row in parts.ended or () if row.end_time_us is not None][: CONTEXT.ended]


def _start_time(contact: Contact) -> int:
    return contact.start_time_us


def began(timeline: ContactTimeline) -> int:
    return timeline.contact.start_time_us
