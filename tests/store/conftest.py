"""A migrated database of its own, without a service."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from profile_service.store import embedded, migrate


@pytest.fixture(scope="session")
def owner_url() -> Iterator[str]:
    """How to connect to it as its owner."""
    home = Path(tempfile.mkdtemp(prefix="profile-store-"))
    server = embedded.start(home)
    migrate.migrate(server.owner_url)
    yield server.owner_url
    embedded.stop(home)
    shutil.rmtree(home, ignore_errors=True)
