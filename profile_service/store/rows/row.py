"""What a row is: a frozen struct that names its table, its key, what is sealed of it, and how two of one key fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Annotated, ClassVar, Generic, TypeVar, cast, get_args, get_type_hints

import msgspec

from profile_service.store.keyring import Keyring, SealBroken

Value = TypeVar("Value")
PAYLOAD_VERSION = 1
"""The first byte of a sealed payload that is not plain text; msgpack behind it."""


class Fold(Enum):
    """What becomes of a field in which two rows of one key differ."""

    FIRST = "the smaller one stands: the first time"
    LAST = "the greater one stands: the last time, or what holds of either"
    GIVEN = "the one that is given stands; two have to be equal"


First = Annotated[Value, Fold.FIRST]
Last = Annotated[Value, Fold.LAST]
Given = Annotated[Value, Fold.GIVEN]


class RowsDiffer(Exception):
    """Two rows of one key say different things: a mistake of ours, never of a caller."""


@dataclass(frozen=True, slots=True)
class Sealed(Generic[Value]):
    """A sealed column: its table, its name, the type of what is sealed, and the fields that name its row.

    The additional authenticated data is `tenant/table/column/row`, so a value that is moved does not open.
    """

    table: str
    column: str
    kind: type[Value]
    key: tuple[str, ...]

    def place(self, *key: object) -> str:
        """What a value of the row is bound to, beside its tenant."""
        return f"{self.table}/{self.column}/{'.'.join(map(_text, key))}"

    def seal(self, keyring: Keyring, tenant: str, value: Value, *key: object) -> bytes:
        """The sealed value of the row that the key names."""
        return keyring.seal(tenant, self.place(*key), _encoded(value))

    def open(self, keyring: Keyring, tenant: str, sealed: bytes, *key: object) -> Value:
        """The value of the row that the key names. Raises SealBroken."""
        return _decoded(keyring.open(tenant, self.place(*key), sealed), self.kind, self.table)


def _text(part: object) -> str:
    return part.hex() if isinstance(part, bytes) else str(part)


def _encoded(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return bytes((PAYLOAD_VERSION,)) + msgspec.msgpack.encode(value)


@cache
def _decoder(kind: type[Value]) -> msgspec.msgpack.Decoder[Value]:
    return msgspec.msgpack.Decoder(kind)


def _decoded(body: bytes, kind: type[Value], table: str) -> Value:
    if kind is str:
        return msgspec.convert(body.decode(), kind)
    if body[:1] != bytes((PAYLOAD_VERSION,)):
        raise SealBroken(table)
    return _decoder(kind).decode(memoryview(body)[1:])


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a plan. `TABLE` names its composite type, `KEY` the fields of which a plan has one row at most."""

    TABLE: ClassVar[str] = ""
    KEY: ClassVar[tuple[str, ...]] = ()

    def folded(self, other: Row) -> Row:
        """One row of two with the same key; the order does not count. Raises RowsDiffer."""
        folds, theirs = shape_of(type(self)).folds, values_of(other)
        changes: dict[str, object] = {}
        for name, value in values_of(self).items():
            if value != theirs[name]:
                changes[name] = fold(folds.get(name), value, theirs[name], f"{self.TABLE}.{name}")
        return msgspec.structs.replace(self, **changes)


def fold(rule: Fold | None, mine: object, theirs: object, place: str) -> object:
    """One value of two that differ, by the rule of the field. Raises RowsDiffer."""
    if rule is not None and (mine is None or theirs is None):
        return theirs if mine is None else mine
    if isinstance(mine, (int, float)) and isinstance(theirs, (int, float)):
        if rule is Fold.FIRST:
            return min(mine, theirs)
        if rule is Fold.LAST:
            return max(mine, theirs)
    if isinstance(mine, str) and isinstance(theirs, str) and rule is Fold.FIRST:
        return min(mine, theirs)
    raise RowsDiffer(place)


def values_of(row: Row) -> dict[str, object]:
    """The values of a row by field."""
    return msgspec.structs.asdict(row)


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a row's type."""

    columns: tuple[str, ...]
    binary: tuple[str, ...]
    many_binary: tuple[str, ...]
    sealed: tuple[tuple[str, Sealed[object]], ...]
    folds: dict[str, Fold]


@cache
def shape_of(kind: type[Row]) -> Shape:
    """The shape of a type of rows, read off its annotations."""
    hints: dict[str, object] = get_type_hints(kind, include_extras=True)
    columns = tuple(field.name for field in msgspec.structs.fields(kind))
    parts: dict[str, tuple[object, ...]] = {
        name: get_args(hints[name]) if hasattr(hints[name], "__metadata__") else (hints[name],) for name in columns
    }
    bare, marks = {name: parts[name][0] for name in columns}, {name: parts[name][1:] for name in columns}
    sealed = tuple(
        (name, cast("Sealed[object]", mark)) for name in columns for mark in marks[name] if isinstance(mark, Sealed)
    )
    places = {name for name, _ in sealed}
    return Shape(
        columns=columns,
        binary=tuple(name for name in columns if name not in places and _is_bytes(bare[name])),
        many_binary=tuple(name for name in columns if bare[name] == Sequence[bytes]),
        sealed=sealed,
        folds={name: mark for name in columns for mark in marks[name] if isinstance(mark, Fold)},
    )


def _is_bytes(kind: object) -> bool:
    return kind is bytes or kind == bytes | None
