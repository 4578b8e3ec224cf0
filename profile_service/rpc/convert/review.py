"""Merge reviews and the merge breaker."""

from __future__ import annotations

from profile_service.engine.graph.breaker import BreakerState
from profile_service.rpc.convert.fields import timestamp
from profile_service.usecases.reviews.list_reviews import OpenReview
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


def review_message(review: OpenReview) -> Review:
    """An open review."""
    return Review(
        name=f"reviews/{review.id}",
        reason=Review.Reason.Value(f"REASON_{review.reason.name}"),
        profiles=[f"profiles/{profile}" for profile in (review.profile_a, review.profile_b) if profile is not None],
        namespaces=[review.namespace_a, review.namespace_b],
        open_time=timestamp(review.open_time_us),
        probability=review.probability or 0.0,
    )
