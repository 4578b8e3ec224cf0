"""Write interactions together, and page through timelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from profile_service.store.database import Connection, Database, read
from profile_service.store.plan import Plan, encode
from profile_service.store.queries.opened import Interaction, Opener
from profile_service.store.queries.parts import StoredInteraction


class RecordStatus(StrEnum):
    """What became of an interaction. REPLAYED: it was there. CONFLICT: another one has its key. RACED: somebody else
    wrote meanwhile."""

    RECORDED = "recorded"
    REPLAYED = "replayed"
    CONFLICT = "conflict"
    RACED = "raced"


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An interaction that was to be written, by its place among those that were written together."""

    item: int = 0
    status: RecordStatus
    interaction_id: str
    conversation_id: str
    revision: int


async def record(connection: Connection, tenant: str, now: int, plans: Sequence[Plan]) -> list[Recorded]:
    """Write plans of one interaction and its audit each, in one statement and one commit, each whole or not at all; no
    two may have the same key."""
    parameters = {"tenant": tenant, "now": now, "plans": encode(plans)}
    return sorted(await read(connection, "record_interactions", parameters, Recorded), key=lambda row: row.item)


Place = tuple[int, int, str]
"""Where an interaction stands in a list: its occur_time (microseconds), sequence and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a page begins: after a place in the order of the query."""

    size: int
    newest_first: bool
    after: Place | None = None
    channels: Sequence[str] = ()
    kinds: Sequence[int] = ()
    from_us: int | None = None
    until_us: int | None = None

    def parameters(self) -> dict[str, object]:
        """As the queries take it."""
        ends = (2**62, 0, "ffffffff-ffff-ffff-ffff-ffffffffffff"), (-(2**62), 0, _NIL)
        edge = self.after or ends[not self.newest_first]
        return {
            "after_us": edge[0],
            "after_sequence": edge[1],
            "after_id": edge[2],
            "most": self.size + 1,
            "channels": list(self.channels) or None,
            "kinds": list(self.kinds) or None,
            "from_us": self.from_us if self.from_us is not None else -(2**62),
            "until_us": self.until_us if self.until_us is not None else 2**62,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Of which customer a page is, and the contact that reads (None: nobody's)."""

    profile: str
    contact: str | None = None


_NIL = "00000000-0000-0000-0000-000000000000"


async def page_conversation(
    database: Database, opener: Opener, conversation: str, page: Page, reader: Reader
) -> tuple[list[Interaction], bool]:
    """A page of a conversation as its reader may see it, opened, and whether there is more."""
    name = "conversation_backwards" if page.newest_first else "conversation_forwards"
    parameters = {
        "conversation": conversation,
        "profile": reader.profile,
        "reader": reader.contact,
        **page.parameters(),
    }
    return _opened(opener, await database.read(opener.tenant, name, parameters, StoredInteraction), page)


async def page_profile(database: Database, opener: Opener, profile: str, page: Page) -> tuple[list[Interaction], bool]:
    """A page of a profile's timeline, opened, and whether there is more."""
    name = "profile_backwards" if page.newest_first else "profile_forwards"
    parameters = {"profile": profile, **page.parameters()}
    return _opened(opener, await database.read(opener.tenant, name, parameters, StoredInteraction), page)


def _opened(opener: Opener, rows: Sequence[StoredInteraction], page: Page) -> tuple[list[Interaction], bool]:
    return [opener.interaction(row) for row in rows[: page.size]], len(rows) > page.size
