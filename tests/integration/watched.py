"""A service in this process, with everything that it reports in memory."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from profile_client import Target

from profile_service.config import Settings, TelemetrySettings
from profile_service.play.local import make_credentials
from profile_service.rpc.boundary.credentials import load_credentials
from profile_service.server import build, lay_foundation
from profile_service.store import embedded
from profile_service.telemetry import Log, Telemetry


class Watched:
    """A service in this process, with everything that it reports in memory."""

    def __init__(self, home: Path) -> None:
        self.log, self.spans, self.metrics = io.StringIO(), InMemorySpanExporter(), InMemoryMetricReader()
        home.chmod(0o711)
        self.home = home
        self.tokens = make_credentials(home / "credentials.toml", ("watched",))
        settings = Settings.model_validate({"database": {"data_dir": str(home)}, "grpc": {"address": "127.0.0.1:0"}})
        self.foundation = lay_foundation(settings)
        self.owner_url = embedded.start(home).owner_url
        telemetry = Telemetry(
            TelemetrySettings(sample_ratio=1.0),
            log=Log(self.log),
            readers=(self.metrics,),
            processors=(SimpleSpanProcessor(self.spans),),
        )
        self.service = build(settings, self.foundation, load_credentials(settings.credentials), telemetry)
        self.target = self.as_role("service")

    def as_role(self, role: str) -> Target:
        """How to call it as a role."""
        return Target(address=f"127.0.0.1:{self.service.port}", token=self.tokens[role])

    def reports(self) -> str:
        """Everything as text."""
        data = self.metrics.get_metrics_data()
        spans = "\n".join(span.to_json() for span in self.spans.get_finished_spans())
        return "\n".join([self.log.getvalue(), spans, data.to_json() if data else ""])


@asynccontextmanager
async def watched_service() -> AsyncIterator[Watched]:
    """Started and stopped, on an embedded database of its own."""
    home = Path(tempfile.mkdtemp(prefix="profile-watched-"))
    watched = Watched(home)
    await watched.service.start()
    try:
        yield watched
    finally:
        await watched.service.stop()
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)
