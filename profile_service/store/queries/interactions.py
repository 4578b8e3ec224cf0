"""Write interactions together, and page through timelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from profile_service.store.database import Connection, Database, run
from profile_service.store.plan import Plan, encode
from profile_service.store.queries.context import Interaction, Opener, StoredInteraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of an interaction: recorded, replayed, conflict or raced."""

    status: str
    interaction_id: str
    conversation_id: str
    revision: int


async def record(connection: Connection, tenant: str, now: int, plans: Sequence[Plan]) -> list[Recorded]:
    """Write plans of one interaction and its audit each, in one statement and one commit, each whole or not at all; no
    two may have the same key."""
    answers: list[Recorded | None] = [None] * len(plans)
    for row in await run(connection, "record_interactions", {"tenant": tenant, "now": now, "plans": encode(plans)}):
        answers[row["item"]] = Recorded(
            status=row["status"],
            interaction_id=str(row["interaction_id"]),
            conversation_id=str(row["conversation_id"]),
            revision=row["revision"],
        )
    return [answer for answer in answers if answer is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a page begins: after (occur_time_us, interaction_id) in the order of the query."""

    size: int
    newest_first: bool
    after: tuple[int, str] | None = None
    channels: Sequence[str] = ()
    kinds: Sequence[int] = ()
    from_us: int | None = None
    until_us: int | None = None

    def parameters(self) -> dict[str, Any]:
        """As the queries take it."""
        edge = self.after or (
            (2**62, "ffffffff-ffff-ffff-ffff-ffffffffffff") if self.newest_first else (-(2**62), _NIL)
        )
        return {
            "after_us": edge[0],
            "after_id": edge[1],
            "most": self.size + 1,
            "channels": list(self.channels) or None,
            "kinds": list(self.kinds) or None,
            "from_us": self.from_us if self.from_us is not None else -(2**62),
            "until_us": self.until_us if self.until_us is not None else 2**62,
        }


_NIL = "00000000-0000-0000-0000-000000000000"


async def page_conversation(
    database: Database, opener: Opener, conversation: str, page: Page
) -> tuple[list[Interaction], bool]:
    """A page of a conversation, opened, and whether there is more."""
    name = "conversation_backwards" if page.newest_first else "conversation_forwards"
    rows = await database.rows(opener.tenant, name, {"conversation": conversation, **page.parameters()})
    return _opened(opener, rows, page)


async def page_profile(database: Database, opener: Opener, profile: str, page: Page) -> tuple[list[Interaction], bool]:
    """A page of a profile's timeline, opened, and whether there is more."""
    name = "profile_backwards" if page.newest_first else "profile_forwards"
    rows = await database.rows(opener.tenant, name, {"profile": profile, **page.parameters()})
    return _opened(opener, rows, page)


def _opened(opener: Opener, rows: Sequence[Mapping[str, Any]], page: Page) -> tuple[list[Interaction], bool]:
    shown = msgspec.convert(rows[: page.size], list[StoredInteraction])
    return [opener.interaction(row) for row in shown], len(rows) > page.size
