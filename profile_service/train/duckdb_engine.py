"""Splink on DuckDB, in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from profile_service.train.agreement import agreement
from profile_service.train.splink_model import Row


@dataclass(slots=True)
class DuckDBEngine:
    """Holds the rows in memory, and keeps nothing on disk."""

    most: int | None = 200_000
    """A random sample of so many records is learned from; more teach no more."""
    rows: list[Row] = field(default_factory=list[Row])

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows in."""
        self.rows.extend(rows)

    def linker(self, settings: Mapping[str, Any]) -> Any:
        """A Splink linker over the rows."""
        import duckdb
        import pandas
        from splink import DuckDBAPI, Linker

        connection = duckdb.connect(":memory:")
        connection.create_function("agreement", agreement, ["VARCHAR", "VARCHAR", "VARCHAR"], "VARCHAR")
        api = DuckDBAPI(connection)
        frame = api.register(pandas.DataFrame(self.rows))
        return Linker(frame, dict(settings), log_level="ERROR")

    def close(self) -> None:
        """Nothing is left to close."""
