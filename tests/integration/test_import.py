"""`profile-service import`: three kinds of files, rejected rows with reasons, goes on where it stopped."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from profile_client import Target

from profile_service.bulk import importer
from profile_service.bulk.importer import import_file
from profile_service.bulk.mapping import ColumnMap
from profile_service.cli import main
from profile_service.v1 import GetProfileRequest, SourceKey
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
def test_a_file_is_imported_with_matching_and_bad_rows_are_set_aside(desk: Desk, tmp_path: Path, suffix: str) -> None:
    """Two records of one customer meet; a row without an id and one over a limit are set aside, with reasons."""
    file = written(tmp_path / f"customers{suffix}", ROWS)
    done = asyncio.run(import_file(desk.target, file, HELD))
    assert (done.rows, done.rejected) == (5, 2)
    assert done.outcomes == {"created": 2, "linked": 1}
    assert profile_of(desk, "1") == profile_of(desk, "2") != profile_of(desk, "4")
    rejected = [json.loads(line) for line in (tmp_path / f"customers{suffix}.rejected.jsonl").read_text().splitlines()]
    assert [one["row"] for one in rejected] == [3, 4]
    assert "no record id" in rejected[0]["reason"]
    assert "FIELD_INVALID" in rejected[1]["reason"]
    again = asyncio.run(import_file(desk.target, file, HELD))
    assert (again.rows, again.outcomes) == (5, done.outcomes)


def test_an_import_that_stopped_goes_on(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service goes away in the middle: nothing is lost, nothing is done twice."""
    rows = [{**ROWS[0], "id": str(number), "first": f"Anna{number}", "mail": ""} for number in range(25)]
    file = written(tmp_path / "customers.csv", rows)
    monkeypatch.setattr(importer, "BATCH", 5)
    monkeypatch.setattr(importer, "BATCHES_AT_ONCE", 1)

    class Gone(Exception):
        pass

    def until_ten(count: int, seen: list[int] = []) -> None:  # noqa: B006 # counts over the calls
        seen.append(count)
        if sum(seen) >= 10:
            raise Gone

    with pytest.raises(Gone):
        asyncio.run(import_file(desk.target, file, HELD, until_ten))
    assert json.loads((tmp_path / "customers.csv.progress.json").read_text())["rows"] == 10
    counted: list[int] = []
    done = asyncio.run(import_file(desk.target, file, HELD, counted.append))
    assert counted[0] == 10
    assert done.rows == 25
    assert sum(done.outcomes.values()) == 25


def test_the_command_says_what_came_of_it(desk: Desk, tmp_path: Path) -> None:
    """As JSON and for people; a mapping that cannot be read, and a file of no known kind, are refused."""
    file = written(tmp_path / "customers.csv", ROWS)
    target: Target = desk.target
    options = ["--source", "crm", "--id", "id", "--address", target.address, "--token", target.token]
    columns = ["--map", "given_name=first,family_name=last", "--map", "birth_date=born,email=mail"]
    runner = CliRunner()
    told = runner.invoke(main, ["import", str(file), *options, *columns, "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout) == {"rows": 5, "rejected": 2, "outcomes": {"created": 2, "linked": 1}}
    shown = runner.invoke(main, ["import", str(file), *options, *columns])
    assert "5 rows: 2 created, 1 linked; 2 rejected, see customers.csv.rejected.jsonl" in shown.output
    assert runner.invoke(main, ["import", str(file), *options, "--map", "given_name"]).exit_code == 2
    other = tmp_path / "customers.xlsx"
    other.write_text("")
    assert "a file ends in one of" in runner.invoke(main, ["import", str(other), *options, *columns]).output
