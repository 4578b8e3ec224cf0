"""Play steps: lanes in parallel, the steps of a lane in order; then say what came of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from profile_client import AsyncProfileClient, ProfileError, Target

from profile_service.play.formats import Step
from profile_service.play.score import Score, score
from profile_service.v1 import (
    ContactReference,
    GetContextRequest,
    GetProfileRequest,
    IdentifierResult,
    ListReviewsRequest,
    Outcome,
    ResolveProfileRequest,
    StartContactRequest,
)

LANES_AT_ONCE = 48
DEADLINE_S = 60.0


@dataclass(slots=True)
class Played:
    """What came of a file."""

    steps: int
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    results: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    reviews: int = 0
    score: Score | None = None

    def summary(self) -> dict[str, object]:
        """As JSON."""
        score = self.score
        return {
            "steps": self.steps,
            "seconds": round(self.seconds, 3),
            "steps_per_s": round(self.steps / self.seconds, 1) if self.seconds else 0,
            "outcomes": dict(self.outcomes),
            "identifier_results": dict(self.results),
            "refused": dict(self.refused),
            "reviews": self.reviews,
            "score": None if score is None else {name: getattr(score, name) for name in score.__dataclass_fields__},
        }


async def play(target: Target, steps: Sequence[Step], progress: Callable[[int], None] = lambda _: None) -> Played:
    """Play steps against a running service; `progress` gets the number of steps that are done."""
    lanes: defaultdict[str, list[Step]] = defaultdict(list)
    for step in steps:
        lanes[step.lane].append(step)
    played = Played(steps=len(steps))
    waiting = iter(lanes.values())
    places: list[tuple[Step, str]] = []
    async with AsyncProfileClient(target) as client:

        async def work() -> None:
            for lane in waiting:
                for step in lane:
                    await _one(client, step, played, places)
                    progress(1)

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(LANES_AT_ONCE)))
        played.seconds = time.perf_counter() - started
        played.reviews = (await client.call(ListReviewsRequest(page_size=1))).total_size
        if any(step.truth for step, _ in places):
            played.score = await _score(client, places)
    return played


async def _one(client: AsyncProfileClient, step: Step, played: Played, places: list[tuple[Step, str]]) -> None:
    try:
        answer = await client.call(step.request, deadline_s=DEADLINE_S)
    except ProfileError as error:
        played.refused[error.reason or error.code.name] += 1
        return
    if isinstance(step.request, StartContactRequest | ResolveProfileRequest):
        played.outcomes[Outcome.Name(answer.outcome).removeprefix("OUTCOME_")] += 1
        for result in answer.identifier_results:
            played.results[IdentifierResult.Result.Name(result.result).removeprefix("RESULT_")] += 1
    if isinstance(step.request, StartContactRequest):
        places.append((step, answer.contact))
    elif isinstance(step.request, ResolveProfileRequest):
        places.append((step, ""))


async def _score(client: AsyncProfileClient, places: Sequence[tuple[Step, str]]) -> Score:
    """Where every contact and record stands at the end, against the truth."""
    profiles: list[str] = [""] * len(places)

    async def place(number: int) -> None:
        step, contact = places[number]
        if contact:
            request = GetContextRequest(contact=ContactReference(name=contact))
            profiles[number] = (await client.call(request, deadline_s=DEADLINE_S)).profile
        elif isinstance(step.request, ResolveProfileRequest):
            request = GetProfileRequest(source_key=step.request.source_record.source_key)
            profiles[number] = (await client.call(request, deadline_s=DEADLINE_S)).name

    waiting = iter(range(len(places)))

    async def work() -> None:
        for number in waiting:
            await place(number)

    await asyncio.gather(*(work() for _ in range(LANES_AT_ONCE)))
    return score(profiles, [step.truth for step, _ in places])
