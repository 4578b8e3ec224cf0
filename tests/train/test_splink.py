"""Training with Splink: its weights are ours, too few records teach nothing, a Splink file can be taken."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest

from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.frequencies import Frequencies
from profile_service.identity.matching.model import load_model, shipped_model, write_model
from profile_service.identity.matching.scoring import score
from profile_service.identity.matching.vocabulary import Comparison, Level
from profile_service.train.duckdb_engine import DuckDBEngine
from profile_service.train.splink_model import RECORDS_MIN, based, settings_of, train
from profile_service.train.training import TrainError, import_splink

GIVEN = ["anna", "emil", "ruth", "paul", "marta", "jonas", "lena", "felix", "clara", "david", "nora", "oskar"]
FAMILY = ["huber", "wagner", "gruber", "steiner", "moser", "mayer", "berger", "pichler", "winkler", "lang", "egger"]
UNKNOWN = Frequencies(people=1000, of_comparison={}, of_value={})
"""No value is known: Splink is given no term frequencies either."""
CITIES = ["wien", "graz", "linz", "villach", "wels", "steyr", "krems", "baden"]


def customers(count: int, seed: int = 1) -> list[Attributes]:
    """Records of made-up customers, two each; the second of every third has a slip in the family name."""
    chance = random.Random(seed)
    found: list[Attributes] = []
    for number in range(count // 2):
        row = {
            "given_name": chance.choice(GIVEN),
            "family_name": f"{chance.choice(FAMILY)}{chance.choice(FAMILY)}",
            "birth_date": f"19{chance.randrange(30, 99)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            "city": chance.choice(CITIES),
        }
        slip = {"family_name": row["family_name"][:-1]} if number % 3 == 0 else {}
        found += [parse_attributes(row), parse_attributes({**row, **slip})]
    return found


def test_splink_gives_every_pair_the_weight_that_we_give_it() -> None:
    """For the same comparisons, pair by pair: the sum of Splink's Bayes factors is our score without the prior."""
    sample, model = customers(300), shipped_model()
    linker = based(DuckDBEngine(), sample).engine.linker(settings_of(model))
    settings = linker.misc.save_model_to_json()
    prior = settings["probability_two_random_records_match"]
    pairs = linker.inference.predict().as_record_list()
    assert len(pairs) > 300
    offset = math.log2(prior / (1 - prior))
    for pair in pairs:
        ours = score(sample[pair["unique_id_l"]], sample[pair["unique_id_r"]], model, UNKNOWN)
        total = sum(model.weights[weighed.agreement.comparison, weighed.agreement.level] for weighed in ours.weighed)
        assert pair["match_weight"] - offset == pytest.approx(total, abs=1e-6)


def test_training_learns_what_the_records_show(tmp_path: Path) -> None:
    """The two records of these customers agree more often than the shipped weights say, and cities are fewer."""
    said: list[str] = []
    trained = train(based(DuckDBEngine(), customers(RECORDS_MIN)), shipped_model(), said.append)
    assert trained.learned > 10
    shipped = shipped_model().levels
    assert trained.model.levels[Comparison.BIRTH_DATE, Level.EXACT].m > shipped[Comparison.BIRTH_DATE, Level.EXACT].m
    assert trained.model.levels[Comparison.ADDRESS, Level.CITY].u > shipped[Comparison.ADDRESS, Level.CITY].u * 1.5
    assert trained.model.levels[Comparison.EMAIL, Level.EXACT] == shipped[Comparison.EMAIL, Level.EXACT]
    assert any("expectation maximisation" in line for line in said)
    file = tmp_path / "model.toml"
    file.write_text(write_model(trained.model))
    again = load_model(file.read_text())
    assert again.levels.keys() == trained.model.levels.keys()
    assert again.weights[Comparison.BIRTH_DATE, Level.EXACT] == pytest.approx(
        trained.model.weights[Comparison.BIRTH_DATE, Level.EXACT]
    )


def test_too_few_records_keep_the_shipped_weights_and_say_so() -> None:
    """1,999 are too few."""
    said: list[str] = []
    trained = train(based(DuckDBEngine(), customers(RECORDS_MIN - 2)), shipped_model(), said.append)
    assert trained.model == shipped_model()
    assert "shipped weights stay" in said[0]


def test_a_splink_model_file_can_be_imported(tmp_path: Path) -> None:
    """What Splink saves comes back as the same weights, under the next version."""
    model = shipped_model()
    linker = based(DuckDBEngine(), customers(20)).engine.linker(settings_of(model))
    source, out = tmp_path / "splink.json", tmp_path / "model.toml"
    source.write_text(json.dumps(linker.misc.save_model_to_json()))
    first = import_splink(source, out, "acme")
    assert import_splink(source, out, "acme").label == "acme@2"
    assert first.label == "acme@1"
    for (comparison, level), learned in load_model(out.read_text()).levels.items():
        assert learned.m == pytest.approx(model.levels[comparison, level].m)
        assert learned.u == pytest.approx(model.levels[comparison, level].u)


def test_a_file_that_is_no_splink_model_is_refused(tmp_path: Path) -> None:
    """Another document, and one with other names."""
    source = tmp_path / "other.json"
    for text in ("{}", "no json", json.dumps({"comparisons": []})):
        source.write_text(text)
        with pytest.raises(TrainError):
            import_splink(source, tmp_path / "model.toml", "acme")
