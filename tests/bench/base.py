"""A base of many customers, loaded by COPY: every row as the service would have written it, sealed and indexed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from profile_service.identity.ids import uuid7
from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.blocking import blocking_keys
from profile_service.identity.matching.frequencies import counted_values
from profile_service.identity.policies import shipped_policy
from profile_service.store.keyring import Keyring
from profile_service.store.rows.graph import NODE_VALUE
from profile_service.store.rows.record import ATTRIBUTES, FEATURES
from tests.bench.customers import Customer

SOURCE, TIME_US = "bench", 1_700_000_000_000_000
VERIFIED = 4
KEY_CAP, SLOTS = shipped_policy("default").matching.key_cap, 1 << 28
Rows = dict[str, list[tuple[Any, ...]]]
COLUMNS = {
    "node": (
        *("tenant_id", "node_id", "namespace", "scope", "key", "epoch", "value", "established", "shared", "fan_out"),
        *("profile_id", "core_id", "first_time_us", "last_time_us"),
    ),
    "link": (
        *("tenant_id", "node_a", "node_b", "kind", "channel", "assurance_a", "assurance_b", "state", "first_time_us"),
        *("last_time_us", "times_seen"),
    ),
    "evidence": (*("tenant_id", "subject_id", "node_id", "role", "assurance", "method", "channel", "occur_time_us"),),
    "source_record": ("tenant_id", "node_id", "source", "attributes", "features", "occur_time_us"),
    "blocking_key": ("tenant_id", "key", "node_id"),
    "profile": ("tenant_id", "profile_id", "founder_node", "state", "create_time_us", "revision"),
}


@dataclass(slots=True)
class Loader:
    """Makes the rows of customers and copies them in; counts values, and writes the counts at the end."""

    url: str
    keyring: Keyring
    tenant: str
    counts: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    _made: int = 0
    _sizes: bytearray = field(default_factory=lambda: bytearray(SLOTS))

    def load(self, customers: Iterable[Customer], chunk: int = 20_000) -> None:
        """Copy customers in, a chunk at a time, then the counts of their values."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            rows = _nothing()
            for customer in customers:
                self._add(rows, customer)
                if len(rows["profile"]) == chunk:
                    _copy(connection, rows)
                    rows = _nothing()
            _copy(connection, rows)
            counts = [(self.tenant, self._digest(value), 0, people) for value, people in self.counts.items()]
            copy_rows(connection, "value_count", ("tenant_id", "key", "slot", "people"), counts)
            connection.execute("VACUUM ANALYZE")

    def _grows(self, key: bytes) -> bool:
        """Whether a blocking key still takes records: one over its cap does not. Sizes are kept by slot, where a few
        keys share one."""
        slot = int.from_bytes(key[:8]) % SLOTS
        self._sizes[slot] = min(self._sizes[slot] + 1, KEY_CAP + 2)
        return self._sizes[slot] <= KEY_CAP + 1

    def _digest(self, value: tuple[str, str]) -> bytes:
        return self.keyring.digest(self.tenant, "value", *value)

    def _id(self) -> str:
        self._made += 1
        return uuid7(TIME_US + self._made, self._made)

    def _add(self, rows: Rows, customer: Customer) -> None:
        tenant, keyring, profile = self.tenant, self.keyring, self._id()
        attributes = parse_attributes(customer.attributes, customer.identifiers)
        nodes = [(f"record/{SOURCE}", str(customer.number)), *customer.identifiers]
        ids = [self._id() for _ in nodes]
        for (namespace, value), node in zip(nodes, ids, strict=True):
            key = keyring.digest(tenant, "identifier", namespace, "", value)
            sealed = NODE_VALUE.seal(keyring, tenant, value, node)
            rows["node"].append(
                (tenant, node, namespace, "", key, 0, sealed, True, 0, 0, profile, ids[0], TIME_US, TIME_US)
            )
            rows["evidence"].append((tenant, ids[0], node, 1, VERIFIED, "SYSTEM_OF_RECORD", "record", TIME_US))
        for place, node in enumerate(ids):
            for other in ids[place + 1 :]:
                ends = sorted((node, other))
                seen = ("presented", "record", VERIFIED, VERIFIED, "active", TIME_US, TIME_US, 1)
                rows["link"].append((tenant, *ends, *seen))
        rows["profile"].append((tenant, profile, ids[0], "live", TIME_US, TIME_US))
        rows["source_record"].append((tenant, ids[0], SOURCE, *self._sealed(customer, attributes, ids[0]), TIME_US))
        keys = keyring.digests(tenant, "blocking", ((key,) for key in blocking_keys(attributes)))
        rows["blocking_key"] += [(tenant, key, ids[0]) for key in keys if self._grows(key)]
        values = set(counted_values(attributes))
        self.counts.update(values)
        self.counts.update((comparison, "") for comparison, _ in values)
        self.counts["people", ""] += 1

    def _sealed(self, customer: Customer, attributes: Attributes, node: str) -> tuple[bytes, bytes]:
        return (
            ATTRIBUTES.seal(self.keyring, self.tenant, dict(customer.attributes), node),
            FEATURES.seal(self.keyring, self.tenant, attributes, node),
        )


def _nothing() -> Rows:
    return {table: [] for table in COLUMNS}


def _copy(connection: psycopg.Connection, rows: Rows) -> None:
    for table, found in rows.items():
        copy_rows(connection, table, COLUMNS[table], found)


def copy_rows(
    connection: psycopg.Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """COPY rows into a table."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
