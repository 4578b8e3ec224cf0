"""What a resolution is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from profile_service.engine.identifiers import Given, Item
from profile_service.identity.contact.questions import Ask
from profile_service.identity.graph.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveProfile:
    """The request, without protobuf. `record` is (source, id); `partial`: what is not given stays as it was."""

    request_id: str
    occur_time_us: int
    given: Sequence[Given] = ()
    record: tuple[str, str] | None = None
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    default_region: str = ""
    partial: bool = False
    source_revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The answer; ids and results only."""

    profile: str
    outcome: Outcome
    results: Sequence[tuple[int, int, str]]
    candidates: Sequence[tuple[str, Sequence[str], float]]
    items: Sequence[Item]
    revision: int
    matches: Sequence[tuple[str, float]] = ()
    blocking_keys_capped: int = 0
    profiles_compared: int = 0
    ask: Ask | None = None
