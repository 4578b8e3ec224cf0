"""Read what contexts are made of, and open it: rows in, plain values out."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from profile_service.store.database import Connection, Database, run
from profile_service.store.keyring import Keyring
from profile_service.store.plan import hexed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A contact by id or key, or the latest of a conversation; revision and stamp where the caller holds its context.

    The stamp is the sum of the revisions of the conversation and of the customer's other open ones.
    """

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
    parts: Mapping[str, Any] | None


async def read_parts(connection: Connection, tenant: str, wanted: Sequence[Wanted]) -> list[Parts | None]:
    """Read the parts of several contexts in one round trip; None where there is no such contact."""
    rows = [
        {
            "place": place,
            "contact_id": one.contact_id,
            "key": None if one.key is None else hexed(one.key),
            "conversation_id": one.conversation_id,
            "profile_revision": one.profile_revision,
            "stamp": one.stamp,
        }
        for place, one in enumerate(wanted)
    ]
    answers: list[Parts | None] = [None] * len(wanted)
    for row in await run(connection, "context", {"tenant": tenant, "wanted": orjson.dumps(rows).decode()}):
        answers[row["place"]] = Parts(
            contact=row["contact_id"],
            profile=row["profile_id"],
            profile_revision=row["profile_revision"],
            conversation_revision=row["conversation_revision"],
            stamp=row["stamp"],
            parts=row["parts"],
        )
    return answers


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens sealed values of one tenant."""

    keyring: Keyring
    tenant: str
    _contacts: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def text(self, place: str, sealed: str) -> str:
        """A sealed text, as base64."""
        return self.keyring.open(self.tenant, place, b64decode(sealed)).decode()

    def json(self, place: str, sealed: str | None) -> Any:
        """A sealed JSON value, as base64; None stays None."""
        return None if sealed is None else self.keyring.open_json(self.tenant, place, b64decode(sealed))

    def contact(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A contact row with its payload and ending; a contact that stands in several places is opened once."""
        name = row["id"]
        opened = self._contacts.get(name)
        if opened is None:
            opened = self._contacts[name] = {
                "payload": self.json(f"contact/payload/{name}", row["payload"]) or {},
                "ending": self.json(f"contact/ending/{name}", row["ending"]) or {},
            }
        return {**row, **opened}

    def interaction(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """An interaction row with its payload."""
        place = f"interaction/payload/{row['key']}.{row['revision']}"
        return {**row, "payload": self.json(place, row["payload"])}

    def values(
        self, rows: Iterable[Mapping[str, Any]] | None, place: str, column: str = "value"
    ) -> list[dict[str, Any]]:
        """Rows with one sealed text each; `place` is a format of the row."""
        return [
            {**row, column: self.text(place.format(**row), row[column]) if row[column] is not None else ""}
            for row in rows or ()
        ]


async def known_by(
    reader: Database | Connection, opener: Opener, profiles: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """What profiles are known by: per profile its nodes, with the attributes of source records. Read on a connection
    of one's own where it is given."""
    wanted = {"tenant": opener.tenant, "profiles": list(profiles)}
    if not profiles:
        return {}
    if isinstance(reader, Database):
        rows = await reader.rows(opener.tenant, "known_by", wanted)
    else:
        rows = await run(reader, "known_by", wanted)
    known: dict[str, list[dict[str, Any]]] = {profile: [] for profile in profiles}
    for row in rows:
        sealed = row["attributes"]
        attributes = opener.json(f"source_record/attributes/{row['node_id']}", sealed) if sealed else {}
        known[str(row["profile_id"])].append(
            {"namespace": row["namespace"], "key": row["key"], "attributes": attributes}
        )
    return known
