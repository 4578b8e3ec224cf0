"""Migrations: the schema in the repository is the one that they make, they run once, and are never changed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from profile_service.store import embedded, migrate

SCHEMA = Path(migrate.__file__).parent / "schema" / "schema.sql"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A migrated database of its own."""
    home = Path(tempfile.mkdtemp(prefix="profile-migration-"))
    server = embedded.start(home)
    migrate.migrate(server.owner_url)
    yield server.owner_url
    embedded.stop(home)
    shutil.rmtree(home, ignore_errors=True)


def dumped(url: str) -> str:
    """The schema, without its functions, which are files of their own, and without what depends on the version."""
    command = [str(embedded.binaries() / "bin" / "pg_dump"), "--schema-only", "--no-owner", url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = re.sub(r"^CREATE FUNCTION .*?^\$\$;$", "", text, flags=re.DOTALL | re.MULTILINE)
    kept = [line for line in text.splitlines() if line and not re.match(r"--|SET |SELECT pg_catalog|\\", line)]
    return "\n".join(kept) + "\n"


def test_the_schema_is_what_the_migrations_make(url: str, request: pytest.FixtureRequest) -> None:
    """`make schema` writes it anew."""
    if request.config.getoption("--write-schema"):
        SCHEMA.write_text(dumped(url))
    assert SCHEMA.read_text() == dumped(url)


def test_migrations_run_once_and_are_never_changed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run does nothing; a changed text is refused; a later release's database is refused."""
    assert migrate.migrate(url) == 0
    known = migrate.migrations()
    changed = [replace(known[0], text=known[0].text + "-- changed"), *known[1:]]
    monkeypatch.setattr(migrate, "migrations", lambda: changed)
    with pytest.raises(migrate.MigrationError, match="was changed after it ran"):
        migrate.migrate(url)
    monkeypatch.setattr(migrate, "migrations", list)
    with pytest.raises(migrate.MigrationError, match="later release"):
        migrate.migrate(url)


def test_a_function_runs_again_where_its_text_changed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the functions of the database are those of the files, and no others."""
    with psycopg.connect(url) as connection:
        defined = dict(
            connection.execute(
                "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            ).fetchall()
        )
    files = {function.name: function.text for function in migrate.functions()}
    assert defined.keys() == files.keys()
    assert [name for name, source in defined.items() if source not in files[name]] == []
    known = migrate.functions()
    changed = [
        replace(function, text=function.text.replace("E'\\n'", "E'\\r\\n'")) if function.name == "base64" else function
        for function in known
    ]
    monkeypatch.setattr(migrate, "functions", lambda: changed)
    assert migrate.migrate(url) == 1
    monkeypatch.setattr(migrate, "functions", lambda: known)
    assert migrate.migrate(url) == 1


def test_the_service_role_owns_nothing_and_passes_no_row_security(url: str) -> None:
    """Not a superuser, no BYPASSRLS, no table of its own; every table forces row-level security."""
    with psycopg.connect(url) as connection:
        role = connection.execute(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'profile_app'"
        ).fetchone()
        assert role == (False, False)
        rows = connection.execute(
            "SELECT relname, relforcerowsecurity, pg_get_userbyid(relowner) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname NOT IN ('schema_migration', 'schema_function', 'plan_shape', 'key_check')"
        ).fetchall()
        assert rows
        assert all(forced and owner != "profile_app" for _, forced, owner in rows)
