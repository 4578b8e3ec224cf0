"""`profile-service train` and `import-model`: a match model of a tenant's own records, or of a Splink model file."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from profile_service.config import Settings
from profile_service.identity.matching.attributes import Attributes, unpack
from profile_service.identity.matching.model import MatchModel, ModelError, load_model, shipped_model, write_model
from profile_service.server import lay_foundation
from profile_service.store import embedded
from profile_service.store.database import Database
from profile_service.store.keyring import Keyring
from profile_service.store.matching import all_records
from profile_service.train.splink_model import Trained, of_splink, train

RECORDS_MAX = 200_000
"""A random sample of so many records is learned from; more teach no more."""


class TrainError(Exception):
    """Nothing can be trained; the message says why."""


def train_tenant(settings: Settings, tenant: str, out: Path, tell: Callable[[str], None]) -> Trained:
    """Learn from a tenant's records and write the model. Raises TrainError and what `lay_foundation` raises."""
    if find_spec("splink") is None:
        raise TrainError("training needs Splink: pip install 'profile-service[train]'")
    from profile_service.train.duckdb_engine import DuckDBEngine

    foundation = lay_foundation(settings)
    try:
        held = asyncio.run(_records(foundation.url, foundation.keyring, tenant, tell))
    finally:
        if foundation.embedded_started:
            embedded.stop(settings.home)
    trained = train(DuckDBEngine(), held, shipped_model(), tell)
    if trained.learned:
        version = _next_version(out)
        trained = replace(trained, model=replace(trained.model, name=tenant, version=version))
        out.write_text(write_model(trained.model))
    return trained


async def _records(url: str, keyring: Keyring, tenant: str, tell: Callable[[str], None]) -> list[Attributes]:
    """A random sample of the tenant's records (reservoir sampling, Vitter 1985), seeded."""
    chance, held, seen = random.Random(1), list[Attributes](), 0
    database = Database(url=url, size=1)
    try:
        async for page in all_records(database, tenant):
            for record in page:
                seen += 1
                place = len(held) if len(held) < RECORDS_MAX else chance.randrange(seen)
                if place >= RECORDS_MAX:
                    continue
                packed = keyring.open_json(tenant, f"source_record/features/{record.node}", record.features)
                held[place : place + 1] = [unpack(packed)]
            tell(f"read {seen} records")
    finally:
        await database.close()
    return held


def _next_version(out: Path) -> int:
    """One more than the model that is there."""
    try:
        return load_model(out.read_text()).version + 1
    except (OSError, ModelError):
        return 1


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
