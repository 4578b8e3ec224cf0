"""Bulk against the bare database, and how calls grow with the base.

`batch_vs_psycopg`: BatchResolveProfiles against psycopg that writes the same rows with the same grouping.
`import_vs_copy`: `profile-service import` against COPY of the very rows that it ended up writing.
`scored_resolve_growth`, `known_resolve_growth`: p99 of ResolveProfile with a large base over a small one.
"""

from __future__ import annotations

import asyncio
import csv
import os
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import grpc
import psycopg
from profile_client import ProfileClient
from psycopg import sql
from psycopg.types.json import Json

from profile_service.play.local import LocalService, local_service
from profile_service.store import embedded
from profile_service.store.keyring import load_keyring
from profile_service.v1 import BatchResolveProfilesRequest, ProfileServiceStub, ResolveProfileRequest
from tests.bench.base import Loader, copy_rows
from tests.bench.customers import Customer, again, customers
from tests.integration.desk import stamp, verified

LARGE = int(os.environ.get("BENCH_PROFILES", "1000000"))
SMALL = LARGE // 10
RECORDS = int(os.environ.get("BENCH_RECORDS", "6000"))
CALLS = int(os.environ.get("BENCH_CALLS", "400"))
BATCH, CLIENTS, GROUP = 200, 6, 32
NOW = 1_750_000_000
COLUMNS = ["given_name", "family_name", "birth_date", "street", "postcode", "city", "email", "phone"]
Result = dict[str, float]


def request_of(customer: Customer, source: str) -> ResolveProfileRequest:
    """The call that hands a customer's record over."""
    request = ResolveProfileRequest(
        request_id=str(uuid.uuid4()),
        identifiers=[verified(namespace, value) for namespace, value in customer.identifiers],
        occur_time=stamp(NOW + customer.number),
    )
    request.source_record.source_key.source = source
    request.source_record.source_key.id = str(customer.number)
    request.source_record.attributes.update({name: value for name, value in customer.attributes.items() if value})
    return request


def mixed(count: int) -> Iterator[tuple[Customer, str]]:
    """Records of two systems: three in four are new customers, one in four a second record of an earlier one."""
    last = deque[Customer](maxlen=3)
    for customer in customers(0, count * 3 // 4, seed=5):
        last.append(customer)
        yield customer, "crm"
        if customer.number % 3 == 2:
            yield again(last[0]), "shop"


def write_file(path: Path, count: int) -> None:
    """The records as a file that can be imported."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", *COLUMNS])
        writer.writeheader()
        for customer, source in mixed(count):
            identifiers = dict(customer.identifiers)
            writer.writerow({"id": f"{source}-{customer.number}", **customer.attributes, **identifiers})


def import_of(path: Path, tenant: str, service: LocalService) -> tuple[list[str], dict[str, str]]:
    """The command line that imports the file, as an administrator would start it, and its environment."""
    pairs = ",".join(f"{name}={name}" for name in COLUMNS)
    command = [sys.executable, "-m", "profile_service", "import", str(path), "--tenant", tenant, "--source", "crm"]
    environment = {**os.environ, "PROFILE_DATABASE__DATA_DIR": str(service.home)}
    return [*command, "--id", "id", "--map", pairs, "--json"], environment


def rate_of_batches(service: LocalService, tenant: str) -> float:
    """Records a second through BatchResolveProfiles."""
    requests = [request_of(customer, source) for customer, source in mixed(RECORDS)]

    async def run() -> float:
        metadata = service.target(f"{tenant}/service").metadata()
        options = (("grpc.use_local_subchannel_pool", 1),)
        channels = [grpc.aio.insecure_channel(service.address, options) for _ in range(CLIENTS)]
        waiting = iter([requests[first : first + BATCH] for first in range(0, len(requests), BATCH)])

        async def work(channel: grpc.aio.Channel) -> None:
            for batch in waiting:
                call = BatchResolveProfilesRequest(requests=batch)
                answer = await ProfileServiceStub(channel).BatchResolveProfiles(call, timeout=120, metadata=metadata)
                failed = [item.error.reason for item in answer.items if item.HasField("error")]
                if failed:
                    raise RuntimeError(f"{len(failed)} items failed: {failed[0]}")

        started = time.perf_counter()
        await asyncio.gather(*(work(channel) for channel in channels))
        took = time.perf_counter() - started
        await asyncio.gather(*(channel.close() for channel in channels))
        return len(requests) / took

    return asyncio.run(run())


def rate_of_import(service: LocalService, tenant: str, folder: Path) -> float:
    """Rows a second through the command line."""
    path = folder / "customers.csv"
    write_file(path, RECORDS)
    command, environment = import_of(path, tenant, service)
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return RECORDS / (time.perf_counter() - started)


@contextmanager
def taken(url: str, tenant: str) -> Iterator[dict[str, tuple[list[str], list[tuple[Any, ...]]]]]:
    """Every row that a tenant has, as another tenant's: table -> columns and rows."""
    found: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = {}
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema ="
            " current_schema() ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            cursor = connection.execute(
                sql.SQL("SELECT * FROM {} WHERE tenant_id = %s").format(sql.Identifier(table)), (tenant,)
            )
            columns = [column.name for column in cursor.description or ()]
            rows = [
                tuple(
                    f"{tenant}-bare" if name == "tenant_id" else value for name, value in zip(columns, row, strict=True)
                )
                for row in cursor
            ]
            if rows:
                found[table] = (columns, rows)
    yield found
    with psycopg.connect(url, autocommit=True) as connection:
        for table in found:
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(sql.Identifier(table)), (f"{tenant}-bare",)
            )


def rate_of_copy(url: str, tenant: str) -> float:
    """Records a second where COPY writes the rows, table by table, and nothing is decided."""
    with taken(url, tenant) as tables, psycopg.connect(url) as connection:
        started = time.perf_counter()
        for table, (columns, rows) in tables.items():
            copy_rows(connection, table, columns, (tuple(_plain(value) for value in row) for row in rows))
        connection.commit()
        return RECORDS / (time.perf_counter() - started)


def _plain(value: Any) -> Any:
    """A JSON value as text; everything else as it is."""
    return Json(value) if isinstance(value, dict | list) and not _is_ids(value) else value


def _is_ids(value: Any) -> bool:
    return isinstance(value, list) and all(not isinstance(item, dict | list) for item in value)


def rate_of_psycopg(url: str, tenant: str) -> float:
    """Records a second where bare psycopg inserts the rows, a transaction for as many records as the service groups."""
    with taken(url, tenant) as tables:
        groups = RECORDS // GROUP

        async def write(numbers: Sequence[int]) -> None:
            async with await psycopg.AsyncConnection.connect(url) as connection:
                for number in numbers:
                    for table, (columns, rows) in tables.items():
                        some = rows[len(rows) * number // groups : len(rows) * (number + 1) // groups]
                        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                            sql.Identifier(table),
                            sql.SQL(", ").join(map(sql.Identifier, columns)),
                            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
                        )
                        if some:
                            async with connection.cursor() as cursor:
                                await cursor.executemany(statement, [[_plain(value) for value in row] for row in some])
                    await connection.commit()

        async def run() -> None:
            await asyncio.gather(*(write(range(place, groups, 2)) for place in range(2)))

        started = time.perf_counter()
        asyncio.run(run())
        return RECORDS / (time.perf_counter() - started)


def p99(times: Sequence[float]) -> float:
    """The 99th percentile in milliseconds."""
    return 1000 * sorted(times)[int(len(times) * 0.99)]


def growth(service: LocalService, requests: Callable[[str], Iterator[ResolveProfileRequest]]) -> Result:
    """p99 with the large base over the small one; calls one by one, in turns."""
    clients = {name: ProfileClient(service.target(f"{name}/service")) for name in ("large", "small")}
    waiting = {name: requests(name) for name in clients}
    times: dict[str, list[float]] = {name: [] for name in clients}
    for place in range(CALLS + 50):
        for name, client in clients.items():
            request = next(waiting[name])
            started = time.perf_counter()
            client.call(request, deadline_s=30.0)
            if place >= 50:
                times[name].append(time.perf_counter() - started)
    for client in clients.values():
        client.close()
    left, right = (p99(times[name]) for name in ("large", "small"))
    ratio = left / right
    return {"ratio": ratio, "least": ratio, "most": ratio, "left": left, "right": right}


def scored(name: str) -> Iterator[ResolveProfileRequest]:
    """Records that only their attributes can match: customers of the base, each spread over it."""
    size = LARGE if name == "large" else SMALL
    for number in range(0, size, size // (CALLS + 60)):
        yield request_of(again(next(customers(number, 1))), "shop")


def known(name: str) -> Iterator[ResolveProfileRequest]:
    """Identifiers that are known already."""
    size = LARGE if name == "large" else SMALL
    for number in range(0, size, size // (CALLS + 60)):
        customer = next(customers(number, 1))
        yield ResolveProfileRequest(
            identifiers=[verified(namespace, value) for namespace, value in customer.identifiers],
            occur_time=stamp(NOW + number),
        )


def bulk(note: Callable[[str, dict[str, Any]], None], folder: Path) -> None:
    """Measure; `note` takes each key with its result."""
    with local_service(tenants=("demo", "batch", "file", "large", "small"), processes=2) as service:
        url = embedded.start(service.home).owner_url
        ours, bare = rate_of_batches(service, "batch"), rate_of_psycopg(url, "batch")
        note("batch_vs_psycopg", _ratio(ours, bare))
        ours, bare = rate_of_import(service, "file", folder), rate_of_copy(url, "file")
        note("import_vs_copy", _ratio(ours, bare))
        keyring = load_keyring(service.home / "keys.json")
        for name, size in (("small", SMALL), ("large", LARGE)):
            Loader(url, keyring, name).load(islice(customers(0, size), size))
        note("known_resolve_growth", growth(service, known))
        note("scored_resolve_growth", growth(service, scored))


def _ratio(left: float, right: float) -> Result:
    return {"ratio": left / right, "least": left / right, "most": left / right, "left": left, "right": right}
