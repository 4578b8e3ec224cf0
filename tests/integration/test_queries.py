"""Every named query looks up by key: no scan of a table, and no index walked for the tenant alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg

from profile_service.store.database import PLANNING, QUERIES
from profile_service.v1 import Fact, Promise
from tests.integration.desk import Desk, observed, verified

WALKS = {"audit_read", "audit_unchained", "audit_record_gaps", "audit_head", "reviews", "reviews_total"}
"""These list things in the order of their index, or read one small table."""


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The scans of a plan."""
    if "Scan" in plan["Node Type"] and "Relation Name" in plan:
        yield plan
    for child in plan.get("Plans", ()):
        yield from scans(child)


def generic_plan(connection: psycopg.Connection, query: str) -> dict[str, Any]:
    """The plan that is kept for all parameters."""
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    text = re.sub(r"%\((\w+)\)s", place, query).rstrip().rstrip(";")
    row = connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text}").fetchone()  # pyright: ignore[reportArgumentType]
    assert row is not None
    return row[0][0]["Plan"]


def test_queries_use_their_indexes(desk: Desk, database_url: str, sql: psycopg.Connection) -> None:
    """On tables with rows and statistics, under row-level security, as the service plans."""
    for number in range(40):
        contact = desk.start("app", verified("account", f"q{number}"), observed("email", f"q{number}@example.org"))
        fact, promise = Fact(key="k", value="v"), Promise(key="p", what="w")
        desk.record(contact.contact, "x", facts=[fact], promises=[promise])
    sql.execute("ANALYZE")
    rows = sql.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'").fetchall()
    filled = {name for name, count in rows if count >= 40}
    with psycopg.connect(database_url, autocommit=True, options=PLANNING) as connection:
        connection.execute("SET ROLE profile_app")
        connection.execute("SELECT set_config('profile.tenant', %s, false)", (desk.tenant,))
        for name, query in QUERIES.items():
            for scan in scans(generic_plan(connection, query)) if name not in WALKS else ():
                place = f"{name}: {scan['Node Type']} on {scan['Relation Name']} {scan.get('Index Cond', '')}"
                assert scan["Node Type"] != "Seq Scan", place
                if scan["Relation Name"] not in filled:
                    continue  # the planner cannot tell the indexes of an empty table apart
                assert " AND " in scan.get("Index Cond", ""), place
