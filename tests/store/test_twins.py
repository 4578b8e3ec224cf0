"""Rules of the core that stand in SQL too: both are fed the same random facts, and have to answer the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_service.identity.graph.anchor import Brought, anchor_rules, choose_anchor
from profile_service.identity.graph.counting import LEVELS, QUARANTINED, makes_cores, pairs
from profile_service.identity.graph.model import Assurance, Link, LinkState, Node, NodeId, ProfileId, Role
from profile_service.identity.policies import shipped_policy
from profile_service.store.database import QUERIES
from profile_service.store.queries.graph import core_minima
from profile_service.store.queries.graph import minima as minima_of
from tests.property.neighbourhoods import reachable

POLICY = shipped_policy("default")
STRICT = replace(
    POLICY,
    namespaces={
        **POLICY.namespaces,
        "device": replace(POLICY.namespaces["device"], join=Assurance.VERIFIED, anchor=Assurance.OBSERVED),
        "crm": replace(POLICY.namespaces["crm"], join=Assurance.VERIFIED, anchor=Assurance.OBSERVED),
    },
)
"""The weakest and the strongest namespace may anchor a contact on less than they join on."""
NAMESPACES = ("email", "phone", "device", "record/crm", "crm")
TENANT, CONTACT, CONVERSATION = "t", str(UUID(int=900)), str(UUID(int=901))


def node_id(number: int) -> NodeId:
    """An id that sorts by its number."""
    return NodeId(str(UUID(int=number + 1)))


@pytest.fixture(scope="module")
def connection(owner_url: str) -> Iterator[psycopg.Connection]:
    """As the service, in a tenant."""
    with psycopg.connect(owner_url) as owner:
        owner.execute("SET ROLE profile_app")
        owner.execute("SELECT set_config('profile.tenant', %s, false)", (TENANT,))
        owner.commit()
        yield owner


def insert_node(connection: psycopg.Connection, number: int, namespace: str, **columns: object) -> Node:
    """A node; its key is a function of its number that does not sort as its id."""
    key = bytes((255 - number, *([number] * 31)))
    values = {"shared": 0, "fan_out": 0, "profile_id": None, **columns}
    connection.execute(
        "INSERT INTO node (tenant_id, node_id, namespace, scope, key, epoch, value, established, shared, fan_out,"
        " profile_id, core_id, first_time_us, last_time_us)"
        " VALUES (%s, %s, %s, '', %s, 0, '', true, %s, %s, %s, %s, 0, 0)",
        (
            *(TENANT, node_id(number), namespace, key),
            *(values["shared"], values["fan_out"], values["profile_id"], node_id(number)),
        ),
    )
    return Node(id=node_id(number), key=key + bytes(4), namespace=namespace)


LINKS = st.tuples(
    st.integers(0, 5),
    st.integers(0, 5),
    st.sampled_from((Assurance.OBSERVED, Assurance.ON_FILE, Assurance.VERIFIED)),
    st.sampled_from((Assurance.OBSERVED, Assurance.ON_FILE, Assurance.VERIFIED)),
    st.sampled_from((LinkState.ACTIVE,) * 4 + tuple(LinkState)),
    st.sampled_from((frozenset[int](), frozenset[int](), frozenset({1}), frozenset({2, 3}))),
)
FAN_OUT = st.sampled_from((0, 0, 0, 0, 0, 0, 0, *map(int, LEVELS), QUARANTINED | 2))


@given(
    st.lists(st.tuples(st.sampled_from(NAMESPACES), FAN_OUT, st.integers(0, 4)), min_size=6, max_size=6),
    st.lists(LINKS, min_size=3, max_size=12, unique_by=lambda link: frozenset(link[:2])),
    st.integers(0, 5),
)
def test_the_neighbourhood_in_sql_is_that_of_the_core(
    connection: psycopg.Connection,
    nodes: list[tuple[str, int, int]],
    links: list[tuple[int, int, Assurance, Assurance, LinkState, frozenset[int]]],
    seed: int,
) -> None:
    """R9: the same nodes are reached from a seed, whatever is shared, quarantined, contested, ended or withdrawn; and
    over the links that join cores (D1)."""
    ends = {
        node.id: node
        for number, (namespace, fan_out, shared) in enumerate(nodes)
        for node in [insert_node(connection, number, namespace, fan_out=fan_out, shared=shared)]
    }
    levels = {node_id(number): fan_out for number, (_, fan_out, _) in enumerate(nodes)}
    known: list[Link] = []
    for a, b, of_a, of_b, state, depends_on in links:
        if a == b:
            continue
        (low, assurance_one), (other, assurance_other) = sorted(((a, of_a), (b, of_b)))
        depended = [node_id(number) for number in sorted(depends_on)]
        connection.execute(
            "INSERT INTO link"
            " (tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b, state, first_time_us,"
            " last_time_us, times_seen, depends_on)"
            " VALUES (%s, %s, %s, 'presented', 'voice', %s, %s, %s, 0, 0, 1, %s::uuid[])",
            (TENANT, node_id(low), node_id(other), assurance_one, assurance_other, state, depended),
        )
        known.append(
            Link(
                a=node_id(low),
                b=node_id(other),
                assurance_a=assurance_one,
                assurance_b=assurance_other,
                first_time=0,
                state=state,
                depends_on=frozenset(depended),
            )
        )
    strong = [link for link in known if makes_cores(link, ends, STRICT)]
    for minima, counted in ((minima_of(STRICT), known), (core_minima(STRICT), strong)):
        row = connection.execute(
            "SELECT found::jsonb FROM neighbourhoods(%s, '{0}', ARRAY[%s]::uuid[], %s, 1000)",
            (TENANT, node_id(seed), minima),
        ).fetchone()
        assert row is not None
        found = {row_node["id"] for row_node in row[0]["nodes"]}
        assert found == reachable([node_id(seed)], counted, ends, STRICT, levels)
    connection.rollback()


BROUGHT = st.tuples(
    st.sampled_from(NAMESPACES),
    st.sampled_from((Role.SUBJECT,) * 6 + tuple(Role)),
    st.sampled_from((Assurance.OBSERVED, *Assurance)),
    st.sampled_from((0, 0, 0, 0, 1, 2, 3, 4)),
    st.sampled_from((None, ProfileId(str(UUID(int=501))), ProfileId(str(UUID(int=502))))),
)


@given(st.lists(BROUGHT, min_size=2, max_size=5))
def test_contacts_are_anchored_in_sql_as_in_the_core(
    connection: psycopg.Connection, brought: list[tuple[str, Role, Assurance, int, ProfileId | None]]
) -> None:
    """R13: one order, whoever decides: a call, or what it takes along."""
    connection.execute(
        "INSERT INTO conversation (tenant_id, conversation_id, brand, state, owner_contact, open_time_us, last_time_us,"
        " revision) VALUES (%s, %s, '', 'open', %s, 0, 0, 0)",
        (TENANT, CONVERSATION, CONTACT),
    )
    connection.execute(
        "INSERT INTO contact"
        " (tenant_id, contact_id, conversation_id, key, source, channel, direction, initiation, brand,"
        " start_time_us, last_time_us, anchor_assurance, ambiguous, shared, channel_change, apart,"
        " threading, payload)"
        " VALUES (%s, %s, %s, %s, 's', 'voice', 0, 0, '', 0, 0, 1, false, false, false, false, 1, '')",
        (TENANT, CONTACT, CONVERSATION, bytes(32)),
    )
    own: list[Brought] = []
    for number, (namespace, role, assurance, shared, profile) in enumerate(brought):
        node = insert_node(connection, number, namespace, shared=shared, profile_id=profile)
        connection.execute(
            "INSERT INTO evidence (tenant_id, subject_id, node_id, role, assurance, method, channel, occur_time_us)"
            " VALUES (%s, %s, %s, %s, %s, '', 'voice', 0)",
            (TENANT, CONTACT, node.id, role, assurance),
        )
        if role is Role.SUBJECT:
            own.append(Brought(node.id, node.key[:32], namespace, assurance, profile, shared))
    rules = anchor_rules(STRICT)
    nodes = [node_id(number) for number in range(len(brought))]
    rows = connection.execute(
        "SELECT after::text FROM reanchor(%s, 1, %s::uuid[], %s::jsonb)",
        (TENANT, nodes, msgspec.json.encode(rules).decode()),
    ).fetchall()
    connection.rollback()
    assert [row[0] for row in rows] == ([anchor.node] if (anchor := choose_anchor(own, STRICT)).node else [])


WORTH = st.sampled_from((*(Assurance.OBSERVED,) * 6, Assurance.VERIFIED, Assurance.CLAIMED))
SAID = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(("voice",) * 6 + ("app",)),
        "time": st.integers(1, 9),
        "nodes": st.fixed_dictionaries(
            dict.fromkeys(range(2), st.tuples(WORTH, st.sampled_from((Role.SUBJECT,) * 5 + (Role.PARTICIPANT,)))),
            optional={2: st.tuples(WORTH, st.just(Role.SUBJECT))},
        ),
    }
)
"""Few identifiers and few ways, so that several contacts make the same link."""
Key = tuple[str, str, str, int, int]


def links_made(said: Iterable[Mapping[str, Any]]) -> dict[Key, tuple[int, int]]:
    """The links that contacts make together, each with its first time and how often it was seen."""
    made: dict[Key, tuple[int, int]] = {}
    for contact in said:
        own = [(node_id(node), worth) for node, (worth, role) in contact["nodes"].items() if role is Role.SUBJECT]
        for link in pairs(own, channel=contact["channel"], occur_time=contact["time"]):
            key = (link.a, link.b, link.channel, int(link.assurance_a), int(link.assurance_b))
            first, seen = made.get(key, (link.first_time, 0))
            made[key] = (min(first, link.first_time), seen + 1)
    return made


@given(st.lists(SAID, min_size=4, max_size=5))
def test_what_is_left_of_links_is_counted_in_sql_as_in_the_core(
    connection: psycopg.Connection, said: list[dict[str, Any]]
) -> None:
    """R1: once a contact's word is taken back, its links are those that the others make, since their first time."""
    for number in range(3):
        insert_node(connection, number, "email")
    for place, contact in enumerate(said):
        for node, (assurance, role) in contact["nodes"].items():
            connection.execute(
                "INSERT INTO evidence (tenant_id, subject_id, node_id, role, assurance, method, channel, occur_time_us)"
                " VALUES (%s, %s, %s, %s, %s, '', %s, %s)",
                (TENANT, node_id(100 + place), node_id(node), role, assurance, contact["channel"], contact["time"]),
            )
    before = links_made(said)
    for (a, b, channel, of_a, of_b), (first, seen) in before.items():
        connection.execute(
            "INSERT INTO link (tenant_id, node_a, node_b, kind, channel, assurance_a, assurance_b, state,"
            " first_time_us, last_time_us, times_seen)"
            " VALUES (%s, %s, %s, 'presented', %s, %s, %s, 'active', %s, 9, %s)",
            (TENANT, a, b, channel, of_a, of_b, first, seen),
        )
    for query in ("withdraw_evidence", "withdraw_links"):
        connection.execute(QUERIES[query], {"tenant": TENANT, "subject": node_id(100)})
    rows = connection.execute(
        "SELECT node_a::text, node_b::text, channel, assurance_a, assurance_b, state, first_time_us, times_seen"
        " FROM link WHERE tenant_id = %s",
        (TENANT,),
    ).fetchall()
    connection.rollback()
    left = links_made(said[1:])
    standing = {tuple(row[:5]): (row[6], row[7]) for row in rows if row[5] == LinkState.ACTIVE}
    assert standing == left
    assert {tuple(row[:5]) for row in rows if row[5] == LinkState.WITHDRAWN} == before.keys() - left.keys()
