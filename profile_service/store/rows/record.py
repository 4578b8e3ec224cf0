"""Rows of source records: what they say, how they are found, and how frequent their values are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar

from profile_service.identity.graph.model import NodeId
from profile_service.identity.matching.attributes import Attributes
from profile_service.store.keyring import Keyring
from profile_service.store.rows.row import Row, Sealed

ATTRIBUTES = Sealed("source_record", "attributes", dict[str, str], ("node_id",))
FEATURES = Sealed("source_record", "features", Attributes, ("node_id",))


class Unsealed(Mapping[NodeId, Attributes]):
    """What source records say, as matching compares it; unsealed when it is looked at."""

    def __init__(self, keyring: Keyring, tenant: str, sealed: Mapping[NodeId, bytes]) -> None:
        self._keyring, self._tenant, self._sealed = keyring, tenant, sealed
        self._known: dict[NodeId, Attributes] = {}

    def __getitem__(self, record: NodeId) -> Attributes:
        known = self._known.get(record)
        if known is None:
            known = self._known[record] = FEATURES.open(self._keyring, self._tenant, self._sealed[record], record)
        return known

    def __iter__(self) -> Iterator[NodeId]:
        return iter(self._sealed)

    def __len__(self) -> int:
        return len(self._sealed)


class SourceRecordRow(Row, frozen=True, kw_only=True):
    """What a source says of a customer: as it was written, and as matching compares it. The last word stands: by its
    revision, then by its time. `digest`: of all that the delivery said."""

    TABLE: ClassVar[str] = "source_record"
    KEY: ClassVar[tuple[str, ...]] = ("node_id",)
    node_id: NodeId
    source: str
    attributes: Annotated[dict[str, str], ATTRIBUTES]
    features: Annotated[Attributes, FEATURES]
    occur_time_us: int
    source_revision: int = 0
    digest: bytes = b""


class BlockingKeySeenRow(Row, frozen=True, kw_only=True):
    """Each key has so many records, else the plan is stale."""

    TABLE: ClassVar[str] = "blocking_key_seen"
    keys: Sequence[bytes]
    records: Sequence[int]


class BlockingKeyRow(Row, frozen=True, kw_only=True):
    """The keys that a record is found by."""

    TABLE: ClassVar[str] = "blocking_key"
    KEY: ClassVar[tuple[str, ...]] = ("node_id",)
    keys: Sequence[bytes]
    node_id: NodeId


class BlockingKeyGoneRow(Row, frozen=True, kw_only=True):
    """A record loses the keys that it had."""

    TABLE: ClassVar[str] = "blocking_key_gone"
    KEY: ClassVar[tuple[str, ...]] = ("node_id",)
    node_id: NodeId


class ValueCountRow(Row, frozen=True, kw_only=True):
    """So many people more have the values."""

    TABLE: ClassVar[str] = "value_count"
    keys: Sequence[bytes]
    people: int
