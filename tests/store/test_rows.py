"""Rows cannot get lost: their types are PostgreSQL's, what apply does not know raises, and two of one key fold."""

from __future__ import annotations

import types
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profile_service.identity.graph.model import Assurance, LinkKind, LinkState, NodeId, Role
from profile_service.store.keyring import Keyring
from profile_service.store.plan import Plan, encode, folded
from profile_service.store.rows import call, contact, conversation, event, graph, interaction, profile, record
from profile_service.store.rows.contact import CONTACT_PAYLOAD, ContactPayload, ContactRow
from profile_service.store.rows.graph import EvidenceRow, LinkRow, NodeChangeRow, NodeEndRow, NodeRow, ProfileTouchRow
from profile_service.store.rows.row import Fold, Row, RowsDiffer, Sealed, fold, shape_of

KINDS = [
    kind
    for module in (call, contact, conversation, event, graph, interaction, profile, record)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Row) and kind is not Row
]
KEYRING = Keyring({1: bytes(32)}, 1)


def column_types(annotation: Any, *, sealed: bool) -> set[str]:
    """The types of columns that a field may have."""
    if sealed:
        return {"bytea"}
    if get_origin(annotation) in (types.UnionType, Union):
        annotation = next(get_arg for get_arg in get_args(annotation) if get_arg is not types.NoneType)
    if get_origin(annotation) is not None and hasattr(annotation, "__metadata__"):
        return column_types(get_args(annotation)[0], sealed=False)
    annotation = getattr(annotation, "__supertype__", annotation)
    if get_origin(annotation) is Sequence:
        (item,) = (getattr(get_arg, "__supertype__", get_arg) for get_arg in get_args(annotation))
        return {str: {"uuid[]"}, bytes: {"bytea[]"}, int: {"bigint[]", "integer[]"}}[item]
    if isinstance(annotation, type) and issubclass(annotation, bool):
        return {"boolean"}
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        return {"smallint"}
    if isinstance(annotation, type) and issubclass(annotation, int):
        return {"bigint", "integer", "smallint"}
    if isinstance(annotation, type) and issubclass(annotation, str):
        return {"text", "uuid"}
    return {bytes: {"bytea"}, float: {"real"}}.get(annotation, {"json"})


def test_every_struct_has_a_composite_type_of_the_same_fields(owner_url: str) -> None:
    """By name, number and type; and no composite type has no struct."""
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_class AS c"
            " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relkind = 'c' AND c.relname LIKE 'plan\\_%'"
        ).fetchall()
    stored: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        stored.setdefault(table.removeprefix("plan_"), {})[column] = kind
    assert stored.keys() == {kind.TABLE for kind in KINDS}
    for kind in KINDS:
        columns = stored[kind.TABLE]
        assert columns.pop("plan") == "integer"
        assert columns.keys() == set(shape_of(kind).columns), kind
        hints, places = get_type_hints(kind, include_extras=True), dict(shape_of(kind).sealed)
        for name, column in columns.items():
            assert column in column_types(hints[name], sealed=name in places), (kind, name, column)


@pytest.mark.parametrize("rows", ['{"no_such_table": [{"plan": 0}]}', '{"node_seen": [{"plan": 0, "nodeid": 1}]}'])
def test_a_table_or_column_that_apply_does_not_know_raises(owner_url: str, rows: str) -> None:
    """Nothing is applied then, rather than a row that vanishes."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("SET ROLE profile_app")
        connection.execute("SELECT set_config('profile.tenant', 't', false)")
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute("SELECT * FROM apply_plans('t', 1, 1, %s::jsonb)", (rows,))


def evidence(role: Role, assurance: Assurance, method: str, time_us: int) -> EvidenceRow:
    """A proof of one identifier in one contact."""
    return EvidenceRow(
        subject_id="c",
        node_id=NodeId("n"),
        role=role,
        assurance=assurance,
        method=method,
        channel="voice",
        occur_time_us=time_us,
        proof_time_us=time_us,
    )


proofs = st.builds(
    evidence, st.sampled_from(Role), st.sampled_from(Assurance), st.sampled_from(("A", "B")), st.integers(0, 5)
)
changes = st.builds(
    NodeChangeRow,
    node_id=st.just(NodeId("n")),
    profile_id=st.just(None),
    core_id=st.just(NodeId("n")),
    shared=st.just(0),
    fan_out=st.just(0),
    established=st.booleans(),
    superseded=st.booleans(),
    time_us=st.integers(0, 5),
)
touches = st.builds(
    ProfileTouchRow, profile_id=st.just("p"), expire_time_us=st.none() | st.integers(0, 5), keeps=st.booleans()
)


@given(st.lists(proofs, min_size=1) | st.lists(changes, min_size=1) | st.lists(touches, min_size=1), st.randoms())
def test_rows_of_one_key_fold_to_one_in_any_order(rows: list[Row], random: Any) -> None:
    """Evidence to the best proof since the first time, times to the first or the last, what holds once to true."""
    shuffled = list(rows)
    random.shuffle(shuffled)
    (row,), (other,) = folded(rows), folded(shuffled)
    assert row == other


@given(st.lists(proofs, min_size=2))
def test_of_proofs_the_customers_own_and_best_one_stands(rows: list[EvidenceRow]) -> None:
    """Since the first of them."""
    (best,) = folded(rows)
    assert isinstance(best, EvidenceRow)
    own = [row for row in rows if row.role is Role.SUBJECT] or rows
    assert best.assurance == max(row.assurance for row in own)
    assert best.occur_time_us == min(row.occur_time_us for row in rows)


def test_rows_of_one_key_that_say_different_things_raise() -> None:
    """A mistake of ours must not be decided by the order of rows."""
    link = LinkRow(
        node_a=NodeId("a"),
        node_b=NodeId("b"),
        kind=LinkKind.PRESENTED,
        channel="voice",
        assurance_a=Assurance.OBSERVED,
        assurance_b=Assurance.OBSERVED,
        state=LinkState.ACTIVE,
        time_us=1,
    )
    assert folded([link, msgspec.structs.replace(link, time_us=0)]) == [msgspec.structs.replace(link, time_us=0)]
    with pytest.raises(RowsDiffer, match=r"link\.state"):
        folded([link, msgspec.structs.replace(link, state="contested")])


def test_what_is_sealed_opens_in_its_row_alone_and_is_not_in_the_plan() -> None:
    """The place of a value is its table, column and row."""
    row = ContactRow(
        contact_id="c1",
        conversation_id="v",
        is_new=True,
        key=bytes(32),
        source="s",
        channel="voice",
        start_time_us=1,
        payload=ContactPayload(endpoint="secret"),
    )
    plan = Plan("t", KEYRING)
    plan.add(row)
    text = encode([plan])
    assert "secret" not in text
    (written,) = msgspec.json.decode(text)["contact"]
    sealed = bytes.fromhex(written["payload"].removeprefix("\\x"))
    assert CONTACT_PAYLOAD.open(KEYRING, "t", sealed, "c1") == ContactPayload(endpoint="secret")
    for tenant, name in (("t", "c2"), ("other", "c1")):
        with pytest.raises(Exception, match="contact"):
            CONTACT_PAYLOAD.open(KEYRING, tenant, sealed, name)


def test_every_sealed_column_is_one_of_the_schema_and_no_two_share_a_place(owner_url: str) -> None:
    """Table and column are there, as bytea."""
    marks: list[Sealed[Any]] = [mark for kind in KINDS for _, mark in shape_of(kind).sealed]
    assert len({(mark.table, mark.column) for mark in marks}) == len(marks)
    with psycopg.connect(owner_url) as connection:
        columns = set(
            connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'bytea'"
            ).fetchall()
        )
    assert {(mark.table, mark.column) for mark in marks} <= columns
    assert NodeRow in KINDS


def test_a_plan_may_end_an_identifier_and_change_what_is_derived_of_it(owner_url: str) -> None:
    """A number that is given to somebody else can stand in what the new owner's evidence reaches."""
    name, plan = NodeId("00000000-0000-7000-8000-000000000001"), Plan("t", KEYRING)
    plan.add(
        NodeChangeRow(
            node_id=name,
            profile_id=None,
            core_id=name,
            shared=2,
            fan_out=0,
            established=True,
            superseded=False,
            time_us=0,
        )
    )
    plan.add(NodeEndRow(node_id=name, ended_time_us=7))
    with psycopg.connect(owner_url) as connection:
        connection.execute("SET ROLE profile_app")
        connection.execute("SELECT set_config('profile.tenant', 't', false)")
        connection.execute(
            "INSERT INTO node (tenant_id, node_id, namespace, scope, key, epoch, value, established, core_id,"
            " first_time_us, last_time_us) VALUES ('t', %s, 'phone', '', %s, 0, '', false, %s, 0, 0)",
            (name, bytes(32), name),
        )
        row = connection.execute("SELECT status FROM apply_plans('t', 1, 1, %s::jsonb)", (encode([plan]),)).fetchone()
        assert row == ("applied",)
        found = connection.execute(
            "SELECT shared, established, ended_time_us FROM node WHERE tenant_id = 't'"
        ).fetchall()
        connection.rollback()
    assert found == [(2, True, 7)]


@given(st.lists(touches, min_size=2) | st.lists(changes, min_size=2))
def test_times_fold_to_the_last_and_what_holds_once_holds(rows: list[Row]) -> None:
    """Whatever the others say; what is not said counts as nothing."""
    (row,) = folded(rows)
    for column in ("expire_time_us", "time_us", "keeps", "established", "superseded"):
        said = [value for row in rows if (value := getattr(row, column, None)) is not None]
        if said:
            assert getattr(row, column) == max(said)


SAMPLES: dict[type, tuple[object, object]] = {int: (1, 2), float: (0.25, 0.75), str: ("a", "b"), bool: (False, True)}


def folds() -> list[tuple[type[Row], str, Fold]]:
    """Every field that folds to the first or the last of two."""
    found: list[tuple[type[Row], str, Fold]] = []
    for kind in KINDS:
        for name, rule in shape_of(kind).folds.items():
            if rule in (Fold.FIRST, Fold.LAST):
                found.append((kind, name, rule))
    return found


@pytest.mark.parametrize(("kind", "name", "rule"), folds(), ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_field_that_folds_takes_values_of_its_type(kind: type[Row], name: str, rule: Fold) -> None:
    """Whatever its type is: a rule that its values cannot follow would raise on the first pair that meets."""
    hint = get_type_hints(kind)[name]
    parts = [part for part in get_args(hint) or (hint,) if part is not type(None)]
    base = getattr(parts[0], "__supertype__", parts[0])
    less, more = next(SAMPLES[of] for of in (bool, int, float, str) if issubclass(base, of))
    for value, other in ((less, more), (more, less)):
        assert fold(rule, value, other, name) == (less if rule is Fold.FIRST else more)
        assert fold(rule, None, other, name) == other
