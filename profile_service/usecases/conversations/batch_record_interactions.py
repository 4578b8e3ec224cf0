"""BatchRecordInteractions: many in one commit; each item is atomic by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from profile_service.engine.caller import Caller
from profile_service.engine.contact.rethreading import rethread_late
from profile_service.engine.idempotency import first_and_again
from profile_service.engine.runtime import Runtime
from profile_service.errors import ServiceError
from profile_service.store.queries.interactions import Recorded
from profile_service.usecases.conversations.record_interaction import RecordInteraction, record_one


async def batch_record_interactions(
    runtime: Runtime, caller: Caller, requests: Sequence[RecordInteraction]
) -> list[Recorded | ServiceError]:
    """Record many; each item is atomic by itself, and its error is its own. Those of equal time keep their order."""
    ordered = [replace(item, id=name) for item, name in zip(requests, runtime.new_ids(len(requests)), strict=True)]

    late: dict[str, int] = {}

    async def record(request: RecordInteraction) -> Recorded | ServiceError:
        try:
            recorded, word = await record_one(runtime, caller, request)
        except ServiceError as error:
            return error
        if word is not None:
            late[word.contact] = min(word.time_us, late.get(word.contact, word.time_us))
        return recorded

    answers: dict[int, Recorded | ServiceError] = {}
    for places in first_and_again([(item.content.source, item.content.source_event_id) for item in requests]):
        recorded = await asyncio.gather(*(record(ordered[place]) for place in places))
        answers.update(zip(places, recorded, strict=True))
    for contact, time_us in late.items():
        await rethread_late(runtime, caller, contact, time_us)
    return [answers[place] for place in range(len(requests))]
