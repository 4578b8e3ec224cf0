"""Traces, metrics and logs. None of them holds a personal value: attributes are method names, reasons and counts.

Sampling is decided before a span exists, because an unsampled span costs as much as a small call. Metrics follow the
OpenTelemetry RPC conventions (`rpc.server.call.duration`, seconds).
"""

from __future__ import annotations

import json
import random
import sys
import traceback
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TextIO

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from prometheus_client import start_http_server

from profile_service.config import TelemetrySettings

DENIALS_LOGGED = 10
"""Denied calls that are logged within a second."""


@dataclass(slots=True)
class CallSpan:
    """The span of a call; `span` is None where the call is not sampled."""

    span: Span | None = None

    def fail(self, reason: str) -> None:
        """Mark the call as failed, by its reason alone."""
        if self.span is not None:
            self.span.set_status(Status(StatusCode.ERROR))
            self.span.set_attribute("error.type", reason)


@dataclass(slots=True)
class Log:
    """Structured log lines (JSON, one a line)."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)

    def say(self, event: str, **fields: str | int | float) -> None:
        """Write one line; fields are never personal."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
        print(json.dumps(line), file=self.stream, flush=True)


class Telemetry:
    """What a process reports."""

    def __init__(
        self,
        settings: TelemetrySettings,
        *,
        log: Log | None = None,
        readers: tuple[MetricReader, ...] = (),
        processors: tuple[SpanProcessor, ...] = (),
    ) -> None:
        self.log = log or Log()
        self._ratio = settings.sample_ratio
        resource = Resource.create({"service.name": "profile-service"})
        self._tracing = TracerProvider(resource=resource)
        metric_readers = list(readers)
        if settings.otlp_endpoint:
            self._tracing.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otlp_endpoint)))
            metric_readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=settings.otlp_endpoint)))
        for processor in processors:
            self._tracing.add_span_processor(processor)
        if settings.prometheus_port:
            metric_readers.append(PrometheusMetricReader())
            start_http_server(settings.prometheus_port, addr="127.0.0.1")
        self._metering = MeterProvider(resource=resource, metric_readers=metric_readers)
        self._tracer = self._tracing.get_tracer("profile_service")
        self._make_counters()
        self._said: deque[float] = deque(maxlen=DENIALS_LOGGED)
        self._attributes: dict[tuple[str, str, str], Mapping[str, str]] = {}

    def _make_counters(self) -> None:
        """The instruments of the process."""
        meter = self._metering.get_meter("profile_service")
        self._duration = meter.create_histogram(
            "rpc.server.call.duration", unit="s", description="How long calls took to serve."
        )
        self._merges = meter.create_counter("profile.merges", description="Profile ids that were merged away.")
        self._quarantines = meter.create_counter(
            "profile.identifiers.quarantined", description="Identifiers that suddenly were on many customers: alert."
        )
        self._trips = meter.create_counter(
            "profile.merge_breaker.trips", description="Merges left the usual band and are held: alert."
        )
        self._take_backs = meter.create_counter(
            "profile.take_backs.held", description="A source took back too much at once, which is kept: alert."
        )
        self._glass = meter.create_counter(
            "profile.break_glass", description="Customers who were read for a purpose, with no contact of the reader's."
        )
        self._denials = meter.create_counter(
            "profile.calls.denied", description="Calls that were refused for who made them, by reason."
        )
        self._closed = meter.create_counter("profile.conversations.closed", description="Closed for being idle.")

    @contextmanager
    def span(self, method: str, metadata: Mapping[str, str | bytes]) -> Iterator[CallSpan]:
        """The span of a call, where the caller sampled it or chance does."""
        parent = _parent(metadata.get("traceparent"))
        sampled = parent.trace_flags.sampled if parent is not None else random.random() < self._ratio
        if not sampled:
            yield CallSpan()
            return
        context = None if parent is None else trace.set_span_in_context(NonRecordingSpan(parent))
        with self._tracer.start_as_current_span(
            method,
            context=context,
            kind=SpanKind.SERVER,
            attributes={"rpc.system.name": "grpc", "rpc.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield CallSpan(span)

    def served(self, method: str, code: str, seconds: float, reason: str = "") -> None:
        """Count a call."""
        key = (method, code, reason)
        attributes = self._attributes.get(key)
        if attributes is None:
            named = {"rpc.system.name": "grpc", "rpc.method": method, "rpc.response.status_code": code}
            attributes = self._attributes[key] = {**named, "error.type": reason} if reason else named
        self._duration.record(seconds, attributes)

    def merged(self, tenant: str, count: int) -> None:
        """Count profile ids that were merged away."""
        self._merges.add(count, {"tenant": tenant})

    def quarantined(self, tenant: str, count: int) -> None:
        """Count identifiers that were found to be nobody's."""
        self._quarantines.add(count, {"tenant": tenant})

    def denied(self, method: str, reason: str, caller: str) -> None:
        """Count a call that was refused for who made it, and log it; not more than some a second, so that a flood fills
        no disk."""
        self._denials.add(1, {"rpc.method": method, "error.type": reason})
        now = monotonic()
        if len(self._said) < DENIALS_LOGGED or now - self._said[0] >= 1:
            self._said.append(now)
            self.log.say("call_denied", method=method, reason=reason, caller=caller)

    def glass_broken(self, tenant: str) -> None:
        """Count a customer who was read for a purpose."""
        self._glass.add(1, {"tenant": tenant})

    def breaker_tripped(self, tenant: str) -> None:
        """Count how often merges were held."""
        self._trips.add(1, {"tenant": tenant})
        self.log.say("merge_breaker_tripped", tenant=tenant)

    def take_backs_held(self, tenant: str) -> None:
        """Count how often a source took back too much at once."""
        self._take_backs.add(1, {"tenant": tenant})
        self.log.say("take_backs_held", tenant=tenant)

    def closed(self, tenant: str, count: int) -> None:
        """Count conversations that were closed for being idle."""
        self._closed.add(count, {"tenant": tenant})

    def log_bug(self, method: str, request_id: str, error: BaseException) -> None:
        """Log an unexpected exception by type and place; its text may hold personal values, so it is left out."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
        self.log.say("internal_error", method=method, request_id=request_id, type=type(error).__name__, place=place)

    def stop(self) -> None:
        """Send what waits."""
        self._tracing.shutdown()
        self._metering.shutdown()


def _parent(header: str | bytes | None) -> SpanContext | None:
    """The caller's span from a W3C traceparent header; None where it is missing or malformed."""
    parts = header.split("-") if isinstance(header, str) else []
    if len(parts) != 4 or len(parts[1]) != 32 or len(parts[2]) != 16:
        return None
    try:
        return SpanContext(
            trace_id=int(parts[1], 16),
            span_id=int(parts[2], 16),
            is_remote=True,
            trace_flags=TraceFlags(int(parts[3], 16)),
        )
    except ValueError:
        return None
