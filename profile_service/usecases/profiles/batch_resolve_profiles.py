"""BatchResolveProfiles: many records, each whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

from profile_service.engine.caller import Caller
from profile_service.engine.idempotency import first_and_again
from profile_service.engine.resolution.answer import Resolved, ResolveProfile
from profile_service.engine.resolution.batch import LOCKS_MAX, TOGETHER_MAX, resolve_together
from profile_service.engine.resolution.request import resolving_of
from profile_service.engine.resolution.single import Resolving
from profile_service.engine.runtime import Runtime
from profile_service.errors import ServiceError


async def batch_resolve_profiles(
    runtime: Runtime, caller: Caller, requests: Sequence[ResolveProfile]
) -> list[Resolved | ServiceError]:
    """Resolve many; each item is atomic by itself, and its error is its own. Their keys are those of single calls."""
    single = replace(caller, method="ResolveProfile")
    answers: dict[int, Resolved | ServiceError] = {}
    calls: list[tuple[int, Resolving]] = []
    for place, request in enumerate(requests):
        try:
            calls.append((place, resolving_of(runtime, single, request)))
        except ServiceError as error:
            answers[place] = error
        await asyncio.sleep(0)  # identifiers can cost milliseconds to read: others get their turn
    for numbers in first_and_again([call.once.key for _, call in calls]):
        for some in _together([calls[number] for number in numbers]):
            resolved = await resolve_together(runtime, single, [call for _, call in some])
            answers.update(zip((place for place, _ in some), resolved, strict=True))
    return [answers[place] for place in range(len(requests))]


def _together(calls: Sequence[tuple[int, Resolving]]) -> Iterator[list[tuple[int, Resolving]]]:
    """Calls that are decided together: not too many, and not with too many keys to lock."""
    some: list[tuple[int, Resolving]] = []
    keys = 0
    for place, call in calls:
        more = len(call.locks())
        if some and (len(some) == TOGETHER_MAX or keys + more > LOCKS_MAX):
            yield some
            some, keys = [], 0
        some.append((place, call))
        keys += more
    if some:
        yield some
