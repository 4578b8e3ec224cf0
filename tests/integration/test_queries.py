"""Every statement looks up by key: no scan of a table, and no index walked for the tenant alone.

Named queries are explained as they stand; what runs inside the functions is read from the plans that PostgreSQL logs.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any, LiteralString, cast

import psycopg

from profile_service.play.local import local_service
from profile_service.store import embedded
from profile_service.store.database import PLANNING, QUERIES
from profile_service.v1 import ExternalReference, Fact, Promise
from tests.integration.desk import Desk, observed, ref, verified

WALKS = {
    *(
        "audit_read",
        "audit_unchained",
        "audit_record_gaps",
        "audit_head",
        "reviews",
        "reviews_total",
        "held_merges",
        "open_waiting",
    ),
    *("score_reviews", "duplicates", "to_restore", "graph_size", "graph_page", "import_copied", "imports_begun"),
}
"""These list things in the order of their index, or read one small table."""
OF_NO_TENANT = "plan_shape"
MORE_LINKS = """
INSERT INTO link
SELECT (jsonb_populate_record(l, jsonb_build_object(
    'node_b', 'ffff' || substr(md5(l.node_a || g::text), 5),
    'kind', CASE WHEN g %% 2 = 0 THEN 'scored' ELSE l.kind END
))).*
FROM link AS l, generate_series(1, 50) AS g WHERE l.tenant_id = %s
"""
"""So many of either kind that it pays to look for a node's own, however few the other tenants have."""
CANDIDATES = ("m.node_id = k.node_id", "m.namespace LIKE 'record/%'")
"""What tells the statements that ask whose records they are, and for the records of a profile: of hundreds of thousands
of customers, the rows of the nodes would be read from the disk."""


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
    explain = cast("LiteralString", f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text}")
    row = connection.execute(explain).fetchone()
    assert row is not None
    return row[0][0]["Plan"]


def test_queries_use_their_indexes(desk: Desk, database_url: str, sql: psycopg.Connection) -> None:
    """On tables with rows and statistics, under row-level security, as the service plans."""
    for number in range(40):
        contact = desk.start("app", verified("account", f"q{number}"), observed("email", f"q{number}@example.org"))
        fact, promise = Fact(key="k", value="v"), Promise(key="p", what="w")
        desk.record(contact.contact, "x", facts=[fact], promises=[promise])
    sql.execute(MORE_LINKS, (desk.tenant,))
    sql.execute("ANALYZE")
    rows = sql.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'").fetchall()
    filled = {name for name, count in rows if count >= 40}
    second = second_columns(sql)
    with psycopg.connect(database_url, autocommit=True, options=PLANNING) as connection:
        connection.execute("SET ROLE profile_app")
        connection.execute("SELECT set_config('profile.tenant', %s, false)", (desk.tenant,))
        connection.execute(QUERIES["import_table"])
        for name, query in QUERIES.items():
            for scan in scans(generic_plan(connection, query)) if name not in {*WALKS, "import_table"} else ():
                check(scan, name, filled, second)


def second_columns(sql: psycopg.Connection) -> dict[str, str]:
    """The column behind the tenant, by index."""
    rows = sql.execute(
        "SELECT i.relname, a.attname FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid"
        " JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[1]"
    )
    return dict(rows.fetchall())


def check(scan: dict[str, Any], name: str, filled: set[str], second: dict[str, str]) -> None:
    """A scan finds its rows by an index, by the tenant and by the column behind it; by a later one it reads the whole
    tenant."""
    if scan["Relation Name"] == OF_NO_TENANT:
        return
    place = f"{name}: {scan['Node Type']} on {scan['Relation Name']} {scan.get('Index Cond', '')}"
    assert scan["Node Type"] != "Seq Scan", place
    if scan["Relation Name"] in filled:  # the planner cannot tell the indexes of an empty table apart
        assert " AND " in scan.get("Index Cond", ""), place
        assert f"({second[scan['Index Name']]} " in scan["Index Cond"], place


def logged_plans(log: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Query text and plan of every statement in the log."""
    for match in re.finditer(r"plan:\n((?:\t.*\n)+)", log):
        plan = json.loads(re.sub(r"^\t", "", match[1], flags=re.MULTILINE))
        yield plan["Query Text"], plan["Plan"]


def person(given: str, number: int) -> dict[str, str]:
    """One of a family in a town of its own, whose names are not like the others'."""
    word = hashlib.md5(str(number).encode()).hexdigest().translate(str.maketrans("0123456789", "ghijklmnop"))
    return {"given_name": given, "family_name": word[:9].title(), "city": word[-9:].title()}


def journey(desk: Desk, number: int) -> None:
    """Calls of every kind that read or write the graph, a conversation or a context."""
    account, mail = verified("account", f"q{number}"), observed("email", f"q{number}@example.org")
    contact = desk.start("app", account)
    desk.start("email", account, mail, external_references=[ExternalReference(kind="ticket", value=f"t{number}")])
    desk.start("app", verified("phone", f"+49151901{number:04d}"), mail, previous_contacts=[ref(contact.contact)])
    fact, promise = Fact(key="k", value="v"), Promise(key="p", what="w")
    desk.record(contact.contact, "x", facts=[fact], promises=[promise])
    desk.record(contact.contact, "y")
    desk.context(contact.contact)
    line = f"+4312345{number:04d}"
    desk.crm(f"a{number}", verified("crm", f"a{number}"), verified("phone", line), **person("Anna", number))
    desk.start("voice", verified("phone", line))
    desk.crm(f"b{number}", verified("crm", f"b{number}"), verified("phone", line), **person("Bert", number))
    desk.start("voice", observed("phone", line))


def test_functions_use_their_indexes() -> None:
    """The plans inside find, apply, record, context and neighbourhood, as they run."""
    with local_service() as service, psycopg.connect(embedded.start(service.home).owner_url, autocommit=True) as sql:
        desk = Desk(service.target(), "demo")
        for number in range(42):
            journey(desk, number)
        sql.execute("VACUUM ANALYZE")
        rows = sql.execute("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'").fetchall()
        filled = {name for name, count in rows if count >= 40}
        second = second_columns(sql)
        for setting in (
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_nested_statements = on",
            "auto_explain.log_format = json",
        ):
            sql.execute(f"ALTER SYSTEM SET {setting}")  # pyright: ignore[reportArgumentType]
        sql.execute("SELECT pg_reload_conf()")
        time.sleep(0.2)
        sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'profile-service'")
        began = len((service.home / "postgres.log").read_text())
        for number in range(42, 46):
            journey(desk, number)
        plans = list(logged_plans((service.home / "postgres.log").read_text()[began:]))
    seen = {relation["Relation Name"] for _, plan in plans for relation in scans(plan)}
    assert {
        "node",
        "link",
        "contact",
        "conversation",
        "interaction",
        "fact",
        "evidence",
        "source_record",
    } <= seen & filled
    for text, plan in plans:
        if "audit" not in text:
            for scan in scans(plan):
                check(scan, text, filled, second)
    of_candidates = [plan for text, plan in plans if any(condition in text for condition in CANDIDATES)]
    nodes = [scan for plan in of_candidates for scan in scans(plan) if scan["Relation Name"] == "node"]
    assert {(scan["Node Type"], scan["Index Name"]) for scan in nodes} == {
        ("Index Only Scan", "node_pkey"),
        ("Index Only Scan", "node_record"),
    }
