"""Splink on Spark, for a base whose pairs one machine does not hold: rows go to the executors a page at a time.

The executors call our comparisons, so this package has to be installed on them. What Spark writes to disk or sends over
the network is encrypted: it is personal data.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from importlib.util import find_spec
from os import environ
from tempfile import TemporaryDirectory
from typing import Any

from profile_service.train.agreement import agreement
from profile_service.train.splink_model import TEXT_COLUMNS, Row

LOCAL = "local[*]"
"""Spark in this process, on all cores of this machine."""
ROWS_AT_ONCE = 50_000
ENCRYPTED = {
    "spark.io.encryption.enabled": "true",
    "spark.network.crypto.enabled": "true",
    "spark.authenticate": "true",
}
SHUFFLES_LOCAL = "8"
"""Partitions of a join on one machine; Spark's own figure is made for a cluster."""


class SparkMissing(Exception):
    """Spark cannot be started; the message says what is missing."""


@dataclass(slots=True)
class SparkEngine:
    """A Spark session with our comparisons as a function of its SQL. Nothing is sampled: Spark holds all of it.

    Raises SparkMissing where pyspark or Java is not installed.
    """

    master: str = LOCAL
    most: int | None = None
    _session: Any = field(init=False)
    _frames: list[Any] = field(init=False, default_factory=list[Any])
    _rows: list[Row] = field(init=False, default_factory=list[Row])
    _folder: TemporaryDirectory[str] = field(init=False, default_factory=TemporaryDirectory[str])

    def __post_init__(self) -> None:
        if find_spec("pyspark") is None:
            raise SparkMissing("Spark needs pyspark: pip install 'profile-service[spark]'")
        from pyspark.errors import PySparkRuntimeError  # pyright: ignore[reportMissingImports] # an extra
        from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports]
        from pyspark.sql.types import StringType  # pyright: ignore[reportMissingImports]

        environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master(self.master).appName("profile-service train")
        for name, value in {**ENCRYPTED, "spark.sql.warehouse.dir": self._folder.name}.items():
            builder = builder.config(name, value)
        if self.master.startswith("local"):
            # Everything stays on the loopback interface, and no page is served.
            local = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
            local |= {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": SHUFFLES_LOCAL}
            local |= {"spark.ui.showConsoleProgress": "false"}
            for name, value in local.items():
                builder = builder.config(name, value)
        try:
            self._session = builder.getOrCreate()
        except PySparkRuntimeError as error:
            raise SparkMissing(f"Spark did not start ({error.getCondition()}): it needs Java, set JAVA_HOME") from None
        self._session.sparkContext.setLogLevel("ERROR")
        self._session.udf.register("agreement", agreement, StringType())

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows in; they go to the executors when there are enough of them."""
        self._rows += rows
        if len(self._rows) >= ROWS_AT_ONCE:
            self._hand_over()

    def _hand_over(self) -> None:
        """Move the rows to the executors, where they stay: nothing of them is kept here."""
        schema = "unique_id long, " + ", ".join(f"{name} string" for name in TEXT_COLUMNS)
        self._frames.append(self._session.createDataFrame(self._rows, schema).localCheckpoint(eager=True))
        self._rows = []

    def linker(self, settings: Mapping[str, Any]) -> Any:
        """A Splink linker over the rows."""
        if self._rows:
            self._hand_over()
        from splink import Linker, SparkAPI

        api = SparkAPI(spark_session=self._session, register_udfs_automatically=False, break_lineage_method="persist")
        whole = reduce(lambda frame, other: frame.unionAll(other), self._frames)
        return Linker(api.register(whole), dict(settings), log_level="ERROR")

    def close(self) -> None:
        """End the session."""
        self._session.stop()
        self._folder.cleanup()
