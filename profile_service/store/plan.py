"""A plan: the rows that one call writes, with what it was decided on. Sealed as it is written; whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar, cast

import msgspec

from profile_service.store.keyring import Keyring
from profile_service.store.rows.call import AuditRow
from profile_service.store.rows.conversation import ConversationTouchRow
from profile_service.store.rows.graph import LockRow, ProfileExpectedRow, ProfileRow, ProfileTouchRow
from profile_service.store.rows.row import Row, shape_of, values_of

Kind = TypeVar("Kind", bound=Row)


class PlanStatus(StrEnum):
    """What became of a plan. STALE: what it was decided on has changed since. EXISTS: the call was answered meanwhile.
    CONFLICT: another call has its key."""

    APPLIED = "applied"
    STALE = "stale"
    EXISTS = "exists"
    CONFLICT = "conflict"


def lock_of(key: bytes) -> int:
    """The advisory lock of a key: its first 8 bytes as a signed integer."""
    return int.from_bytes(key[:8], "big", signed=True)


def hexed(value: bytes) -> str:
    """Bytes as PostgreSQL's bytea input takes them."""
    return "\\x" + value.hex()


@dataclass(slots=True)
class Plan:
    """The rows of one call, by their type."""

    tenant: str
    keyring: Keyring
    rows: dict[type[Row], list[Row]] = field(default_factory=dict[type[Row], list[Row]])

    def add(self, row: Row) -> None:
        """Add a row. Rows of one key are folded when the plan is written."""
        rows = self.rows.get(type(row))
        if rows is None:
            self.rows[type(row)] = [row]
        else:
            rows.append(row)

    def of(self, kind: type[Kind]) -> Sequence[Kind]:
        """The rows of a type."""
        return cast("Sequence[Kind]", self.rows.get(kind, ()))

    def lock(self, *keys: bytes) -> None:
        """Take the locks of identifiers, contact or blocking keys before anything is checked."""
        self.add(LockRow(locks=[lock_of(key) for key in keys]))

    def touch_profile(self, profile_id: str, expire_time_us: int | None = None, *, keeps: bool = False) -> None:
        """Lock the profile and give it a new revision; `keeps` ends an expiry, a time moves it."""
        self.add(ProfileTouchRow(profile_id=profile_id, expire_time_us=expire_time_us, keeps=keeps))

    def touch_conversation(self, conversation_id: str) -> None:
        """Lock the conversation and give it a new revision."""
        self.add(ConversationTouchRow(conversation_id=conversation_id))

    def note(self, more: Mapping[str, object]) -> None:
        """Say more in the plan's audit row: ids, counts and names of ours."""
        first, *others = self.of(AuditRow)
        self.rows[AuditRow] = [msgspec.structs.replace(first, subject={**first.subject, **more}), *others]

    def claims(self) -> list[object]:
        """What two plans of one batch must not share: locks, and profiles whose identity they change or rely on."""
        locks = [lock for row in self.of(LockRow) for lock in row.locks]
        profiles = {row.profile_id for kind in (ProfileRow, ProfileExpectedRow) for row in self.of(kind)}
        return [*locks, *profiles]


def folded(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows of one plan and type with one row per key. Raises RowsDiffer."""
    columns = rows[0].KEY
    if len(rows) < 2 or not columns:
        return rows
    by_key: dict[tuple[object, ...], Row] = {}
    for row in rows:
        values = values_of(row)
        key = tuple(values[column] for column in columns)
        by_key[key] = by_key[key].folded(row) if key in by_key else row
    return list(by_key.values())


def encode(plans: Sequence[Plan]) -> str:
    """The rows of several plans as JSON, table by table, every row with the number of its plan; sealed."""
    tables: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for number, plan in enumerate(plans):
        for kind, rows in plan.rows.items():
            tables[kind.TABLE].extend(_written(plan, number, row) for row in folded(rows))
    return _ENCODER.encode(tables).decode()


_ENCODER = msgspec.json.Encoder()


def _written(plan: Plan, number: int, row: Row) -> dict[str, object]:
    """A row as its composite type takes it."""
    shape, values = shape_of(type(row)), values_of(row)
    written = {**values, "plan": number}
    for name in shape.binary:
        value = values[name]
        if value is not None:
            written[name] = hexed(cast("bytes", value))
    for name in shape.many_binary:
        written[name] = [hexed(value) for value in cast("Sequence[bytes]", values[name])]
    for name, sealed in shape.sealed:
        value = values[name]
        if value is not None:
            key = (values[column] for column in sealed.key)
            written[name] = hexed(sealed.seal(plan.keyring, plan.tenant, value, *key))
    return written
