"""CorrectContact: an agent's word in a live contact that it is not this customer, or that it is that one."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import InteractionContent, Said, write_interaction
from profile_service.engine.contact.levels import Levels
from profile_service.engine.contact.refolding import refold
from profile_service.engine.contact.target import ContactTarget, find_contacts, require_contact
from profile_service.engine.contact.verdict import write_own_profile
from profile_service.engine.graph.events import write_events
from profile_service.engine.graph.rows import write_graph, write_reviews
from profile_service.engine.graph.settlement import Draft, decide_around, write_and_settle
from profile_service.engine.idempotency import Done, Once, once
from profile_service.engine.profile import etag_of, resolve_profile_id
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactEnded, EtagStale, ProfileNotFound, ProfileWithoutIdentifier
from profile_service.identity.contact.model import InteractionKind, Speaker
from profile_service.identity.graph.model import Assurance, NodeId, ProfileId, Role
from profile_service.identity.graph.plan import GraphPlan
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.contacts import KnownContact, read_brought
from profile_service.store.queries.context import ContextQuery, read_parts
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.profiles import read_profile
from profile_service.store.queries.withdrawal import withdraw
from profile_service.store.rows.contact import ContactChangeRow
from profile_service.store.rows.event import Cause, CauseKind
from profile_service.store.rows.profile import AnswerCheckVoidRow

CORRECTION_SOURCE = "profile-service"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectContact:
    """The request, without protobuf. `correct_profile` None: only not the one that was shown."""

    target: ContactTarget
    request_id: str
    occur_time_us: int
    reason: str
    correct_profile: str | None = None
    etag: str = ""


async def correct_contact(runtime: Runtime, caller: Caller, request: CorrectContact) -> tuple[str, int]:
    """Correct a contact; answers its id and the revision. Idempotent by request_id.

    Raises ContactNotFound, ContactEnded, EtagStale, ProfileNotFound, ProfileWithoutIdentifier, KeyReused, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    contact = await require_contact(runtime, caller, request.target)
    asked = (contact.contact_id, request.correct_profile, request.reason)
    key = once(runtime, caller, request.request_id, *asked)
    anchor = await _anchor_of(runtime, caller, request.correct_profile)
    call = _Call(runtime=runtime, caller=caller, request=request, name=contact.contact_id, once=key, anchor=anchor)
    return await runtime.persist(lambda: runtime.transact(caller.tenant, call.attempt))


async def _anchor_of(runtime: Runtime, caller: Caller, profile: str | None) -> NodeId | None:
    """The node that a contact of the profile stands under. Raises ProfileNotFound, ProfileWithoutIdentifier."""
    if profile is None:
        return None
    resolved = await resolve_profile_id(runtime, caller, profile)
    if resolved is None or resolved.target is None:
        raise ProfileNotFound
    read = await read_profile(runtime.database, caller.tenant, resolved.target)
    if read is None or read[1] is None:
        raise ProfileWithoutIdentifier
    return NodeId(read[1])


@dataclass(slots=True)
class _Call:
    runtime: Runtime
    caller: Caller
    request: CorrectContact
    name: str
    once: Once
    anchor: NodeId | None

    async def attempt(self, connection: Connection) -> tuple[str, int] | None:
        runtime, tenant = self.runtime, self.caller.tenant
        policy = runtime.tenant(self.caller).policy
        found = (await find(connection, tenant, [Find(request=self.once.key)]))[0]
        if self.once.replay(found, Done) is not None:
            return self.name, 0
        shown = (await read_parts(connection, tenant, [ContextQuery(contact_id=self.name)]))[0]
        contact = (await find_contacts(runtime, self.caller, [ContactTarget(contact_id=self.name)], connection))[0]
        if contact is None or shown is None or shown.parts is None:
            return None
        if contact.end_time_us is not None:
            raise ContactEnded
        if self.request.etag and self.request.etag != etag_of(shown.profile, shown.profile_revision):
            raise EtagStale
        decided = await self.withdrawn(connection)
        if decided is None:
            return None
        disclosure, _ = Levels(shown.parts, policy, runtime.clock()).whole
        subject = {"contact": self.name, "shown": shown.profile, "disclosed": disclosure.name}
        plan = runtime.plan(self.caller, {**subject, "corrected": self.request.correct_profile})
        cause = Cause(kind=CauseKind.CORRECTION, id=self.name, occur_time_us=self.request.occur_time_us)
        write_graph(plan, runtime, decided, self.request.occur_time_us)
        write_reviews(plan, runtime, decided)
        write_events(plan, runtime, self.caller, decided, cause)
        plan.touch_profile(shown.profile)
        plan.touch_conversation(contact.conversation_id)
        self.write_correction(plan, contact)
        self.once.write(plan, Done())
        applied = await write_and_settle(
            connection, runtime, self.caller, Draft(plan=plan, decided=decided, cause=cause)
        )
        if applied is None or applied.status is not PlanStatus.APPLIED:
            return None
        if not await refold(connection, runtime, self.caller, [self.name], [ProfileId(shown.profile)], own=self.name):
            return None
        return self.name, applied.revision

    async def withdrawn(self, connection: Connection) -> GraphPlan | None:
        """Take back what the contact brought, and decide what it reached; None where that moved meanwhile."""
        tenant, policy = self.caller.tenant, self.runtime.tenant(self.caller).policy
        brought = await read_brought(connection, tenant, self.name)
        seeds = [identifier.node_id for identifier in brought if identifier.role is Role.SUBJECT]
        await graph.lock_keys(connection, [identifier.key for identifier in brought])
        keyring = self.runtime.keyring
        before = await graph.neighbourhood(connection, keyring, tenant, seeds, policy)
        if not await graph.lock_profiles(connection, tenant, before):
            return None
        again = await graph.neighbourhood(connection, keyring, tenant, seeds, policy)
        if again.nodes.keys() != before.nodes.keys():
            return None
        await withdraw(connection, tenant, self.name)
        after = await graph.neighbourhood(connection, keyring, tenant, [*before.nodes, *seeds], policy)
        return await decide_around(connection, self.runtime, self.caller, after, seeds)

    def write_correction(self, plan: Plan, contact: KnownContact) -> None:
        """The contact's new place, its checks void, and the agent's reason as a note."""
        plan.add(
            ContactChangeRow(
                contact_id=self.name,
                anchor_node=self.anchor,
                anchor_assurance=Assurance.CLAIMED,
                ambiguous=False,
                shared=False,
                corrected=True,
                corrected_node=self.anchor,
                ruled_out=contact.anchor_node,
                persons=contact.persons,
            )
        )
        write_own_profile(plan, self.name, self.request.occur_time_us, live=self.anchor is None)
        plan.add(AnswerCheckVoidRow(contact_id=self.name))
        note = InteractionContent(
            source=CORRECTION_SOURCE,
            source_event_id=f"correction/{self.request.request_id}",
            source_revision=0,
            kind=InteractionKind.NOTE,
            speaker=Speaker.AGENT,
            occur_time_us=self.request.occur_time_us,
            text=self.request.reason,
        )
        write_interaction(plan, self.runtime, note, Said(self.name, contact.channel))
