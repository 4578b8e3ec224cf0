"""Read what records are matched with: candidates with their sealed features, and how frequent values are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import field as named

from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.ids import NIL
from profile_service.store.database import Connection, Database, run
from profile_service.store.plan import hexed

PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateQuery:
    """What one call looks for: blocking keys, profiles that are candidates anyhow, values whose frequency is needed."""

    keys: Sequence[bytes] = ()
    profiles: Sequence[ProfileId] = ()
    values: Sequence[bytes] = ()


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The sealed features of a source record."""

    node: NodeId = named(name="node_id")
    occur_time_us: int
    features: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRows:
    """What one call found. `found` has each profile with the record that shares the rarest keys; `sizes` how many
    records each key has (one more than the cap: too many, it found nobody); `counts` how many people have a value."""

    found: Mapping[ProfileId, NodeId]
    records: Mapping[ProfileId, Sequence[StoredRecord]]
    sizes: Sequence[int]
    counts: Sequence[int]


class _KeySize(msgspec.Struct, frozen=True, kw_only=True, tag="key", tag_field="part"):
    """How many records a blocking key has."""

    call: int
    place: int
    number: int


class _Candidate(msgspec.Struct, frozen=True, kw_only=True, tag="found", tag_field="part"):
    """A profile that a call finds, with the record that shares the rarest keys."""

    call: int
    profile_id: ProfileId
    node_id: NodeId


class _Count(msgspec.Struct, frozen=True, kw_only=True, tag="count", tag_field="part"):
    """How many people have a value."""

    place: int
    number: int


class _Record(msgspec.Struct, frozen=True, kw_only=True, tag="record", tag_field="part"):
    """A record of a profile; `number` is its time."""

    profile_id: ProfileId
    node_id: NodeId
    number: int
    sealed: bytes


_Row = _KeySize | _Candidate | _Count | _Record


@dataclass(slots=True)
class _Batch:
    """The queries of a batch as one; a value that several ask for is counted once."""

    keys: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    profiles: set[ProfileId] = field(default_factory=set[ProfileId])
    values: dict[bytes, int] = field(default_factory=dict[bytes, int])

    def add(self, call: int, query: CandidateQuery) -> None:
        self.keys.extend({"call": call, "place": place, "key": hexed(key)} for place, key in enumerate(query.keys))
        self.profiles.update(query.profiles)
        for value in query.values:
            self.values.setdefault(value, len(self.values))

    def encode(self) -> str:
        return msgspec.json.encode(
            {
                "keys": self.keys,
                "profiles": [{"profile_id": profile} for profile in sorted(self.profiles)],
                "values": [{"place": place, "key": hexed(key)} for key, place in self.values.items()],
            }
        ).decode()


async def candidates(
    connection: Connection, tenant: str, queries: Sequence[CandidateQuery], *, key_cap: int, most: int
) -> list[CandidateRows]:
    """Find candidates for several calls in one statement."""
    batch = _Batch()
    for call, query in enumerate(queries):
        batch.add(call, query)
    parameters = {"tenant": tenant, "wanted": batch.encode(), "cap": key_cap, "most": most}
    sizes: list[dict[int, int]] = [{} for _ in queries]
    records_of: list[dict[ProfileId, NodeId]] = [{} for _ in queries]
    records: defaultdict[ProfileId, list[StoredRecord]] = defaultdict(list)
    counts: dict[int, int] = {}
    for row in msgspec.convert(await run(connection, "candidates", parameters), list[_Row]):
        match row:
            case _KeySize():
                sizes[row.call][row.place] = row.number
            case _Candidate():
                records_of[row.call][row.profile_id] = row.node_id
            case _Count():
                counts[row.place] = row.number
            case _Record():
                record = StoredRecord(node=row.node_id, occur_time_us=row.number, features=row.sealed)
                records[row.profile_id].append(record)
    return [
        CandidateRows(
            found=records_of[call],
            records={name: records[name] for name in (*records_of[call], *query.profiles) if name in records},
            sizes=[sizes[call].get(place, 0) for place in range(len(query.keys))],
            counts=[counts.get(batch.values[value], 0) for value in query.values],
        )
        for call, query in enumerate(queries)
    ]


async def all_records(database: Database, tenant: str) -> AsyncIterator[Sequence[StoredRecord]]:
    """Every source record of a tenant, page by page."""
    after = NIL
    while records := await database.read(tenant, "all_records", {"after": after, "most": PAGE}, StoredRecord):
        yield records
        after = records[-1].node
