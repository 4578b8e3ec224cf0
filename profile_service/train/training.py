"""A match model of a tenant's own records, or of a Splink model file."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from profile_service.config import Settings
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.model import MatchModel, ModelError, load_model, shipped_model, write_model
from profile_service.server import lay_foundation
from profile_service.store import embedded
from profile_service.store.database import Database
from profile_service.store.keyring import Keyring
from profile_service.store.queries.matching import StoredRecord, all_records
from profile_service.store.rows.record import FEATURES
from profile_service.train.duckdb_engine import DuckDBEngine
from profile_service.train.spark_engine import SparkEngine, SparkMissing
from profile_service.train.splink_model import Base, Trained, of_splink, train


class TrainError(Exception):
    """Nothing can be trained; the message says why."""


def train_tenant(
    settings: Settings, tenant: str, out: Path, tell: Callable[[str], None], spark: str | None = None
) -> Trained:
    """Learn from a tenant's records and write the model; `spark` is the master of a Spark cluster, None means DuckDB.

    Raises TrainError and what `lay_foundation` raises.
    """
    if find_spec("splink") is None:
        raise TrainError("training needs Splink: pip install 'profile-service[train]'")
    try:
        engine = DuckDBEngine() if spark is None else SparkEngine(spark)
    except SparkMissing as error:
        raise TrainError(str(error)) from None
    try:
        base = Base(engine)
        foundation = lay_foundation(settings)
        try:
            asyncio.run(_read(base, foundation.url, foundation.keyring, tenant, tell))
        finally:
            if settings.database.url is None:
                embedded.release(settings.home)
        trained = train(base, shipped_model(), tell)
    finally:
        engine.close()
    if trained.learned:
        version = _next_version(out)
        trained = replace(trained, model=replace(trained.model, name=tenant, version=version))
        out.write_text(write_model(trained.model))
    return trained


async def _read(base: Base, url: str, keyring: Keyring, tenant: str, tell: Callable[[str], None]) -> None:
    """Hand the tenant's records to the engine: all of them page by page, or where that is enough for it a random sample
    (reservoir sampling, Vitter 1985), seeded."""
    chance, sample, most, seen = random.Random(1), list[Attributes](), base.engine.most, 0
    database = Database(url=url, size=1)

    def opened(record: StoredRecord) -> Attributes:
        return FEATURES.open(keyring, tenant, record.features, record.node)

    try:
        async for page in all_records(database, tenant):
            if most is None:
                base.add([opened(record) for record in page])
            for number, record in enumerate(page if most is not None else (), seen):
                place = len(sample) if len(sample) < (most or 0) else chance.randrange(number + 1)
                if place < (most or 0):
                    sample[place : place + 1] = [opened(record)]
            seen += len(page)
            tell(f"read {seen} records")
    finally:
        await database.close()
    base.add(sample)


def _next_version(out: Path) -> int:
    """One more than the model that is there. Raises TrainError where something else is there."""
    try:
        return load_model(out.read_text()).version + 1
    except FileNotFoundError:
        return 1
    except (OSError, UnicodeDecodeError, ModelError) as error:
        raise TrainError(
            f"{out} is there and is no match model ({error}): move it away, or name another file"
        ) from None


def import_splink(source: Path, out: Path, name: str) -> MatchModel:
    """Write the model of a Splink model file (`save_model_to_json`) whose comparisons and levels have our names.

    What it does not hold keeps the shipped weight. Raises TrainError.
    """
    try:
        settings = json.loads(source.read_text())
        model = of_splink(settings, shipped_model())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainError(f"{source} is no Splink model: {type(error).__name__} {error}") from None
    model = replace(model, name=name, version=_next_version(out))
    out.write_text(write_model(model))
    return model
