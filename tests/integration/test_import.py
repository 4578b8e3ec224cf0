"""`profile-service import`: three kinds of files, rejected rows with reasons, goes on where it stopped."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from profile_service.bulk.importer import Imported, ImportStopped, discard_abandoned, import_file
from profile_service.bulk.mapping import ColumnMap
from profile_service.bulk.rows import FileUnreadable, rows_of
from profile_service.cli import main
from profile_service.config import Settings, load_settings
from profile_service.identity.graph.model import Assurance
from profile_service.identity.ids import NIL
from profile_service.play.local import LocalService
from profile_service.store import embedded
from profile_service.store.database import Database
from profile_service.store.queries.imports import Imports, Staged, abandoned, hold, open_import
from profile_service.v1 import ExplainMatchRequest, GetProfileRequest, ResolveProfileRequest, SourceKey, SourceRecord
from tests.integration import whole_run
from tests.integration.desk import Desk, of_record

HELD = ColumnMap(
    source="crm",
    id_column="id",
    attributes={"given_name": "first", "family_name": "last", "birth_date": "born"},
    identifiers={"email": "mail"},
)
ROWS = [
    {"id": "1", "first": "Ruth", "last": "Achterberg", "born": "1956-01-09", "mail": "ruth@example.org"},
    {"id": "2", "first": "Ruthie", "last": "Achterberg", "born": "1956-01-09", "mail": ""},
    {"id": "", "first": "Nobody", "last": "Without", "born": "", "mail": ""},
    {"id": "3", "first": "Emil", "last": "Zwettler" * 200, "born": "", "mail": ""},
    {"id": "4", "first": "Emil", "last": "Zwettler", "born": "1999-12-31", "mail": "emil@example.org"},
]
whole_run.SAID.update({"Achterberg", "Zwettler"})


@pytest.fixture
def settings(service: LocalService, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """As an administrator has them who works beside the service."""
    monkeypatch.setenv("PROFILE_DATABASE__DATA_DIR", str(service.home))
    return load_settings()


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    """The rows as a file of the kind that the suffix says."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    else:
        with path.open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    return path


def profile_of(desk: Desk, record: str) -> str:
    """The profile that a record is in."""
    return desk.call(GetProfileRequest(source_key=SourceKey(source="crm", id=record))).name


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_file_is_imported_with_matching_and_bad_rows_are_set_aside(
    desk: Desk, settings: Settings, tmp_path: Path, suffix: str
) -> None:
    """Two records of one customer meet; a row without an id and one over a limit are set aside, with reasons."""
    file = written(tmp_path / f"customers{suffix}", ROWS)
    done = asyncio.run(import_file(settings, desk.tenant, file, HELD))
    assert (done.rows, done.rejected, done.done) == (5, 2, 5)
    assert done.outcomes == {"created": 2, "linked": 1}
    assert profile_of(desk, "1") == profile_of(desk, "2") != profile_of(desk, "4")
    rejected = [json.loads(line) for line in (tmp_path / f"customers{suffix}.rejected.jsonl").read_text().splitlines()]
    assert [line["row"] for line in rejected] == [3, 4]
    assert "no record id" in rejected[0]["reason"]
    assert "FIELD_INVALID" in rejected[1]["reason"]
    again = asyncio.run(import_file(settings, desk.tenant, file, HELD))
    assert (again.rows, again.outcomes) == (5, done.outcomes)


def test_an_import_that_stopped_goes_on(
    desk: Desk, settings: Settings, tmp_path: Path, sql: psycopg.Connection
) -> None:
    """Its processes end in the middle: nothing is lost, nothing is done twice, what waits is sealed."""
    rows = [{"id": str(number), "first": "Anna", "last": f"Achterberg {uuid.uuid4().hex}"} for number in range(1500)]
    file = written(tmp_path / "customers.csv", rows)

    class Gone(Exception):
        pass

    def until_some(so_far: Imported) -> None:
        if 0 < so_far.done < len(rows):
            raise Gone

    with pytest.raises(Gone):
        asyncio.run(import_file(settings, desk.tenant, file, HELD, until_some))
    waiting = sql.execute("SELECT sealed FROM bulk_row WHERE tenant_id = %s", (desk.tenant,)).fetchall()
    assert 0 < len(waiting) < len(rows)
    assert not any(b"Achterberg" in bytes(sealed) for (sealed,) in waiting)
    done = asyncio.run(import_file(settings, desk.tenant, file, HELD))
    assert (done.rows, done.rejected, done.outcomes.total()) == (1500, 0, 1500)
    counts = "SELECT count(*), sum((namespace = 'record/crm')::int) FROM node WHERE tenant_id = %s"
    assert sql.execute(counts, (desk.tenant,)).fetchone() == (1500, 1500)
    left = sql.execute("SELECT count(*) FROM bulk_row WHERE tenant_id = %s", (desk.tenant,)).fetchone()
    assert left == (0,)


def test_the_service_answers_while_a_file_comes_in(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    """Records that others hand over meanwhile are matched with those of the file, whichever was first."""
    names = ("Marlene", "Friedrich", "Ottilie", "Wenzel", "Leopold")
    rows = [
        {"id": str(number), "first": names[number % 5], "last": f"Achterberg{number // 5}", "born": "", "mail": ""}
        for number in range(200)
    ]
    rows = [{**row, "born": f"19{int(row['id']) % 80 + 10}-03-{int(row['id']) % 27 + 1:02}"} for row in rows]
    file = written(tmp_path / "customers.csv", rows)

    async def both() -> Imported:
        importing = asyncio.create_task(import_file(settings, desk.tenant, file, HELD))
        for row in rows[::10]:
            said = {"given_name": row["first"], "family_name": row["last"], "birth_date": row["born"]}
            record = SourceRecord(source_key=SourceKey(source="shop", id=row["id"]), attributes=said)
            await asyncio.to_thread(desk.call, ResolveProfileRequest(source_record=record, occur_time=desk.tick()))
        return await importing

    done = asyncio.run(both())
    assert done.outcomes.total() == 200
    for row in rows[::10]:
        other = desk.call(GetProfileRequest(source_key=SourceKey(source="shop", id=row["id"]))).name
        assert other == profile_of(desk, row["id"])


def test_the_command_says_what_came_of_it(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    """As JSON and for people; a mapping that cannot be read, a file of no known kind, an unknown tenant are refused."""
    file = written(tmp_path / "customers.csv", ROWS)
    options = ["--tenant", desk.tenant, "--source", "crm", "--id", "id"]
    columns = ["--map", "given_name=first,family_name=last", "--map", "birth_date=born,email=mail"]
    runner = CliRunner()
    outcome = runner.invoke(main, ["import", str(file), *options, *columns, "--json"])
    assert outcome.exit_code == 0, outcome.output
    counted = {"rows": 5, "rejected": 2, "outcomes": {"created": 2, "linked": 1}}
    assert json.loads(outcome.stdout) == {**counted, "read_out": sum(bool(row["mail"]) for row in ROWS)}
    shown = runner.invoke(main, ["import", str(file), *options, *columns])
    assert "5 rows: 2 created, 1 linked; 2 rejected, see customers.csv.rejected.jsonl" in shown.output
    assert runner.invoke(main, ["import", str(file), *options, "--map", "given_name"]).exit_code == 2
    unknown = runner.invoke(main, ["import", str(file), *options, "--map", "given_name=frist"])
    assert "no column frist; there are: born, first, id, last, mail" in unknown.output
    kept = runner.invoke(main, ["import", str(file), *options, "--map", "given_name=first,forename=last"])
    assert "kept, but not matched: forename" in kept.output
    other = tmp_path / "customers.xlsx"
    other.write_text("")
    assert "a file ends in one of" in runner.invoke(main, ["import", str(other), *options, *columns]).output
    with pytest.raises(ImportStopped, match="credentials add"):
        asyncio.run(import_file(settings, "nobody", file, HELD))


def test_the_command_says_whom_a_password_lets_read_their_record(
    desk: Desk, settings: Settings, tmp_path: Path, sql: psycopg.Connection
) -> None:
    """Those of a source that is vouched for; another's identifiers are observed, unless it says how it proved them."""
    rows = [{"id": str(number), "mail": f"ruth{number}@example.org", "tel": "+49151901820"} for number in range(2)]
    file = written(tmp_path / "customers.csv", rows)
    runner, columns = CliRunner(), ["--tenant", desk.tenant, "--id", "id", "--map", "email=mail,account=id"]

    def imported(source: str, *proofs: str) -> str:
        options = [option for proof in proofs for option in ("--proof", proof)]
        return runner.invoke(main, ["import", str(file), "--source", source, *columns, *options]).output

    assert "0 of 2 can be read out to themselves: source `shop` is not vouched for" in imported("shop")
    stated = "SELECT DISTINCT assurance FROM evidence WHERE tenant_id = %s AND method <> 'SYSTEM_OF_RECORD'"
    assert sql.execute(stated, (desk.tenant,)).fetchall() == []
    most = (
        "SELECT max(e.assurance) FROM evidence AS e JOIN node AS n USING (tenant_id, node_id)"
        " WHERE e.tenant_id = %s AND n.namespace = 'email'"
    )
    assert sql.execute(most, (desk.tenant,)).fetchone() == (Assurance.OBSERVED,)
    assert "2 of 2 can be read out to themselves after a password" in imported("shop", "email=ONE_TIME_PASSWORD")
    assert sql.execute(most, (desk.tenant,)).fetchone() == (Assurance.VERIFIED,)
    assert "2 of 2 can be read out to themselves after a password" in imported("crm")
    assert "0 of 2 can be read out" in imported("crm", "email=STATED")
    assert "--proof phone=STATED: --map names no column of phone" in imported("crm", "phone=STATED")
    assert "with a method of CALLER_ID, CALLER_ID_ATTESTED, " in imported("crm", "email=PIGEON")


def test_a_row_that_cannot_be_taken_over_stops_nothing(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    """A time before the year one, half a character: each is rejected, the others come in."""
    rows = [
        {"id": "1", "first": "Ruth", "last": "Achterberg", "seen": "0001-01-01T00:00:00+14:00"},
        {"id": "2", "first": "\ud800", "last": "Achterberg", "seen": "2024-01-01"},
        {"id": "3", "first": "Emil", "last": "Zwettler", "seen": "2024-01-01"},
    ]
    file = written(tmp_path / "customers.jsonl", rows)
    map = ColumnMap(
        source="crm",
        id_column="id",
        attributes={"given_name": "first", "family_name": "last"},
        identifiers={},
        time_column="seen",
    )
    done = asyncio.run(import_file(settings, desk.tenant, file, map))
    assert (done.rejected, done.outcomes) == (2, {"created": 1})
    lines = (tmp_path / "customers.jsonl.rejected.jsonl").read_text().splitlines()
    reasons = [json.loads(line)["reason"] for line in lines]
    assert reasons == ["column seen is a time that cannot be", "a value cannot be taken over: UnicodeEncodeError"]


def test_a_corrected_mapping_is_imported(
    desk: Desk, settings: Settings, tmp_path: Path, sql: psycopg.Connection
) -> None:
    """The same rows with a region for their phones are not what was handed over before."""
    file = written(tmp_path / "customers.csv", [{"id": "1", "first": "Ruth", "tel": "030 901820"}])
    map = ColumnMap(source="crm", id_column="id", attributes={"given_name": "first"}, identifiers={"phone": "tel"})
    assert asyncio.run(import_file(settings, desk.tenant, file, map)).outcomes == {"created": 1}
    again = asyncio.run(import_file(settings, desk.tenant, file, replace(map, region="DE")))
    assert (again.rejected, again.outcomes) == (0, {"linked": 1})
    phones = sql.execute("SELECT count(*) FROM node WHERE tenant_id = %s AND namespace = 'phone'", (desk.tenant,))
    assert phones.fetchone() == (1,)


def test_an_import_that_is_ended_leaves_no_workers_and_can_be_given_up(
    desk: Desk, settings: Settings, service: LocalService, tmp_path: Path, sql: psycopg.Connection
) -> None:
    """SIGTERM in the middle: its workers end with it; the rows wait, nothing else begins beside them unasked."""
    rows = [{**ROWS[0], "id": str(number), "first": f"Otto{number}", "mail": ""} for number in range(3000)]
    file = written(tmp_path / "customers.csv", rows)
    options = ["--tenant", desk.tenant, "--source", "crm", "--id", "id", "--map", "given_name=first,family_name=last"]
    command = [sys.executable, "-m", "profile_service", "import", str(file), *options, "--json"]
    environment = {**os.environ, "PROFILE_DATABASE__DATA_DIR": str(service.home)}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    count = "SELECT count(*) FROM bulk_row WHERE tenant_id = %s"
    while sql.execute(count, (desk.tenant,)).fetchone() == (0,):
        assert running.poll() is None
        time.sleep(0.02)
    workers = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    assert len(workers) >= 2
    running.terminate()
    said = running.communicate(timeout=30)[1]
    assert "start again to go on" in said
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    assert (sql.execute(count, (desk.tenant,)).fetchone() or (0,))[0] > 0
    other = written(tmp_path / "others.csv", ROWS)
    with pytest.raises(ImportStopped, match="--discard"):
        asyncio.run(import_file(settings, desk.tenant, other, HELD))
    assert asyncio.run(discard_abandoned(settings, desk.tenant)) > 0
    assert sql.execute(count, (desk.tenant,)).fetchone() == (0,)
    assert asyncio.run(import_file(settings, desk.tenant, other, HELD)).rows == 5


def test_of_two_rows_of_one_record_the_later_stands(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    """Whichever worker is faster, where no column has the time."""
    rows = [{**ROWS[0], "mail": "", "last": f"Quist{number}"} for number in range(200)]
    asyncio.run(import_file(settings, desk.tenant, written(tmp_path / "customers.csv", rows), HELD))
    probe = SourceRecord(source_key=SourceKey(source="crm", id="probe"))
    probe.attributes.update({"given_name": "Ruth", "family_name": "Quist199"})
    desk.call(ResolveProfileRequest(request_id=str(uuid.uuid4()), source_record=probe))
    found = desk.call(ExplainMatchRequest(left=of_record("1"), right=of_record("probe"))).explanation.comparisons
    assert {comparison.comparison: comparison.level for comparison in found} == {
        "given_name": "exact",
        "family_name": "exact",
    }


async def test_an_import_that_is_given_up_cannot_begin_meanwhile(
    desk: Desk, settings: Settings, sql: psycopg.Connection
) -> None:
    """Else it would skip rows as staged that are gone."""
    database = Database(url=embedded.start(settings.home).url, size=3)
    try:
        imports, _ = await open_import(database, desk.tenant, os.urandom(32), str(uuid.uuid4()), 1)
        await imports.stage([Staged(number=0, sealed=b"sealed")], {})
        nobody = Imports(database=database, tenant=desk.tenant, id=NIL)
        async with database.apart(desk.tenant) as connection, database.apart(desk.tenant) as other:
            assert [abandoned_import.id for abandoned_import in await abandoned(connection, nobody)] == [imports.id]
            assert not await hold(other, imports)
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("name", "content"), [("a.parquet", b"PAR1"), ("a.jsonl", b"[" * 100_000), ("a.csv", b"\xff\xfe")]
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    """With its name; not with a traceback."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileUnreadable, match=name):
        list(rows_of(path))


def test_an_import_that_began_alone_leaves_the_database_to_whoever_came_meanwhile(tmp_path: Path) -> None:
    """Whoever leaves last stops it."""
    first, other = embedded.start(tmp_path), embedded.start(tmp_path)
    assert first == other
    embedded.release(tmp_path)
    with psycopg.connect(first.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    embedded.release(tmp_path)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first.url)
