"""EndContact: disposition, summary and promises; and CloseConversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from profile_service.errors import ConversationNotFound, KeyReused
from profile_service.usecases.contacts import find_contacts, require_contact
from profile_service.usecases.interaction_rows import write_promises
from profile_service.usecases.runtime import Caller, Runtime
from profile_service.usecases.start_contact import ContactTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class EndContact:
    """The request, without protobuf."""

    target: ContactTarget
    occur_time_us: int
    disposition: str = ""
    summary: str = ""
    promises: Sequence[Mapping[str, Any]] = ()


async def end_contact(runtime: Runtime, caller: Caller, request: EndContact) -> tuple[Mapping[str, Any], int]:
    """End a contact; answers its row and the revision. The same end again changes nothing.

    Raises SourceDenied, TimeInFuture, ContactNotFound, KeyReused, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    fields = (request.occur_time_us, request.disposition, request.summary, list(request.promises))
    digest = runtime.keyring.digest_fields(caller.tenant, "ending", fields)

    async def attempt() -> tuple[Mapping[str, Any], int] | None:
        held = await require_contact(runtime, caller, request.target, occur_time_us=request.occur_time_us)
        if held["end_digest"] is not None:
            if held["end_digest"] != digest.hex():
                raise KeyReused(key="contact")
            return held, 0
        name = held["contact_id"]
        plan = runtime.plan(caller, {"contact": name})
        plan.lock(runtime.keyring.digest(caller.tenant, "ending", name))
        plan.touch_profile(held["profile_id"])
        plan.touch_conversation(held["conversation_id"])
        ending = {"disposition": request.disposition, "summary": request.summary}
        plan.add(
            "ending",
            contact_id=name,
            end_time_us=request.occur_time_us,
            ending=plan.seal_json("contact", "ending", name, ending),
            end_digest=digest,
        )
        write_promises(plan, request.promises, name, held["conversation_id"], request.occur_time_us)
        applied = await runtime.apply(plan)
        if applied.status != "applied":
            return None
        after = (await find_contacts(runtime, caller, [ContactTarget(contact_id=name)]))[0]
        return (after or held), applied.revision

    return await runtime.persist(attempt)


async def close_conversation(
    runtime: Runtime, caller: Caller, conversation: str, occur_time_us: int
) -> tuple[Mapping[str, Any], int]:
    """Close a conversation; answers its row and the revision. Raises ConversationNotFound, TimeInFuture."""
    runtime.check_time("occur_time", occur_time_us)
    if not await runtime.database.rows(caller.tenant, "conversation_by_id", {"conversation": conversation}):
        raise ConversationNotFound
    plan = runtime.plan(caller, {"conversation": conversation})
    plan.touch_conversation(conversation)
    for row in await runtime.database.rows(caller.tenant, "conversation_owner", {"conversation": conversation}):
        plan.touch_profile(row["profile_id"])
    plan.add("closing", conversation_id=conversation, close_time_us=occur_time_us)
    applied = await runtime.apply(plan)
    row = (await runtime.database.rows(caller.tenant, "conversation_by_id", {"conversation": conversation}))[0]
    return row, applied.revision
