"""Splink on Spark, for a base that one machine does not hold: rows go to the executors page by page.

The executors call our comparisons, so this package has to be installed on them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from importlib.util import find_spec
from os import environ
from typing import Any

from profile_service.train.agreement import agreement
from profile_service.train.splink_model import TEXT_COLUMNS, Row

LOCAL = "local[*]"
"""Spark in this process, on all cores of this machine."""
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

    def __post_init__(self) -> None:
        if find_spec("pyspark") is None:
            raise SparkMissing("Spark needs pyspark: pip install 'profile-service[spark]'")
        from pyspark.errors import PySparkRuntimeError  # pyright: ignore[reportMissingImports] # an extra
        from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports]
        from pyspark.sql.types import StringType  # pyright: ignore[reportMissingImports]

        environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master(self.master).appName("profile-service train")
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
        """Hand a page of rows to the executors."""
        schema = "unique_id long, " + ", ".join(f"{name} string" for name in TEXT_COLUMNS)
        frame = self._session.createDataFrame(list(rows), schema).persist()
        frame.count()
        self._frames.append(frame)

    def linker(self, settings: Mapping[str, Any]) -> Any:
        """A Splink linker over the rows."""
        from splink import Linker, SparkAPI

        api = SparkAPI(spark_session=self._session, register_udfs_automatically=False, break_lineage_method="persist")
        whole = reduce(lambda one, other: one.unionAll(other), self._frames)
        return Linker(api.register(whole), dict(settings), log_level="ERROR")

    def close(self) -> None:
        """End the session."""
        self._session.stop()
