"""RecordInteraction and its batch: exactly once by source key, many in one commit, nothing lost out of order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import InteractionContent, interaction_row, write_interaction
from profile_service.engine.contact.target import ContactTarget, contact_place, require_contact
from profile_service.engine.runtime import Runtime
from profile_service.errors import RevisionConflict
from profile_service.store.queries.graph import Find
from profile_service.store.queries.interactions import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInteraction:
    """One interaction in one contact; `channel` counts where the contact is not known yet."""

    target: ContactTarget
    content: InteractionContent
    channel: str = ""


async def record_interaction(runtime: Runtime, caller: Caller, request: RecordInteraction) -> Recorded:
    """Record one interaction.

    Raises SourceDenied, TimeInFuture, ContactNotFound, RevisionConflict, Contention.
    """
    content = request.content
    caller.speak_for(content.source)
    runtime.check_time("interaction.occur_time", content.occur_time_us)
    if content.facts or content.promises:
        contact = await require_contact(
            runtime, caller, request.target, channel=request.channel, occur_time_us=content.occur_time_us
        )
        return await _record_with_facts(runtime, caller, content, contact)
    place = await contact_place(
        runtime, caller, request.target, channel=request.channel, occur_time_us=content.occur_time_us
    )
    row = interaction_row(
        runtime.keyring,
        caller.tenant,
        content,
        interaction_id=runtime.new_id(),
        contact=place.contact_id,
        conversation=place.conversation_id,
        channel=place.channel,
    )
    row["audit"] = {
        "entry_id": runtime.new_id(),
        "caller": caller.name,
        "method": caller.method,
        "policy": runtime.tenant(caller).policy.label,
        "subject": {"contact": place.contact_id},
    }

    async def attempt() -> Recorded | None:
        recorded = await runtime.records.submit(caller.tenant, row)
        return None if recorded.status == "raced" else recorded

    recorded = await runtime.persist(attempt)
    if recorded.status == "conflict":
        raise RevisionConflict
    return recorded


async def _record_with_facts(
    runtime: Runtime, caller: Caller, content: InteractionContent, contact: Mapping[str, Any]
) -> Recorded:
    """An interaction that teaches or promises something changes the customer's context: one plan for all of it."""
    name, conversation = contact["contact_id"], contact["conversation_id"]
    key = content.key(runtime.keyring, caller.tenant)

    async def attempt() -> Recorded | None:
        held = (await runtime.find(caller.tenant, Find(interaction=key))).interaction
        for revision, digest, interaction, held_conversation in held:
            if revision == content.source_revision:
                if digest != content.digest(runtime.keyring, caller.tenant).hex():
                    raise RevisionConflict
                return Recorded(
                    status="replayed", interaction_id=interaction, conversation_id=held_conversation, revision=0
                )
        plan = runtime.plan(caller, {"contact": name})
        plan.touch_profile(contact["profile_id"])
        plan.touch_conversation(conversation)
        write_interaction(plan, runtime, content, name, conversation, contact["channel"])
        applied = await runtime.apply(plan)
        if applied.status != "applied":
            return None
        return Recorded(
            status="recorded",
            interaction_id=held[0][2] if held else plan.rows["interaction"][0]["interaction_id"],
            conversation_id=held[0][3] if held else conversation,
            revision=applied.revision,
        )

    return await runtime.persist(attempt)
