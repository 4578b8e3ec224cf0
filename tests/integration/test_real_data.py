"""Real input, where it lies beside the repository: all three files play, and the stream reaches its figures."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from profile_service.play.formats import UnknownFormat, steps_of
from profile_service.play.local import local_service
from profile_service.play.player import Played, play

DATA = Path(os.environ.get("SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def played(name: str, policy: str, most: int | None = None) -> Played:
    """Play a file (the first `most` steps of it) through a fresh service."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not there")
    with local_service(settings={"PROFILE_POLICY": policy}) as service:
        return asyncio.run(play(service.target(), steps_of(path)[:most]))


def test_dialogues_go_on_over_their_channels() -> None:
    """Chat, phone and mail of each customer: three customers, nobody refused, nobody ambiguous."""
    result = played("abcd_sample.json", "default")
    assert not result.refused
    assert result.outcomes["AMBIGUOUS"] == 0
    assert result.outcomes["CREATED"] <= 5


def test_the_customer_set_is_taken_whole() -> None:
    """Every record finds its place; what is no phone number is refused as such, not the record."""
    result = played("truth_set.csv", "default")
    assert not result.refused
    assert sum(result.outcomes.values()) == result.steps == 159


@pytest.mark.parametrize(("policy", "rows"), [("bench", 4000), ("default", 600)])
def test_the_stream(policy: str, rows: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Pairwise and B-cubed figures of the first rows under both shipped policies; STREAM_ROWS: how many (0: all)."""
    result = played("omni_stream_dev.csv", policy, int(os.environ.get("STREAM_ROWS", rows)) or None)
    assert not result.refused
    assert result.score is not None
    with capsys.disabled():
        print(f"\n{policy}: {json.dumps(result.summary()['score'])}")
    if policy == "bench":
        assert result.score.precision >= 0.93
        assert result.score.f1 >= 0.65
        assert result.score.share_at_most_3 >= 0.999
        assert result.score.people_most <= 8


def test_other_files_are_refused_with_what_can_be_played(tmp_path: Path) -> None:
    """The error says which kinds there are."""
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UnknownFormat, match="service dialogues"):
        steps_of(path)
