"""EndContact: disposition, summary and promises."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import PromiseMade, Saying, write_promises
from profile_service.engine.contact.target import ContactTarget, OpenedContact, find_contacts, require_contact
from profile_service.engine.runtime import Runtime
from profile_service.errors import KeyReused
from profile_service.store.plan import PlanStatus
from profile_service.store.queries.opened import Opener
from profile_service.store.rows.contact import ContactEnding, ContactEndingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class EndContact:
    """The request, without protobuf."""

    target: ContactTarget
    occur_time_us: int
    disposition: str = ""
    summary: str = ""
    promises: tuple[PromiseMade, ...] = ()


async def end_contact(runtime: Runtime, caller: Caller, request: EndContact) -> tuple[OpenedContact, int]:
    """End a contact; answers its opened row and the revision. The same end again changes nothing.

    Raises SourceDenied, TimeInFuture, ContactNotFound, KeyReused, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    fields = (request.occur_time_us, request.disposition, request.summary, request.promises)
    digest = runtime.keyring.digest_fields(caller.tenant, "ending", fields)
    opener = Opener(runtime.keyring, caller.tenant)

    async def attempt() -> tuple[OpenedContact, int] | None:
        contact = await require_contact(runtime, caller, request.target, occur_time_us=request.occur_time_us)
        if contact.end_digest is not None:
            if contact.end_digest != digest:
                raise KeyReused(key="contact")
            return opener.contact(contact), 0
        name = contact.contact_id
        plan = runtime.plan(caller, {"contact": name})
        plan.lock(runtime.keyring.digest(caller.tenant, "ending", name))
        plan.touch_profile(contact.profile_id)
        plan.touch_conversation(contact.conversation_id)
        plan.add(
            ContactEndingRow(
                contact_id=name,
                end_time_us=request.occur_time_us,
                ending=ContactEnding(disposition=request.disposition, summary=request.summary),
                end_digest=digest,
            )
        )
        write_promises(plan, request.promises, Saying(name, request.occur_time_us))
        applied = await runtime.apply(plan)
        if applied.status is not PlanStatus.APPLIED:
            return None
        after = (await find_contacts(runtime, caller, [ContactTarget(contact_id=name)]))[0]
        return opener.contact(after or contact), applied.revision

    return await runtime.persist(attempt)
