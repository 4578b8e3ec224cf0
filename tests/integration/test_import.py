"""`profile-service import`: three kinds of files, rejected rows with reasons, goes on where it stopped."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from profile_service.bulk.importer import Imported, ImportStopped, import_file
from profile_service.bulk.mapping import ColumnMap
from profile_service.cli import main
from profile_service.config import Settings, load_settings
from profile_service.play.local import LocalService
from profile_service.v1 import GetProfileRequest, ResolveProfileRequest, SourceKey, SourceRecord
from tests.integration import whole_run
from tests.integration.desk import Desk

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
    assert [one["row"] for one in rejected] == [3, 4]
    assert "no record id" in rejected[0]["reason"]
    assert "FIELD_INVALID" in rejected[1]["reason"]
    again = asyncio.run(import_file(settings, desk.tenant, file, HELD))
    assert (again.rows, again.outcomes) == (5, done.outcomes)


def test_an_import_that_stopped_goes_on(
    desk: Desk, settings: Settings, tmp_path: Path, sql: psycopg.Connection
) -> None:
    """Its processes end in the middle: nothing is lost, nothing is done twice, what waits is sealed."""
    rows = [{**ROWS[0], "id": str(number), "first": f"Anna{number}", "mail": ""} for number in range(1500)]
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
        for number in range(600)
    ]
    rows = [{**row, "born": f"19{int(row['id']) % 80 + 10}-03-{int(row['id']) % 27 + 1:02}"} for row in rows]
    file = written(tmp_path / "customers.csv", rows)

    async def both() -> Imported:
        importing = asyncio.create_task(import_file(settings, desk.tenant, file, HELD))
        for row in rows[::20]:
            said = {"given_name": row["first"], "family_name": row["last"], "birth_date": row["born"]}
            record = SourceRecord(source_key=SourceKey(source="shop", id=row["id"]), attributes=said)
            await asyncio.to_thread(desk.call, ResolveProfileRequest(source_record=record, occur_time=desk.tick()))
        return await importing

    done = asyncio.run(both())
    assert done.outcomes.total() == 600
    for row in rows[::20]:
        other = desk.call(GetProfileRequest(source_key=SourceKey(source="shop", id=row["id"]))).name
        assert other == profile_of(desk, row["id"])


def test_the_command_says_what_came_of_it(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    """As JSON and for people; a mapping that cannot be read, a file of no known kind, an unknown tenant are refused."""
    file = written(tmp_path / "customers.csv", ROWS)
    options = ["--tenant", desk.tenant, "--source", "crm", "--id", "id"]
    columns = ["--map", "given_name=first,family_name=last", "--map", "birth_date=born,email=mail"]
    runner = CliRunner()
    told = runner.invoke(main, ["import", str(file), *options, *columns, "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout) == {"rows": 5, "rejected": 2, "outcomes": {"created": 2, "linked": 1}}
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
