"""`make train-spark`: the command on Spark in local mode, beside DuckDB on the same records."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from profile_client import ProfileClient

from profile_service.identity.matching.model import load_model, shipped_model
from profile_service.identity.matching.scoring import score
from profile_service.play.local import LocalService, local_service
from profile_service.train.splink_model import RECORDS_MIN, based, settings_of
from profile_service.v1 import BatchResolveProfilesRequest
from tests.bench.bulk import request_of
from tests.bench.customers import again, customers
from tests.train.test_splink import UNKNOWN
from tests.train.test_splink import customers as records

pytest.importorskip("pyspark", reason="run by `make train-spark`")
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # sockets that pyspark leaves
ALIKE, OFTEN = 0.5, 0.005
"""Both engines learn from random pairs, and each draws its own: weights of levels that are found this often differ by
less than this (bits)."""


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """A tenant with records enough to learn from, two of each customer."""
    with local_service() as running:
        client = ProfileClient(running.target())
        found = [
            request_of(person, source)
            for customer in customers(0, RECORDS_MIN // 2)
            for source, person in (("crm", customer), ("shop", again(customer)))
        ]
        for first in range(0, len(found), 200):
            client.call(BatchResolveProfilesRequest(requests=found[first : first + 200]), deadline_s=120)
        client.close()
        yield running


def trained(service: LocalService, out: Path, *options: str) -> dict[str, object]:
    """What the command says."""
    command = [sys.executable, "-m", "profile_service", "train", "--tenant", "demo", "--out", str(out), "--json"]
    environment = {**os.environ, "PROFILE_DATABASE__DATA_DIR": str(service.home)}
    done = subprocess.run([*command, *options], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_the_command_learns_the_same_on_spark(service: LocalService, tmp_path: Path) -> None:
    """From all records of the base, the weights of DuckDB but for the random pairs that each draws."""
    here = trained(service, tmp_path / "duckdb.toml")
    there = trained(service, tmp_path / "spark.toml", "--spark", "local[2]")
    assert there["records"] == here["records"] == RECORDS_MIN
    assert there["levels_learned"] == here["levels_learned"]
    left, right = (load_model((tmp_path / f"{name}.toml").read_text()) for name in ("duckdb", "spark"))
    assert left.levels != shipped_model().levels
    often = [key for key, level in left.levels.items() if level.m > OFTEN and level.u > OFTEN]
    assert len(often) > 20
    far = {key: right.weights[key] - left.weights[key] for key in often}
    assert max(abs(difference) for difference in far.values()) < ALIKE, far


def test_spark_gives_every_pair_the_weight_that_we_give_it() -> None:
    """As on DuckDB: the sum of Splink's Bayes factors is our score without the prior."""
    from profile_service.train.spark_engine import SparkEngine

    sample, model = records(120), shipped_model()
    engine = SparkEngine("local[2]")
    try:
        linker = based(engine, sample).engine.linker(settings_of(model))
        prior = linker.misc.save_model_to_json()["probability_two_random_records_match"]
        pairs = linker.inference.predict().as_record_list()
    finally:
        engine.close()
    assert len(pairs) > 60
    offset = math.log2(prior / (1 - prior))
    for pair in pairs:
        ours = score(sample[pair["unique_id_l"]], sample[pair["unique_id_r"]], model, UNKNOWN)
        total = sum(model.weights[weighed.agreement.comparison, weighed.agreement.level] for weighed in ours.weighed)
        assert pair["match_weight"] - offset == pytest.approx(total, abs=1e-6)
