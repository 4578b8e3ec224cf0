"""AddEvidence: identifiers and proofs that turn up mid-contact, joined with what the contact brought before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.contact.people import divided
from profile_service.engine.contact.refolding import refold
from profile_service.engine.contact.standing import NOTHING_ANSWERED
from profile_service.engine.contact.target import ContactTarget, require_contact
from profile_service.engine.contact.verdict import Verdict, as_said, judge, write_anchor, write_own_profile
from profile_service.engine.graph import breaker, neighbourhood
from profile_service.engine.graph.change import decide, standing_after
from profile_service.engine.graph.evidence import Evidence, find_keys
from profile_service.engine.graph.reassignment import ageing
from profile_service.engine.graph.rows import write_change
from profile_service.engine.graph.settlement import Draft, write_and_settle
from profile_service.engine.idempotency import Once, once
from profile_service.engine.identifiers import Given, Item, identify, origin_of
from profile_service.engine.matching.likelihood import probabilities
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.disclosure import ANSWERED
from profile_service.identity.contact.persons import Known
from profile_service.identity.graph.model import Assurance, Outcome, ProfileId
from profile_service.identity.graph.plan import GraphPlan
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries.contacts import KnownContact, read_shown
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.opened import Opener
from profile_service.store.rows.contact import Answer, ContactAnswerRow


def is_linked(known: Known) -> bool:
    """Whether what was shown before is linked with what is shown now: answers identify, and link nothing."""
    return known.stands and known.assurance > Assurance.CLAIMED and known.method != ANSWERED


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEvidence:
    """The request, without protobuf."""

    target: ContactTarget
    request_id: str
    occur_time_us: int
    given: Sequence[Given]
    default_region: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceAdded:
    """The answer, without the context."""

    contact: str
    outcome: Outcome
    results: Sequence[tuple[int, int, str]]
    items: Sequence[Item]
    revision: int


async def add_evidence(runtime: Runtime, caller: Caller, request: AddEvidence) -> EvidenceAdded:
    """Add evidence to a contact. Idempotent by request_id.

    Raises NotRegistered, SourceDenied, TimeInFuture, ContactNotFound, KeyReused, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    contact = await require_contact(
        runtime, caller, request.target, channel=request.channel, occur_time_us=request.occur_time_us
    )
    region = request.default_region
    origin = origin_of(runtime, caller, contact.channel, contact.source, brand=contact.brand, region=region)
    origin = replace(origin, endpoint=Opener(runtime.keyring, caller.tenant).contact(contact).payload.endpoint)
    items = identify(runtime.keyring, origin, request.given)
    asked = [given.fields() for given in request.given]
    key = once(runtime, caller, request.request_id, contact.contact_id, request.occur_time_us, asked)
    call = _Call(runtime=runtime, caller=caller, contact=contact, items=items, once=key, time_us=request.occur_time_us)
    added = await runtime.persist(lambda: runtime.transact(caller.tenant, call.attempt))
    await breaker.watch(runtime, caller, call.decided, request.occur_time_us)
    return added


@dataclass(slots=True)
class _Call:
    runtime: Runtime
    caller: Caller
    contact: KnownContact
    items: list[Item]
    once: Once
    time_us: int
    decided: GraphPlan | None = None

    async def attempt(self, connection: Connection) -> EvidenceAdded | None:
        runtime, caller, name = self.runtime, self.caller, self.contact.contact_id
        policy = runtime.tenant(caller).policy
        there = await self.there(connection)
        signs = ageing(self.items, policy)
        query = Find(keys=find_keys(self.items, self.time_us), signs=signs, request=self.once.key)
        first = (await find(connection, caller.tenant, [query]))[0]
        evidence = await divided(connection, runtime, caller, self.shown(there), first, there)
        persons = [*self.contact.persons, *[self.time_us] * (evidence.last_person - len(self.contact.persons))]
        stood = [(known.node, known.namespace, known.assurance) for known in there if known.stands]
        earlier = [] if evidence.persons else stood
        reach = await neighbourhood.load_locked(connection, runtime, caller, query, evidence)
        if reach is None:
            return None
        replay = self.once.replay(reach.found, Answer)
        if replay is not None:
            return self.answer(replay, 0)
        change = decide(runtime, policy, evidence, reach)
        plan = runtime.plan(caller, {"contact": name})
        write_change(plan, runtime, caller, change)
        verdict = judge(standing_after(reach.found, change), self.items, earlier, policy)
        verdict = verdict if evidence.persons else self.as_corrected(verdict)
        names = [name for name, _ in verdict.resolution.candidates]
        read = runtime.reader(caller, connection)
        likely = await probabilities(runtime, caller, self.items, reach.found, names, read)
        stored = self.write_contact(plan, replace(verdict, probabilities=likely), persons)
        applied = await write_and_settle(
            connection, runtime, caller, Draft(plan=plan, decided=change.plan, cause=change.cause)
        )
        if applied is None or applied.status is not PlanStatus.APPLIED:
            return None
        if verdict.profile(name) != self.contact.profile_id and not await self.rethread(connection):
            return None
        self.decided = change.plan
        return self.answer(stored, applied.revision)

    def shown(self, there: Sequence[Known]) -> Evidence:
        """What the call shows, with what it is linked with."""
        return Evidence(
            subject=self.contact.contact_id,
            items=self.items,
            channel=self.contact.channel,
            occur_time_us=self.time_us,
            earlier=[(known.node, known.assurance) for known in there if is_linked(known)],
            person=len(self.contact.persons),
        )

    def as_corrected(self, verdict: Verdict) -> Verdict:
        """What an agent said of the contact stands until something better than a claim shows somebody else."""
        contact, shown = self.contact, verdict.resolution.profile
        if not contact.corrected or shown not in (None, contact.profile_id):
            return verdict
        profile = None if contact.anchor_node is None else ProfileId(contact.profile_id)
        return as_said(verdict, contact.anchor_node, profile, corrected=True)

    async def rethread(self, connection: Connection) -> bool:
        """The contact goes on where its customer of now has her conversation."""
        name = self.contact.contact_id
        return await refold(connection, self.runtime, self.caller, [name], own=name)

    async def there(self, connection: Connection) -> list[Known]:
        """What who is there showed, in the contact or in the legs before it."""
        shown = await read_shown(connection, self.caller.tenant, self.contact.contact_id)
        return [Known(this.node, this.namespace, this.assurance, this.method, this.stands) for this in shown]

    def write_contact(self, plan: Plan, verdict: Verdict, persons: Sequence[int]) -> Answer:
        """The rows of where the contact stands now; answers what a replay will."""
        name, anchored = self.contact.contact_id, verdict.resolution.anchor is not None
        write_anchor(plan, name, verdict, persons)
        if anchored or self.contact.anchor_node is not None:
            write_own_profile(plan, name, self.time_us, live=not anchored)
        plan.touch_conversation(self.contact.conversation_id)
        stored, earlier = verdict.answer(), self.contact.answer or NOTHING_ANSWERED
        plan.add(ContactAnswerRow(contact_id=name, answer=msgspec.structs.replace(earlier, latest=stored)))
        self.once.write(plan, stored)
        return stored

    def answer(self, stored: Answer, revision: int) -> EvidenceAdded:
        return EvidenceAdded(
            contact=self.contact.contact_id,
            outcome=Outcome(stored.outcome),
            results=stored.results,
            items=self.items,
            revision=revision,
        )
