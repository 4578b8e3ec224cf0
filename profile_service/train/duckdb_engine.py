"""Splink on DuckDB, in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from profile_service.train.agreement import agreement


class DuckDBEngine:
    """Keeps nothing on disk."""

    def linker(self, records: Sequence[Mapping[str, object]], settings: Mapping[str, Any]) -> Any:
        """A Splink linker over the records."""
        import duckdb
        import pandas
        from splink import DuckDBAPI, Linker

        connection = duckdb.connect(":memory:")
        connection.create_function("agreement", agreement, ["VARCHAR", "VARCHAR", "VARCHAR"], "VARCHAR")
        api = DuckDBAPI(connection)
        frame = api.register(pandas.DataFrame(list(records)))
        return Linker(frame, dict(settings), log_level="ERROR")
