"""Who calls, and what for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from profile_service.errors import SourceDenied
from profile_service.identity.graph.model import Assurance
from profile_service.store.turns import act_for


class CallerRole(StrEnum):
    """What a credential may do; rpc/boundary/permissions.py says which methods each may call."""

    SERVICE = "service"
    AGENT = "agent"
    AUTOMATED = "automated"
    STEWARD = "steward"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, from the credential: the tenant comes from here and nowhere else. `person`: the attendant whose
    contacts alone it is for (empty: all of its sources)."""

    tenant: str
    name: str
    role: CallerRole
    sources: frozenset[str]
    cap: Assurance
    person: str = ""
    expire_time_us: int | None = None
    method: str = ""

    def covers(self, source: str) -> bool:
        """Whether the credential covers the source (`*` covers all)."""
        return source in self.sources or "*" in self.sources

    def require_source(self, source: str) -> None:
        """Raise SourceDenied where the credential does not cover the source that a call is made for."""
        if not self.covers(source):
            raise SourceDenied(source=source)

    def take_turns(self) -> None:
        """From here on the current task waits for connections among those of this caller."""
        act_for(self.name)
