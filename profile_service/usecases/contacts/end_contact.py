"""EndContact: disposition, summary and promises; and CloseConversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import write_promises
from profile_service.engine.contact.target import ContactTarget, find_contacts, require_contact
from profile_service.engine.runtime import Runtime
from profile_service.errors import KeyReused
from profile_service.store.queries.context import Opener


@dataclass(frozen=True, slots=True, kw_only=True)
class EndContact:
    """The request, without protobuf."""

    target: ContactTarget
    occur_time_us: int
    disposition: str = ""
    summary: str = ""
    promises: Sequence[Mapping[str, Any]] = ()


async def end_contact(runtime: Runtime, caller: Caller, request: EndContact) -> tuple[Mapping[str, Any], int]:
    """End a contact; answers its opened row and the revision. The same end again changes nothing.

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
            return _opened(runtime, caller, held), 0
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
        return _opened(runtime, caller, after or held), applied.revision

    return await runtime.persist(attempt)


def _opened(runtime: Runtime, caller: Caller, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The contact as it is shown."""
    return Opener(runtime.keyring, caller.tenant).contact(
        {
            **row,
            "id": row["contact_id"],
            "conversation": row["conversation_id"],
            "start": row["start_time_us"],
            "end": row["end_time_us"],
            "change": row["channel_change"],
        }
    )
