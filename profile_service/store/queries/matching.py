"""Read what records are matched with: candidates with their sealed features, and how frequent values are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """The sealed features of a source record."""

    node: NodeId
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


@dataclass(slots=True)
class _Wanted:
    """The queries of a batch as one; a value that several ask for is counted once."""

    keys: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    profiles: set[ProfileId] = field(default_factory=set[ProfileId])
    values: dict[bytes, int] = field(default_factory=dict[bytes, int])

    def add(self, call: int, query: CandidateQuery) -> None:
        self.keys += [{"call": call, "place": place, "key": hexed(key)} for place, key in enumerate(query.keys)]
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
    wanted = _Wanted()
    for call, query in enumerate(queries):
        wanted.add(call, query)
    parameters = {"tenant": tenant, "wanted": wanted.encode(), "cap": key_cap, "most": most}
    sizes: list[dict[int, int]] = [{} for _ in queries]
    found: list[dict[ProfileId, NodeId]] = [{} for _ in queries]
    records: defaultdict[ProfileId, list[StoredRecord]] = defaultdict(list)
    counts: dict[int, int] = {}
    for row in await run(connection, "candidates", parameters):
        if row["part"] == "key":
            sizes[row["call"]][row["place"]] = row["number"]
        elif row["part"] == "found":
            found[row["call"]][ProfileId(str(row["profile_id"]))] = NodeId(str(row["node_id"]))
        elif row["part"] == "count":
            counts[row["place"]] = row["number"]
        else:
            record = StoredRecord(
                node=NodeId(str(row["node_id"])), occur_time_us=row["number"], features=bytes(row["sealed"])
            )
            records[ProfileId(str(row["profile_id"]))].append(record)
    return [
        CandidateRows(
            found=found[call],
            records={name: records[name] for name in (*found[call], *query.profiles) if name in records},
            sizes=[sizes[call].get(place, 0) for place in range(len(query.keys))],
            counts=[counts.get(wanted.values[value], 0) for value in query.values],
        )
        for call, query in enumerate(queries)
    ]


async def all_records(database: Database, tenant: str) -> AsyncIterator[Sequence[StoredRecord]]:
    """Every source record of a tenant, page by page."""
    after = NIL
    while True:
        rows = await database.rows(tenant, "all_records", {"after": after, "most": PAGE})
        if not rows:
            return
        yield [
            StoredRecord(
                node=NodeId(str(row["node_id"])), occur_time_us=row["occur_time_us"], features=bytes(row["features"])
            )
            for row in rows
        ]
        after = str(rows[-1]["node_id"])
