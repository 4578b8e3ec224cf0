"""One resolution of a source record or of bare identifiers: find, match, decide, write."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.contact.verdict import judge
from profile_service.engine.graph import breaker, neighbourhood
from profile_service.engine.graph.change import Change, decide, reshares_known, standing_after
from profile_service.engine.graph.evidence import RECORD_CHANNEL, Evidence, find_keys, is_fresh, known_standing
from profile_service.engine.graph.neighbourhood import Reach
from profile_service.engine.graph.rows import rely_on, write_change
from profile_service.engine.graph.settlement import Draft, write_and_settle
from profile_service.engine.idempotency import Once
from profile_service.engine.identifiers import Item
from profile_service.engine.matching.description import Description, describe, features_of
from profile_service.engine.matching.likelihood import probabilities, question
from profile_service.engine.matching.search import Asked, Matched, match, write_matched
from profile_service.engine.resolution.answer import Resolved, ResolveProfile
from profile_service.engine.resolution.delivery import Delivery, delivery_of, overwritten
from profile_service.engine.resolution.holding import AT_ONCE_S, restore_all, weighed
from profile_service.engine.resolution.presenting import by_score, contesting
from profile_service.engine.resolution.settling import unsettled
from profile_service.engine.resolution.taking_back import take_back
from profile_service.engine.runtime import ReadCandidates, Runtime
from profile_service.identity.contact.resolution import CANDIDATES_MAX
from profile_service.identity.graph.model import LinkKind, Outcome
from profile_service.identity.graph.plan import GraphPlan
from profile_service.identity.matching.attributes import Attributes
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.found import Found
from profile_service.store.queries.threads import with_contacts
from profile_service.store.rows.contact import Answer

UNLOCKED_TRIES = 3
"""How often a change is decided on a read without locks; then it takes them, so that it gets its turn."""
MENTIONED = 0.01
"""Candidates of less probability are not mentioned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What a call would write: the plan, the answer that is stored with it, and the change of the graph."""

    plan: Plan
    stored: Answer
    change: Change


@dataclass(slots=True)
class Resolving:
    """One call. `run` decides and writes, `preview` decides alone; each reads everything anew. `description` is what a
    trusted source record says; one that is only claimed is matched with nobody."""

    runtime: Runtime
    caller: Caller
    items: list[Item]
    once: Once
    time_us: int
    request: ResolveProfile | None = None
    kind: LinkKind = LinkKind.PRESENTED
    supersedes: int | None = None
    description: Description | None = None
    tries: int = 0
    decided: GraphPlan | None = None
    delivery: Delivery = field(default_factory=Delivery)

    @property
    def features(self) -> Attributes | None:
        """What the record says, as matching compares it; None where nothing is delivered that counts."""
        return None if self.description is None else self.description.features

    def deliver(self, found: Found) -> None:
        """Compare what is delivered with what the record said before; of a part of it, go on with the whole."""
        if self.request is None or self.request.record is None:
            return
        self.delivery = delivery_of(self.runtime, self.caller, self.request, self.items, found)
        if self.description is None or self.delivery.before is None:
            return
        if self.request.partial:
            features = features_of(self.delivery.attributes, self.items[:-1]).with_identifiers(self.delivery.former)
            self.description = describe(self.runtime.keyring, self.caller.tenant, features)
        policy = self.runtime.tenant(self.caller).policy
        self.delivery = overwritten(self.delivery, self.description.features, self.items, policy)

    def noted(self, found: Found) -> tuple[Plan, Answer]:
        """What is written of a delivery that changes nothing, its key and revision, and the answer, from how everything
        stands."""
        evidence = Evidence(subject="", items=self.items, channel=RECORD_CHANNEL, occur_time_us=self.time_us)
        verdict = judge(known_standing(evidence, found), self.items, (), self.runtime.tenant(self.caller).policy)
        before, stored = self.delivery.before, verdict.answer()
        if before is not None and before.profile is not None:
            stored = msgspec.structs.replace(stored, profile=before.profile)
        plan = self.runtime.plan(self.caller, {"profile": stored.profile})
        if self.request is not None and before is not None and self.delivery.is_restated:
            plan.add(self.delivery.again(before, self.items[-1], self.request.source_revision))
        self.once.write(plan, stored)
        return plan, stored

    async def note(self, found: Found) -> Resolved | None:
        """Answer a delivery that changes nothing; None where another came meanwhile."""
        plan, stored = self.noted(found)
        applied = await self.runtime.apply(plan)
        return self.answer(stored, applied.revision) if applied.status is PlanStatus.APPLIED else None

    async def run(self) -> Resolved:
        """Try until it is written, then watch what it did. Raises Contention."""
        return await self.watched(await self.runtime.persist(self.attempt))

    async def watched(self, resolved: Resolved) -> Resolved:
        """Report what was written; an answer with several candidates gets its question."""
        await breaker.watch(self.runtime, self.caller, self.decided, self.time_us)
        if self.delivery.is_held:
            await restore_all(self.runtime, self.caller, AT_ONCE_S)
        if resolved.outcome is not Outcome.AMBIGUOUS:
            return resolved
        return replace(resolved, ask=await question(self.runtime, self.caller, [at[0] for at in resolved.candidates]))

    async def attempt(self) -> Resolved | None:
        self.tries += 1
        query = self.query()
        found = await self.runtime.find(self.caller.tenant, query)
        replay = self.once.replay(found, Answer)
        if replay is not None:
            return self.answer(replay, 0)
        self.deliver(found)
        if self.delivery.changes_nothing:
            return await self.note(found)
        if self.tries <= UNLOCKED_TRIES and not self.delivery.takes_back(self.features):
            matched = await self.match(found, self.runtime.reader(self.caller))
            evidence = self.evidence(found, matched)
            if is_fresh(evidence, found) and not evidence.scored:
                return await self.write(evidence, matched, Reach(found=found), None)
            reach = await neighbourhood.load(self.runtime, self.caller, found, evidence)
            if reach is not None:
                return await self.write(evidence, matched, reach, None)
        return await self.runtime.transact(self.caller.tenant, partial(self.attempt_locked, query))

    async def attempt_locked(self, query: Find, connection: Connection) -> Resolved | None:
        """Everything under locks, so that the call gets its turn however many others concern the same customers."""
        tenant = self.caller.tenant
        await graph.lock_keys(connection, [*self.locks(), *self.delivery.keys])
        found = (await find(connection, tenant, [query]))[0]
        self.deliver(found)
        if self.delivery.changes_nothing:
            return None  # another brought it meanwhile: the next attempt finds that
        if self.delivery.takes_back(self.features):
            self.delivery = await weighed(connection, self.runtime, self.caller, self.delivery, self.time_us)
            if not await take_back(connection, self.runtime, self.caller, self.delivery, self.features):
                return None
            found = (await find(connection, tenant, [query]))[0]
        found = found.anew(self.delivery.anew)
        matched = await self.match(found, self.runtime.reader(self.caller, connection))
        evidence = self.evidence(found, matched)
        reach = await neighbourhood.load_locked(connection, self.runtime, self.caller, query, evidence)
        if reach is None:
            return None
        replay = self.once.replay(reach.found, Answer)
        if replay is not None:
            return self.answer(replay, 0)
        return await self.write(evidence, matched, reach, connection)

    def query(self) -> Find:
        """What the call looks for."""
        record = self.items[-1].key if self.request is not None and self.request.record is not None else None
        return Find(keys=find_keys(self.items, self.time_us), record=record, request=self.once.key)

    def locks(self) -> list[bytes]:
        """The keys under which others could change what the call is decided on: identifiers, blocking keys."""
        keys = [item.key for item in self.items if item.key is not None]
        return keys if self.description is None else [*keys, *self.description.keys]

    def asked(self, found: Found, description: Description) -> Asked:
        """What is matched."""
        *items, record = self.items
        node = found.nodes.get(record.index)
        return Asked(description=description, time_us=self.time_us, items=items, found=found, node=node and node.id)

    async def match(self, found: Found, read: ReadCandidates, *, in_full: bool = False) -> Matched:
        """Compare the record with the profiles that it could belong to; what is only claimed, with nobody."""
        if self.description is None:
            return Matched()
        asked = replace(self.asked(found, self.description), in_full=in_full)
        return await match(self.runtime, self.caller, asked, read)

    def evidence(self, found: Found, matched: Matched) -> Evidence:
        """What is presented together, at the time of the call."""
        tenant = self.runtime.tenant(self.caller)
        items = unsettled(self.items, self.delivery, self.time_us, tenant.policy)
        items = items if self.description is None else contesting(items, found, matched, tenant.policy)
        scored, reviewed = by_score(items, found, matched, tenant)
        return Evidence(
            subject=self.runtime.new_id(),
            items=items,
            channel=RECORD_CHANNEL,
            occur_time_us=self.time_us,
            kind=self.kind,
            supersedes=self.supersedes,
            scored=scored,
            reviewed=reviewed,
            features=self.features,
            against=matched.decision.against(tenant.policy.matching.review),
            anew=self.delivery.anew,
            speaks=self.record is None or tenant.policy.source(self.record.namespace).speaks,
        )

    async def draft(self, evidence: Evidence, matched: Matched, reach: Reach, read: ReadCandidates) -> Drafted:
        """Decide, and gather the rows. Writes nothing."""
        runtime, policy = self.runtime, self.runtime.tenant(self.caller).policy
        change = decide(runtime, policy, evidence, reach)
        stored = await self.judged(matched, reach.found, change, read)
        plan = runtime.plan(self.caller, {"profile": stored.profile})
        if self.record is not None:
            node = change.ids[self.record.index]
            change = replace(change, evidence=replace(change.evidence, subject=node))
            revision = 0 if self.request is None else self.request.source_revision
            plan.add(self.delivery.row(self.record, node, matched.attributes, (revision, self.time_us)))
            write_matched(plan, matched, node, is_known=self.record.index in reach.found.nodes)
        write_change(plan, runtime, self.caller, change)
        self.once.write(plan, stored)
        return Drafted(plan=plan, stored=stored, change=change)

    async def write(
        self, evidence: Evidence, matched: Matched, reach: Reach, connection: Connection | None
    ) -> Resolved | None:
        drafted = await self.draft(evidence, matched, reach, self.runtime.reader(self.caller, connection))
        if connection is not None:
            change = drafted.change
            draft = Draft(plan=drafted.plan, decided=change.plan, cause=change.cause)
            applied = await write_and_settle(connection, self.runtime, self.caller, draft)
        elif reshares_known(change := drafted.change) or await with_contacts(
            self.runtime.database, self.caller.tenant, change.plan.customers_changed
        ):
            self.tries = UNLOCKED_TRIES
            return None
        else:
            rely_on(drafted.plan, drafted.change)
            applied = await self.runtime.apply(drafted.plan)
        return None if applied is None else self.written(drafted, applied)

    def written(self, drafted: Drafted, applied: graph.Applied) -> Resolved | None:
        """The answer, where the plan was written."""
        if applied.status is not PlanStatus.APPLIED:
            return None
        self.decided = drafted.change.plan
        return self.answer(drafted.stored, applied.revision)

    async def judged(self, matched: Matched, found: Found, change: Change, read: ReadCandidates) -> Answer:
        """What is answered, and stored for a replay: ids and results."""
        policy = self.runtime.tenant(self.caller).policy
        verdict = judge(standing_after(found, change), change.evidence.items, (), policy)
        names = [name for name, _ in verdict.resolution.candidates]
        likely = await probabilities(self.runtime, self.caller, self.items, found, names, read)
        verdict = replace(verdict, probabilities=likely)
        own = change.plan.nodes[change.ids[self.record.index]].profile if self.record is not None else None
        ranked = [match for match in matched.decision.ranked if match.score.probability >= MENTIONED][:CANDIDATES_MAX]
        return msgspec.structs.replace(
            verdict.answer(),
            profile=verdict.resolution.profile or own or "",
            matches=tuple((match.candidate.profile, round(match.score.probability, 4)) for match in ranked),
            capped=matched.capped,
            compared=len(matched.decision.ranked),
        )

    async def preview(self) -> tuple[Resolved, Matched]:
        """What `attempt` would do, as far as nobody else changes anything meanwhile. Writes nothing."""
        tenant, policy = self.caller.tenant, self.runtime.tenant(self.caller).policy
        found = await self.runtime.find(tenant, Find(keys=find_keys(self.items, self.time_us)))
        read = self.runtime.reader(self.caller)
        matched = await self.match(found, read, in_full=True)
        evidence = self.evidence(found, matched)
        reach = await neighbourhood.read_around(self.runtime, self.caller, found, evidence)
        change = decide(self.runtime, policy, evidence, reach)
        answer = self.answer(await self.judged(matched, reach.found, change, read), 0)
        return replace(answer, profile="" if answer.profile in change.plan.created else answer.profile), matched

    @property
    def record(self) -> Item | None:
        """The source record's own node, the last of the items."""
        return self.items[-1] if self.request is not None and self.request.record else None

    def answer(self, stored: Answer, revision: int) -> Resolved:
        return Resolved(
            profile=stored.profile,
            outcome=Outcome(stored.outcome),
            results=[at for at in stored.results if self.request is None or at[0] < len(self.request.given)],
            candidates=stored.candidates,
            items=self.items,
            revision=revision,
            matches=stored.matches,
            blocking_keys_capped=stored.capped,
            profiles_compared=stored.compared,
        )
