"""Merge reviews and the merge breaker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from profile_service.engine.graph.breaker import BreakerState
from profile_service.rpc.convert.fields import timestamp
from profile_service.v1 import (
    MergeBreaker,
    Review,
)


def breaker_message(state: BreakerState) -> MergeBreaker:
    if state.breaker is None:
        return MergeBreaker(held=state.held)
    return MergeBreaker(
        tripped=state.tripped,
        trip_time=timestamp(state.breaker.trip_time_us),
        lift_time=timestamp(state.breaker.lift_time_us),
        merges=state.breaker.rate.merges,
        changes=state.breaker.rate.changes,
        usual_share=state.breaker.usual_share,
        held=state.held,
        released=state.released,
    )


def review_message(row: Mapping[str, Any]) -> Review:
    """An open review."""
    return Review(
        name=f"reviews/{row['id']}",
        reason=Review.Reason.Value(f"REASON_{row['reason'].upper()}"),
        profiles=[f"profiles/{row[side]}" for side in ("profile_a", "profile_b") if row[side]],
        namespaces=[row["namespace_a"], row["namespace_b"]],
        open_time=timestamp(row["open"]),
        probability=row["probability"] or 0.0,
    )
