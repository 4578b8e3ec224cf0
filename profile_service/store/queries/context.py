"""Read what contexts are made of, sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from profile_service.identity.limits import CONTEXT
from profile_service.store.database import Connection, read
from profile_service.store.plan import hexed
from profile_service.store.queries.parts import ContextParts


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextQuery:
    """A contact by id or key, or the latest of a conversation; revision and stamp where the caller holds its context.
    The stamp is the sum of the revisions of the conversation and of the customer's other open ones."""

    contact_id: str | None = None
    key: bytes | None = None
    conversation_id: str | None = None
    profile_revision: int | None = None
    stamp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one context is made of; `parts` is None where the caller's revisions are the current ones."""

    contact: str
    profile: str
    profile_revision: int
    conversation_revision: int
    stamp: int
    source: str
    parts: ContextParts | None


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    place: int
    contact_id: str
    profile_id: str
    profile_revision: int
    conversation_revision: int
    stamp: int
    source: str
    parts: str | None


_LIMITS = msgspec.json.encode(CONTEXT).decode()
_PARTS = msgspec.json.Decoder(ContextParts)


async def read_parts(connection: Connection, tenant: str, queries: Sequence[ContextQuery]) -> list[Parts | None]:
    """Read the parts of several contexts in one round trip; None where there is no such contact."""
    rows = [
        {
            "place": place,
            "contact_id": contact.contact_id,
            "key": None if contact.key is None else hexed(contact.key),
            "conversation_id": contact.conversation_id,
            "profile_revision": contact.profile_revision,
            "stamp": contact.stamp,
        }
        for place, contact in enumerate(queries)
    ]
    parameters = {"tenant": tenant, "wanted": msgspec.json.encode(rows).decode(), "limits": _LIMITS}
    answers: list[Parts | None] = [None] * len(queries)
    for row in await read(connection, "context", parameters, _Row):
        answers[row.place] = Parts(
            contact=row.contact_id,
            profile=row.profile_id,
            profile_revision=row.profile_revision,
            conversation_revision=row.conversation_revision,
            stamp=row.stamp,
            source=row.source,
            parts=None if row.parts is None else _PARTS.decode(row.parts),
        )
    return answers
