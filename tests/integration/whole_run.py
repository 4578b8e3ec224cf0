"""The personal values of the whole test run, and everything that they must not turn up in when it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import psycopg
import re2
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from psycopg.sql import SQL, Identifier

SAID: set[str] = set()
ERRORS: list[str] = []
PERSONAL_FIELDS = {
    ("Identifier", "value"),
    ("Interaction", "text"),
    ("Interaction", "summary"),
    ("Fact", "value"),
    ("Promise", "what"),
    ("SourceRecord", "attributes"),
    ("CheckAnswersRequest", "answers"),
    ("EndContactRequest", "summary"),
    ("Attendant", "display_name"),
}
RECOGNISABLE = 9
"""Shorter values turn up by chance, in hashes, ids and times."""


def personal_values(message: Message) -> Iterator[str]:
    """The personal values of a request that are long enough to be recognised."""
    for field_, value in message.ListFields():
        values = list(value.values()) if isinstance(value, Mapping) else value
        many = values if isinstance(values, Sequence) and not isinstance(values, (str, bytes)) else [values]
        for item in many:
            if isinstance(item, Message):
                yield from personal_values(item)
            elif (message.DESCRIPTOR.name, field_.name) in PERSONAL_FIELDS and len(str(item)) >= RECOGNISABLE:
                yield str(item)


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer, metrics_service_pb2_grpc.MetricsServiceServicer):
    """Takes what the service exports, as an OpenTelemetry collector does."""

    received: list[Message] = field(default_factory=list[Message])

    def Export(self, request: Message, context: grpc.ServicerContext) -> Message:
        """Keep it."""
        self.received.append(request)
        if isinstance(request, trace_service_pb2.ExportTraceServiceRequest):
            return trace_service_pb2.ExportTraceServiceResponse()
        return metrics_service_pb2.ExportMetricsServiceResponse()

    def text(self) -> str:
        """All of it."""
        return "\n".join(str(message) for message in self.received)


@contextmanager
def collector() -> Iterator[tuple[Collector, str]]:
    """A collector on a free port, and its endpoint."""
    values = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(values, server)
    metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(values, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield values, f"http://127.0.0.1:{port}"
    finally:
        server.stop(None)


def dump(url: str) -> str:
    """Every column of every table as text; sealed columns are hex."""
    found: list[str] = []
    with psycopg.connect(url) as connection:
        tables: Any = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (name,) in tables.fetchall():
            rows = connection.execute(SQL("SELECT to_jsonb(t)::text FROM {} AS t").format(Identifier(name)))
            found.extend(text for (text,) in rows)
    return "\n".join(found)


def leaked(everything: str) -> list[str]:
    """The personal values that are in the text, as they are or in hex. All are looked for at once: one by one,
    thousands of values in some 30 MB take more than a minute."""
    options = re2.Options()
    options.max_mem = 1 << 30
    words = (re2.escape(word) for value in sorted(SAID) for word in (value, value.encode().hex()))
    if not SAID or re2.compile("|".join(words), options).search(everything) is None:
        return []
    return [value for value in sorted(SAID) if value in everything or value.encode().hex() in everything]
