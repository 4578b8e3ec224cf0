"""Settings for all tests: hypothesis profiles by size, and no PROFILE_ variable from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

for name in [name for name in os.environ if name.startswith("PROFILE_")]:
    del os.environ[name]
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
"""Tests start processes while channels are open. A child that is to become another program must not wake the threads
of gRPC: now and then it died before it was PostgreSQL."""

QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("short", max_examples=int(os.environ.get("PROVE_RUNS", "60")), derandomize=True, **QUIET)
settings.register_profile("long", max_examples=int(os.environ.get("PROVE_RUNS", "2000")), **QUIET)
settings.load_profile(os.environ.get("PROVE", "short"))


def pytest_report_header() -> str:
    """Say how much is tried."""
    return f"hypothesis profile: {os.environ.get('PROVE', 'short')}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make schema` writes profile_service/store/schema/schema.sql."""
    parser.addoption("--write-schema", action="store_true", help="write the schema that the migrations make")


MODELS = Path(__file__).parents[2] / "shared" / "model"
collect_ignore = [] if MODELS.exists() else ["disclosed", "threaded"]
"""The models are kept beside the checkout."""
