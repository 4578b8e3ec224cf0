"""A plan: the rows that one call writes, with what it was decided on. Sealed here; written whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from profile_service.store.keyring import Keyring

Row = dict[str, Any]


def lock_of(key: bytes) -> int:
    """The advisory lock of a key: its first 8 bytes as a signed integer."""
    return int.from_bytes(key[:8], "big", signed=True)


def hexed(value: bytes) -> str:
    """Bytes as PostgreSQL's bytea input takes them."""
    return "\\x" + value.hex()


@dataclass(slots=True)
class Plan:
    """The rows of one call. `seal_json` and friends bind each value to its tenant, column and row."""

    tenant: str
    keyring: Keyring
    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])

    def add(self, table: str, **row: Any) -> None:
        """Add a row; bytes are written as bytea."""
        for name, value in row.items():
            if isinstance(value, bytes):
                row[name] = hexed(value)
        self.rows.setdefault(table, []).append(row)

    def lock(self, *keys: bytes) -> None:
        """Take the locks of identifiers, contact or blocking keys before anything is checked."""
        self.add("locks", locks=[lock_of(key) for key in keys])

    def touch_profile(self, profile_id: str, expire_time_us: int | None = None, *, keeps: bool = False) -> None:
        """Lock the profile and give it a new revision; `keeps` ends an expiry, a time moves it."""
        self.add("profiles", profile_id=profile_id, expire_time_us=expire_time_us, keeps=keeps)

    def touch_conversation(self, conversation_id: str) -> None:
        """Lock the conversation and give it a new revision."""
        self.add("conversations", conversation_id=conversation_id)

    def seal(self, table: str, column: str, row: str, value: str) -> bytes:
        """Seal a text."""
        return self.keyring.seal(self.tenant, f"{table}/{column}/{row}", value.encode())

    def seal_json(self, table: str, column: str, row: str, value: object) -> bytes:
        """Seal a JSON value."""
        return self.keyring.seal_json(self.tenant, f"{table}/{column}/{row}", value)

    def claims(self) -> list[object]:
        """What two plans of one batch must not share: locks, and profiles whose identity they change or rely on."""
        names = [lock for row in self.rows.get("locks", ()) for lock in row["locks"]]
        return [*names, *{row["profile_id"] for table in ("profile", "expected") for row in self.rows.get(table, ())}]


def encode(plans: Sequence[Plan]) -> str:
    """The JSON of several plans, table by table, every row with the number of its plan."""
    tables: defaultdict[str, list[Row]] = defaultdict(list)
    for number, plan in enumerate(plans):
        for table, rows in plan.rows.items():
            tables[table].extend({"plan": number, **row} for row in rows)
    tables["plans"] = [{"plan": number} for number in range(len(plans))]
    return orjson.dumps(tables).decode()
