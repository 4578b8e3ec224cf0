"""A plan: the rows that one call writes, with what it was decided on. Sealed here; written whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
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


def _best_proof(held: Row, row: Row) -> Row:
    """Of two proofs of one identifier in one contact the better counts, since the first of them."""
    best = row if row["assurance"] > held["assurance"] else held
    return {**best, "occur_time_us": min(held["occur_time_us"], row["occur_time_us"])}


def _later(held: Row, row: Row) -> Row:
    """The later stands; what it does not say again stays."""
    return {name: held.get(name) if value is None else value for name, value in row.items()}


FOLDS: Mapping[str, tuple[tuple[str, ...], Callable[[Row, Row], Row]]] = {
    "evidence": (("subject_id", "node_id"), _best_proof),
    "fact": (("contact_id", "key"), _later),
    "promise": (("conversation_id", "key"), _later),
}
"""Tables of which a call can bring two rows of one key, and what becomes of them: a statement writes a row once."""


def folded(table: str, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of one plan with one row per key."""
    if table not in FOLDS or len(rows) < 2:
        return rows
    columns, fold = FOLDS[table]
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        key = tuple(row[column] for column in columns)
        found[key] = fold(found[key], row) if key in found else row
    return list(found.values())


def encode(plans: Sequence[Plan]) -> str:
    """The JSON of several plans, table by table, every row with the number of its plan."""
    tables: defaultdict[str, list[Row]] = defaultdict(list)
    for number, plan in enumerate(plans):
        for table, rows in plan.rows.items():
            tables[table].extend({"plan": number, **row} for row in folded(table, rows))
    tables["plans"] = [{"plan": number} for number in range(len(plans))]
    return orjson.dumps(tables).decode()
