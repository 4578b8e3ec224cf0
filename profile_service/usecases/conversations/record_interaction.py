"""RecordInteraction: exactly once by source key, nothing lost out of order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import (
    InteractionContent,
    Said,
    Speaks,
    interaction_row,
    whose_word,
    write_interaction,
)
from profile_service.engine.contact.rethreading import LATE_US, rethread_late
from profile_service.engine.contact.target import ContactTarget, contact_place, require_contact
from profile_service.engine.runtime import Runtime
from profile_service.errors import RevisionConflict
from profile_service.store.plan import PlanStatus
from profile_service.store.queries.contacts import KnownContact
from profile_service.store.queries.find import Find
from profile_service.store.queries.interactions import Recorded, RecordStatus

__all__ = ["Late", "RecordInteraction", "Recorded", "record_interaction", "record_one"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInteraction:
    """One interaction in one contact; `channel` counts where the contact is not known yet. `id`: what it is called, in
    the order in which several came; a fresh id where it is empty."""

    target: ContactTarget
    content: InteractionContent
    channel: str = ""
    id: str = ""


class Late(NamedTuple):
    """A word that came late: others may have overtaken it in its contact."""

    contact: str
    time_us: int


async def record_interaction(runtime: Runtime, caller: Caller, request: RecordInteraction) -> Recorded:
    """Record one interaction; what it overtakes is threaded again.

    Raises SourceDenied, TimeInFuture, ContactNotFound, RevisionConflict, Contention.
    """
    recorded, late = await record_one(runtime, caller, request)
    if late is not None:
        await rethread_late(runtime, caller, late.contact, late.time_us)
    return recorded


async def record_one(runtime: Runtime, caller: Caller, request: RecordInteraction) -> tuple[Recorded, Late | None]:
    """Record one interaction, and thread nothing again. Raises as record_interaction."""
    content = request.content
    caller.require_source(content.source)
    runtime.check_time("interaction.occur_time", content.occur_time_us)
    if content.facts or content.promises:
        contact = await require_contact(
            runtime, caller, request.target, channel=request.channel, occur_time_us=content.occur_time_us
        )
        recorded = await _record_with_facts(runtime, caller, request, contact)
        return recorded, _late(runtime, content, contact.contact_id, recorded)
    place = await contact_place(
        runtime, caller, request.target, channel=request.channel, occur_time_us=content.occur_time_us
    )
    plan = runtime.plan(caller, {"contact": place.contact_id})
    said = Said(place.contact_id, place.channel, request.id)
    plan.add(interaction_row(runtime, caller.tenant, content, said))

    async def attempt() -> Recorded | None:
        recorded = await runtime.records.submit(caller.tenant, plan)
        return None if recorded.status is RecordStatus.RACED else recorded

    recorded = await runtime.persist(attempt)
    if recorded.status is RecordStatus.CONFLICT:
        raise RevisionConflict
    return recorded, _late(runtime, content, place.contact_id, recorded)


def _late(runtime: Runtime, content: InteractionContent, contact: str, recorded: Recorded) -> Late | None:
    """Whether words came so late that contacts may have begun after them; a newer one threads nothing. One that is sent
    again counts too: the first time it may have been recorded, and threading failed."""
    is_old = content.occur_time_us < runtime.clock() - LATE_US
    is_there = recorded.status in (RecordStatus.RECORDED, RecordStatus.REPLAYED)
    counts = is_there and is_old and whose_word(content) is not Speaks.NOBODY
    return Late(contact, content.occur_time_us) if counts else None


async def _record_with_facts(
    runtime: Runtime, caller: Caller, request: RecordInteraction, contact: KnownContact
) -> Recorded:
    """An interaction that teaches or promises something changes the customer's context: one plan for all of it."""
    content, name, conversation = request.content, contact.contact_id, contact.conversation_id
    key, digest = content.key(runtime.keyring, caller.tenant), content.digest(runtime.keyring, caller.tenant)

    async def attempt() -> Recorded | None:
        known = (await runtime.find(caller.tenant, Find(interaction=key))).interaction
        for earlier in known:
            if earlier.revision == content.source_revision:
                if earlier.digest != digest:
                    raise RevisionConflict
                return Recorded(
                    status=RecordStatus.REPLAYED,
                    interaction_id=earlier.interaction,
                    conversation_id=earlier.conversation,
                    revision=0,
                )
        plan = runtime.plan(caller, {"contact": name})
        plan.touch_profile(contact.profile_id)
        plan.touch_conversation(conversation)
        said = Said(name, contact.channel, request.id)
        row = write_interaction(plan, runtime, content, said)
        applied = await runtime.apply(plan)
        if applied.status is not PlanStatus.APPLIED:
            return None
        return Recorded(
            status=RecordStatus.RECORDED,
            interaction_id=known[0].interaction if known else row.interaction_id,
            conversation_id=known[0].conversation if known else conversation,
            revision=applied.revision,
        )

    return await runtime.persist(attempt)
