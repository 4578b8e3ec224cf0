"""Rows of events: merges, splits, contacts that moved, identifiers that turned shared or stopped being so."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

import msgspec

from profile_service.identity.graph.events import EventKind
from profile_service.identity.graph.model import Assurance, LinkKind, NodeId
from profile_service.store.rows.row import Row


class CauseKind(StrEnum):
    """What a change came from; the id that is kept with it is that of a contact, a node, or a review."""

    CONTACT = "contact"
    RECORD = "record"
    REPLACEMENT = "replacement"
    CORRECTION = "correction"
    RULING = "ruling"
    BREAKER = "breaker"
    QUARANTINE = "quarantine"
    RELEASE = "release"


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What a change came from, and when that was (event time)."""

    kind: CauseKind
    id: str | None
    occur_time_us: int


class DecidingLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that decided, without its nodes: the namespaces at its ends, and what it was worth."""

    namespaces: tuple[str, str]
    kind: LinkKind
    assurance: Assurance
    probability: float | None = None
    model: str | None = None
    first_time_us: int


class EventRow(Row, frozen=True, kw_only=True):
    """Something that happened to profiles."""

    TABLE: ClassVar[str] = "event"
    KEY: ClassVar[tuple[str, ...]] = ("event_id",)
    event_id: str
    kind: EventKind
    before: Sequence[str]
    after: Sequence[str]
    nodes: Sequence[NodeId]
    links: tuple[DecidingLink, ...]
    policy: str
    model: str
    cause_kind: CauseKind
    cause_id: str | None
    caller: str
    occur_time_us: int
