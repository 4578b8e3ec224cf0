"""The merge breaker: whether merges leave the usual band. Pure; counted by event time, so that every replica agrees."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.identity.policy import HOUR_US, BreakerRules


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRate:
    """How many changes of the graph there were, and how many profiles they merged."""

    changes: int
    merges: int

    @property
    def share(self) -> float:
        """Merges per change; 0 where nothing changed."""
        return self.merges / self.changes if self.changes else 0.0


def hour_of(time_us: int) -> int:
    """The hour of event time that a change is counted in."""
    return time_us // HOUR_US


def is_out_of_band(hour: MergeRate, usual: MergeRate, rules: BreakerRules) -> bool:
    """Whether an hour's merges are more than its changes make usual."""
    if not rules.least:
        return False
    is_known = usual.changes >= rules.usual_least
    share = rules.factor * usual.share if is_known else rules.share
    return hour.merges > max(rules.least, hour.changes * share)
