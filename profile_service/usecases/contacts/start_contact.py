"""StartContact: resolve who it is, thread the contact into a conversation, hand the context over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.contact import early, transfer
from profile_service.engine.contact.interaction import Said, write_interaction
from profile_service.engine.contact.people import divided, handed_to, may_be_several
from profile_service.engine.contact.placement import (
    Began,
    Placed,
    expect_customer,
    place,
    reference_keys,
    write_names,
    write_placed,
    write_references,
)
from profile_service.engine.contact.reply import reply_address
from profile_service.engine.contact.rethreading import may_be_late, rethread_start, tell_where_it_stands
from profile_service.engine.contact.start import StartContact, Started
from profile_service.engine.contact.target import ContactTarget, contact_key, named_by
from profile_service.engine.contact.thread import code_of, joining_of, names_of, thread_of
from profile_service.engine.contact.verdict import Verdict, as_dialled, judge
from profile_service.engine.graph import breaker, neighbourhood
from profile_service.engine.graph.change import Change, decide, standing_after
from profile_service.engine.graph.evidence import Evidence, Standing, find_keys, is_fresh, is_known, known_standing
from profile_service.engine.graph.neighbourhood import Reach
from profile_service.engine.graph.reassignment import ageing, without_renewed
from profile_service.engine.graph.rows import write_change, write_known
from profile_service.engine.graph.settlement import Draft, write_and_settle
from profile_service.engine.identifiers import Item, identify, origin_of
from profile_service.engine.matching.likelihood import probabilities
from profile_service.engine.runtime import Runtime
from profile_service.errors import KeyReused, RevisionConflict
from profile_service.identity.contact.model import Direction
from profile_service.identity.contact.persons import Known
from profile_service.identity.contact.threads import Thread
from profile_service.identity.graph.model import Outcome
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.found import Found
from profile_service.store.queries.graph import Applied
from profile_service.store.rows.contact import Answer, ContactPayload, ContactRow, ThreadPendingRow


async def start_contact(runtime: Runtime, caller: Caller, request: StartContact) -> Started:
    """Start a contact. Idempotent by (source, source_contact_id).

    Raises NotRegistered, SourceDenied, TimeInFuture, KeyReused, RevisionConflict, ConversationNotFound, Contention.
    """
    caller.require_source(request.source)
    runtime.tenant(caller).require_channel(request.channel)
    runtime.check_time("occur_time", request.occur_time_us)
    region = request.default_region
    origin = origin_of(runtime, caller, request.channel, request.source, brand=request.brand, region=region)
    origin = replace(origin, endpoint=request.business_endpoint)
    own = ContactTarget(source=request.source, source_contact_id=request.source_contact_id)
    call = _Call(
        runtime=runtime,
        caller=caller,
        request=request,
        items=identify(runtime.keyring, origin, request.given),
        key=contact_key(runtime, caller.tenant, own),
        references=reference_keys(runtime, caller.tenant, request.references, request.source, request.brand),
        digest=request.digest(runtime.keyring, caller.tenant),
        policy=runtime.tenant(caller).policy,
    )
    started = await runtime.persist(call.attempt)
    if call.stored is not None and call.is_late and not started.replayed:
        late = await rethread_start(runtime, caller, started.contact, request.occur_time_us, call.stored)
        started = replace(call.started(started.contact, late.answer), replayed=False, is_pending=late.is_pending)
    await breaker.watch(runtime, caller, call.changed and call.changed.plan, request.occur_time_us)
    return started


@dataclass(slots=True)
class _Call:
    runtime: Runtime
    caller: Caller
    request: StartContact
    items: list[Item]
    key: bytes
    references: list[bytes]
    digest: bytes
    policy: Policy
    changed: Change | None = None
    handed: transfer.HandedOver = transfer.NOTHING
    early: Sequence[Known] = ()
    is_late: bool = False
    carried: bool = False
    stored: Answer | None = None
    persons: Sequence[int] = ()

    def query(self) -> Find:
        return Find(
            keys=find_keys(self.items, self.request.occur_time_us),
            signs=ageing(self.items, self.policy),
            contact_key=self.key,
            previous=[named_by(self.runtime, self.caller.tenant, target) for target in self.request.previous],
            references=self.references,
            continued=self.request.continue_conversation,
            code=code_of(self.runtime, self.caller, self.request),
        )

    async def attempt(self) -> Started | None:
        self.changed = None
        query = self.query()
        found = self.taken(await self.runtime.find(self.caller.tenant, query))
        if (replay := self.replay(found)) is not None:
            return replay
        contact = found.contact.id if found.contact else self.runtime.new_id()
        evidence = self.shown(contact, self.handed)
        if not (found.renewed or self.handed.known or self.early or may_be_several(self.items, found, self.policy)):
            if is_known(evidence, found, self.policy):
                plan = self.plan(contact)
                write_known(plan, evidence, found, self.policy)
                return await self.finish(plan, contact, found, known_standing(evidence, found))
            if is_fresh(evidence, found):
                plan, standing = self.change(contact, evidence, Reach(found=found))
                return await self.finish(plan, contact, found, standing)
        return await self.runtime.transact(self.caller.tenant, partial(self.attempt_locked, query))

    async def attempt_locked(self, query: Find, connection: Connection) -> Started | None:
        """Evidence changes what is known: under the locks of everything that it can reach."""
        first = self.taken((await find(connection, self.caller.tenant, [query]))[0])
        contact = first.contact.id if first.contact else self.runtime.new_id()
        runtime, caller = self.runtime, self.caller
        handed = self.handed = await handed_to(connection, runtime, caller, (self.items, first), self.handed)
        evidence = await divided(connection, runtime, caller, self.shown(contact, handed), first)
        self.persons = [self.request.occur_time_us] * evidence.last_person
        reach = await neighbourhood.load_locked(connection, runtime, caller, query, evidence)
        if reach is None:
            return None
        found, self.handed = self.taken(reach.found), handed
        if (replay := self.replay(found)) or (found.contact and found.contact.id != contact):
            return replay  # None where an event made the contact known meanwhile
        plan, standing = self.change(contact, evidence, replace(reach, found=found))
        return await self.finish(plan, contact, found, standing, connection)

    def plan(self, contact: str) -> Plan:
        plan = self.runtime.plan(self.caller, {"contact": contact})
        plan.lock(self.key)
        return plan

    def replay(self, found: Found) -> Started | None:
        if (known := found.contact) is None or known.digest is None or known.answer is None:
            return None
        if known.digest != self.digest:
            raise KeyReused(key="source_contact_id")
        return self.started(known.id, known.answer)

    def taken(self, found: Found) -> Found:
        """What was found, as far as the caller may see it; with it, what a transfer inherits."""
        request, found = self.request, found.visible(self.caller.covers)
        self.is_late = may_be_late(self.runtime, found, request.occur_time_us)
        self.carried = found.carried is not None
        found = without_renewed(found, self.items, self.policy, request.occur_time_us)
        shown = early.shown_before(found, self.caller, self.policy, self.leg, request.channel)
        self.items, self.early = early.with_early(self.items, found, shown), early.others(self.items, found, shown)
        self.handed = transfer.inherited(found, self.caller, self.policy, self.leg)
        self.items = transfer.without_taken_back(self.items, found, self.handed.taken_back)
        return found

    @property
    def leg(self) -> transfer.Leg:
        """The contact as one that may follow others."""
        request = self.request
        return transfer.Leg(request.source, request.initiation, request.occur_time_us, self.items)

    def shown(self, contact: str, handed: transfer.HandedOver) -> Evidence:
        """What the contact shows, with what it inherits, and showed before its start came."""
        evidence = handed.evidence(contact, self.items, self.request.channel, self.request.occur_time_us)
        if not self.early:
            return evidence
        return replace(evidence, earlier=[*evidence.earlier, *((known.node, known.assurance) for known in self.early)])

    def change(self, contact: str, evidence: Evidence, reach: Reach) -> tuple[Plan, Standing]:
        change = self.changed = decide(self.runtime, self.policy, evidence, reach)
        write_change(plan := self.plan(contact), self.runtime, self.caller, change)
        return plan, standing_after(reach.found, change)

    async def finish(
        self, plan: Plan, contact: str, found: Found, standing: Standing, connection: Connection | None = None
    ) -> Started | None:
        """Write the contact's own rows beside those of the graph; None where the plan no longer holds."""
        request, handed = self.request, self.handed
        before = [(known.node, known.namespace, known.assurance) for known in self.early]
        earlier = [*handed.proved, *handed.identified, *before]
        verdict = transfer.as_corrected(judge(standing, self.items, earlier, self.policy), handed.corrected)
        verdict = transfer.as_stood(verdict, handed.stood)
        if request.direction is Direction.OUTBOUND:
            verdict = as_dialled(verdict, self.items, standing.states)
        names, read = [name for name, _ in verdict.resolution.candidates], self.runtime.reader(self.caller, connection)
        likely = probabilities(self.runtime, self.caller, self.items, found, names, read)
        verdict = replace(verdict, probabilities=await likely)
        placed = place(self.runtime, contact, found, verdict, self.thread(found, verdict, standing))
        self.write_contact(plan, placed)
        transfer.write_handed_over(plan, contact, request.channel, request.occur_time_us, handed)
        write_names(plan, contact, names_of(self.runtime, self.caller, request, found))
        if self.is_late:
            plan.add(ThreadPendingRow(contact_id=contact))
        early.write_early(plan, contact, self.leg, request.channel, self.early)
        if connection is None:
            expect_customer(plan, found, verdict)
        if verdict.corrected and verdict.resolution.profile is not None:
            plan.touch_profile(verdict.resolution.profile)
        applied = await self.write(plan, connection)
        if applied is None or applied.status not in (PlanStatus.APPLIED, PlanStatus.CONFLICT):
            return None
        if applied.status is PlanStatus.CONFLICT:
            raise RevisionConflict
        self.stored = stored = self.answer(placed, applied.revision)
        if connection is not None and self.changed is not None and self.changed.plan.merged:
            stored = await tell_where_it_stands(connection, self.runtime, self.caller, contact, stored)
        return None if stored is None else replace(self.started(contact, stored), replayed=False)

    def thread(self, found: Found, verdict: Verdict, standing: Standing) -> Thread:
        """Which conversation the contact goes on in."""
        joining = joining_of(self.request, self.policy, verdict)
        is_desk = partial(transfer.is_one_desk, self.caller, self.policy, self.request.source)
        return thread_of(found, verdict, standing, joining, (self.request.source, is_desk))

    def started(self, contact: str, answer: Answer) -> Started:
        """What is told, of what is stored for a replay."""
        return Started(
            contact=contact,
            conversation=answer.conversation,
            outcome=Outcome(answer.outcome),
            results=answer.results,
            open_conversations=answer.offered,
            revision=answer.revision,
            replayed=True,
            carried=answer.carried,
            items=self.items,
        )

    def answer(self, placed: Placed, revision: int) -> Answer:
        fields = {"conversation": placed.conversation, "offered": placed.thread.offered, "carried": self.carried}
        return msgspec.structs.replace(placed.verdict.answer(), **fields, revision=revision)

    async def write(self, plan: Plan, connection: Connection | None) -> Applied | None:
        if connection is None or self.changed is None:
            return await self.runtime.apply(plan)
        draft = Draft(plan=plan, decided=self.changed.plan, cause=self.changed.cause)
        return await write_and_settle(connection, self.runtime, self.caller, draft)

    def write_contact(self, plan: Plan, placed: Placed) -> None:
        request = self.request
        is_inbound = request.direction is not Direction.OUTBOUND and self.handed.listens is None
        write_placed(plan, placed, Began(request.occur_time_us, request.brand, is_inbound), self.persons)
        plan.add(self.row(placed))
        write_references(plan, placed.contact, self.references, request.occur_time_us)
        if (said := request.first_interaction) is not None:
            write_interaction(plan, self.runtime, said, Said(placed.contact, request.channel))

    def row(self, placed: Placed) -> ContactRow:
        """The contact's own row, with what a replay answers."""
        request, resolution = self.request, placed.verdict.resolution
        return ContactRow(
            contact_id=placed.contact,
            conversation_id=placed.conversation,
            is_new=not placed.is_known,
            key=self.key,
            source=request.source,
            channel=request.channel,
            direction=request.direction,
            initiation=request.initiation,
            brand=request.brand,
            start_time_us=request.occur_time_us,
            anchor_node=resolution.anchor,
            anchor_assurance=placed.verdict.anchor_assurance,
            ambiguous=resolution.ambiguous,
            shared=resolution.shared and resolution.anchor is None,
            corrected=placed.verdict.corrected,
            persons=self.persons,
            legs=self.handed.legs,
            listens=self.handed.listens,
            channel_change=placed.thread.channel_change,
            apart=placed.thread.apart,
            threading=request.threading,
            start_digest=self.digest,
            payload=self.payload(),
            answer=self.answer(placed, self.runtime.clock()),
        )

    def payload(self) -> ContactPayload:
        asked, reply = self.request, reply_address(self.request.channel, self.items)
        endpoint, name = asked.business_endpoint, asked.source_contact_id
        return ContactPayload(attendants=asked.attendants, endpoint=endpoint, reply=reply, id=name)
