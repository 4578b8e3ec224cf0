"""Contexts that were read before, kept per process. A hit still asks the database whether it is current, in one round
trip; every entry carries its key, and is checked against it (I10)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from profile_service.engine.contact.target import ContactTarget
from profile_service.engine.contact.view import ContextView
from profile_service.usecases.contacts.get_context import Kept
from profile_service.v1 import GetContextResponse

ENTRIES_MAX = 10_000
Key = tuple[str, ContactTarget | None, str, bool, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedContext:
    """A response with what it was made of. `until_us`: when time alone would change it; `end_us`: when its contact
    ended."""

    key: Key
    kept: Kept
    until_us: int
    end_us: int | None
    response: GetContextResponse

    @classmethod
    def of(cls, key: Key, view: ContextView, response: GetContextResponse) -> CachedContext:
        """The entry of a context that was just built."""
        kept = Kept(profile=view.profile_id, profile_revision=view.profile_revision, stamp=view.stamp)
        end_us = None if view.contact is None else view.contact.end_time_us
        return cls(key=key, kept=kept, until_us=changes_at(view), end_us=end_us, response=response)


@dataclass(slots=True)
class ContextCache:
    """Least recently used entries go first."""

    _entries: OrderedDict[Key, CachedContext] = field(default_factory=OrderedDict[Key, CachedContext])

    def get(self, key: Key, now_us: int) -> CachedContext | None:
        """The entry of a key, unless it is over its time."""
        entry = self._entries.get(key)
        if entry is None or entry.key != key or entry.until_us <= now_us:
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, entry: CachedContext) -> None:
        """Keep an entry."""
        self._entries[entry.key] = entry
        self._entries.move_to_end(entry.key)
        if len(self._entries) > ENTRIES_MAX:
            self._entries.popitem(last=False)


def changes_at(view: ContextView) -> int:
    """When the context would change by time alone: a fact expires, a promise becomes overdue, a proof ends."""
    times = [fact.expire_time_us for fact in view.facts] + [promise.due_time_us for promise in view.promises]
    times.append(view.until_us)
    return min((time for time in times if time is not None and time > view.as_of_us), default=2**62)
