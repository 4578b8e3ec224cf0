"""StartContact: resolve who it is, thread the contact into a conversation, hand the context over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.contact.interaction import InteractionContent, write_interaction
from profile_service.engine.contact.target import AttendantNamed, ContactTarget, contact_key
from profile_service.engine.contact.verdict import Verdict, judge, write_anchor, write_own_profile
from profile_service.engine.graph import breaker, neighbourhood
from profile_service.engine.graph.change import Change, decide, standing_after
from profile_service.engine.graph.evidence import Evidence, Standing, find_keys, is_fresh, is_known, known_standing
from profile_service.engine.graph.rows import write_change, write_known
from profile_service.engine.graph.settlement import Draft, write_and_settle
from profile_service.engine.identifiers import Given, Item, Origin, identify
from profile_service.engine.matching.likelihood import probabilities
from profile_service.engine.runtime import Runtime
from profile_service.errors import ConversationNotFound, KeyReused, RevisionConflict
from profile_service.identity.contact.model import Direction, Initiation
from profile_service.identity.contact.threads import OpenConversation, Thread, Threading, choose_thread
from profile_service.identity.graph.model import Assurance, NodeId, Outcome, Role
from profile_service.identity.graph.plan import GraphPlan, Neighbourhood
from profile_service.store.database import Connection
from profile_service.store.keyring import Keyring
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries.find import Find, Found, FoundConversation, find
from profile_service.store.queries.graph import OwnLinks
from profile_service.store.rows.contact import ContactPayload, ContactRow, ConversationRow, ReferenceRow
from profile_service.store.rows.graph import EvidenceRow

TRANSFER_WITHIN_US = 3_600_000_000
"""A transfer hands over what the previous contact proved if that is live, or ended within the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartContact:
    """The request, without protobuf."""

    source: str
    source_contact_id: str
    channel: str
    occur_time_us: int
    given: Sequence[Given] = ()
    previous: Sequence[ContactTarget] = ()
    references: Sequence[tuple[str, str]] = ()
    direction: Direction = Direction.UNSPECIFIED
    initiation: Initiation = Initiation.UNSPECIFIED
    business_endpoint: str = ""
    brand: str = ""
    attendants: tuple[AttendantNamed, ...] = ()
    threading: Threading = Threading.AUTO
    continue_conversation: str | None = None
    first_interaction: InteractionContent | None = None
    default_region: str = ""

    def digest(self, keyring: Keyring, tenant: str) -> bytes:
        """The keyed hash of the fields in a fixed order, version 2; it does not depend on a serialisation."""
        first = self.first_interaction
        fields = [
            2,
            self.channel,
            self.occur_time_us,
            [[one.namespace, one.value, one.scope, int(one.role), one.method, one.proof_time_us] for one in self.given],
            [[one.contact_id, one.source, one.source_contact_id] for one in self.previous],
            [list(pair) for pair in self.references],
            [self.direction, self.initiation, self.business_endpoint, self.brand, int(self.threading)],
            self.attendants,
            self.continue_conversation,
            self.default_region,
            first,
        ]
        return keyring.digest_fields(tenant, "start", fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The answer, without the context."""

    contact: str
    conversation: str
    outcome: Outcome
    results: Sequence[tuple[int, int, str]]
    open_conversations: Sequence[str]
    revision: int
    replayed: bool
    items: Sequence[Item] = field(default_factory=tuple[Item, ...])


async def start_contact(runtime: Runtime, caller: Caller, request: StartContact) -> Started:
    """Start a contact. Idempotent by (source, source_contact_id).

    Raises NotRegistered, SourceDenied, TimeInFuture, KeyReused, RevisionConflict, ConversationNotFound, Contention.
    """
    caller.speak_for(request.source)
    tenant = runtime.tenant(caller)
    tenant.require_channel(request.channel)
    runtime.check_time("occur_time", request.occur_time_us)
    origin = Origin(
        caller=caller,
        tenant=tenant,
        channel=request.channel,
        source=request.source,
        region=tenant.region(request.brand, request.default_region),
    )
    items = identify(runtime.keyring, origin, request.given)
    own = ContactTarget(source=request.source, source_contact_id=request.source_contact_id)
    call = _Call(
        runtime=runtime,
        caller=caller,
        request=request,
        items=items,
        key=contact_key(runtime, caller.tenant, own),
        digest=request.digest(runtime.keyring, caller.tenant),
    )
    started = await runtime.persist(call.attempt)
    await breaker.watch(runtime, caller, call.decided, request.occur_time_us)
    return started


@dataclass(slots=True)
class _Call:
    runtime: Runtime
    caller: Caller
    request: StartContact
    items: list[Item]
    key: bytes
    digest: bytes
    changed: Change | None = None

    @property
    def decided(self) -> GraphPlan | None:
        """What the last attempt decided of the graph."""
        return None if self.changed is None else self.changed.plan

    def wanted(self) -> Find:
        runtime, tenant, request = self.runtime, self.caller.tenant, self.request
        return Find(
            keys=find_keys(self.items, request.occur_time_us),
            contact_key=self.key,
            previous=[
                (None if one.contact_id else contact_key(runtime, tenant, one), one.contact_id)
                for one in request.previous
            ],
            references=[runtime.keyring.digest(tenant, "reference", *pair) for pair in request.references],
            continued=request.continue_conversation,
        )

    async def attempt(self) -> Started | None:
        self.changed = None
        wanted = self.wanted()
        found = await self.runtime.find(self.caller.tenant, wanted)
        replay = self.replay(found)
        if replay is not None:
            return replay
        contact = found.contact.id if found.contact else self.runtime.new_id()
        evidence = self.evidence(contact, found)
        policy = self.runtime.tenant(self.caller).policy
        if is_known(evidence, found, policy) and not evidence.earlier:
            plan = self.plan(contact)
            write_known(plan, evidence, found, policy)
            standing = known_standing(evidence, found)
            return await self.finish(plan, contact, found, standing, None)
        if is_fresh(evidence, found):
            around = Neighbourhood(nodes={}, links=())
            plan, standing = self.change(contact, evidence, found, around, OwnLinks())
            return await self.finish(plan, contact, found, standing, None)
        return await self.runtime.transact(
            self.caller.tenant, lambda connection: self.attempt_locked(connection, wanted)
        )

    async def attempt_locked(self, connection: Connection, wanted: Find) -> Started | None:
        """Evidence changes what is known: under the locks of everything that it can reach."""
        first = await find(connection, self.caller.tenant, [wanted])
        contact = first[0].contact.id if first[0].contact else self.runtime.new_id()
        evidence = self.evidence(contact, first[0])
        loaded = await neighbourhood.load_locked(connection, self.runtime, self.caller, wanted, evidence)
        if loaded is None:
            return None
        found, around, own = loaded
        replay = self.replay(found)
        if replay is not None:
            return replay
        plan, standing = self.change(contact, evidence, found, around, own)
        return await self.finish(plan, contact, found, standing, connection)

    def plan(self, contact: str) -> Plan:
        plan = self.runtime.plan(self.caller, {"contact": contact})
        plan.lock(self.key)
        return plan

    def replay(self, found: Found) -> Started | None:
        known = found.contact
        if known is None or known.digest is None or known.answer is None:
            return None
        if known.digest != self.digest:
            raise KeyReused(key="source_contact_id")
        return Started(
            contact=known.id,
            conversation=known.conversation,
            outcome=Outcome(known.answer.outcome),
            results=known.answer.results,
            open_conversations=known.answer.offered,
            revision=known.answer.revision,
            replayed=True,
            items=self.items,
        )

    def evidence(self, contact: str, found: Found) -> Evidence:
        """The set of this contact; a transfer brings along what the previous contact proved, at most as OBSERVED."""
        return Evidence(
            subject=contact,
            items=self.items,
            channel=self.request.channel,
            occur_time_us=self.request.occur_time_us,
            earlier=[(node, assurance) for node, _, assurance in self.handed_over(found)],
        )

    def handed_over(self, found: Found) -> list[tuple[NodeId, str, Assurance]]:
        if self.request.initiation is not Initiation.TRANSFER:
            return []
        recent = self.request.occur_time_us - TRANSFER_WITHIN_US
        # Two legs may have proved the same identifier.
        proved = {
            one.node: one.namespace
            for contact in found.previous
            if contact.source == self.request.source and (contact.end_time_us is None or contact.end_time_us >= recent)
            for one in contact.evidence or ()
            if one.assurance > Assurance.CLAIMED
        }
        return [(node, namespace, Assurance.OBSERVED) for node, namespace in proved.items()]

    def change(
        self, contact: str, evidence: Evidence, found: Found, around: Neighbourhood, own: OwnLinks
    ) -> tuple[Plan, Standing]:
        policy = self.runtime.tenant(self.caller).policy
        change = decide(self.runtime, policy, evidence, found, around, own)
        plan = self.plan(contact)
        write_change(plan, self.runtime, self.caller, change)
        self.changed = change
        return plan, standing_after(found, change)

    async def finish(
        self, plan: Plan, contact: str, found: Found, standing: Standing, connection: Connection | None
    ) -> Started | None:
        """Write the contact's own rows beside those of the graph; None where the plan no longer holds."""
        tenant = self.runtime.tenant(self.caller)
        earlier = self.handed_over(found)
        verdict = judge(standing, self.items, earlier, tenant.policy)
        names = [name for name, _ in verdict.resolution.candidates]
        read = self.runtime.reader(self.caller, connection)
        likely = await probabilities(self.runtime, self.caller, self.items, found, names, read)
        if likely:
            verdict = replace(verdict, probabilities=likely)
        thread = self.thread(found, verdict, standing)
        conversation = thread.conversation or self.runtime.new_id()
        if found.contact is not None:
            conversation = found.contact.conversation
        revision = self.runtime.clock()
        self.write_contact(plan, contact, conversation, found, verdict, thread, revision)
        for node, _, assurance in earlier:
            plan.add(
                EvidenceRow(
                    subject_id=contact,
                    node_id=node,
                    role=Role.SUBJECT,
                    assurance=assurance,
                    method="TRANSFERRED",
                    channel=self.request.channel,
                    occur_time_us=self.request.occur_time_us,
                )
            )
        if connection is None or self.changed is None:
            applied = await self.runtime.apply(plan)
        else:
            draft = Draft(plan=plan, decided=self.changed.plan, cause=self.changed.cause)
            applied = await write_and_settle(connection, self.runtime, self.caller, draft)
        if applied is not None and applied.status is PlanStatus.CONFLICT:
            raise RevisionConflict
        if applied is None or applied.status is not PlanStatus.APPLIED:
            return None
        return Started(
            contact=contact,
            conversation=conversation,
            outcome=verdict.outcome,
            results=[(index, int(result), reason) for index, result, reason in verdict.results],
            open_conversations=thread.offered,
            revision=applied.revision,
            replayed=False,
            items=self.items,
        )

    def thread(self, found: Found, verdict: Verdict, standing: Standing) -> Thread:
        request = self.request
        owners = {verdict.resolution.profile} | {
            standing.before.get(node)
            for node, state in standing.states.items()
            if state.profile == verdict.resolution.profile
        }
        mine = [_open(one) for one in found.conversations if verdict.resolution.profile and one.profile in owners]
        if request.threading is Threading.CONTINUE and found.continued is None:
            raise ConversationNotFound
        named = None
        if found.previous and request.threading is not Threading.CONTINUE:
            last = found.previous[0]
            named = OpenConversation(id=last.conversation, brand="", last_time_us=0, channel=last.channel)
        elif found.continued is not None:
            chosen = found.continued
            named = OpenConversation(id=chosen.id, brand="", last_time_us=0, channel=chosen.channel or "")
        return choose_thread(
            request.threading,
            named=named,
            open_conversations=mine,
            brand=request.brand,
            channel=request.channel,
            since_us=request.occur_time_us - self.runtime.tenant(self.caller).policy.continue_within_us,
        )

    def is_loose(self, found: Found, thread: Thread) -> bool:
        """Whether a reference alone put the contact into its conversation: it proves nothing, and shows nothing."""
        chosen = found.continued
        if chosen is None or found.previous or self.request.threading is not Threading.AUTO:
            return False
        return chosen.by_reference and thread.conversation == chosen.id

    def write_contact(
        self,
        plan: Plan,
        contact: str,
        conversation: str,
        found: Found,
        verdict: Verdict,
        thread: Thread,
        revision: int,
    ) -> None:
        request, anchor = self.request, verdict.resolution.anchor
        loose = self.is_loose(found, thread)
        plan.add(
            ConversationRow(
                conversation_id=conversation,
                brand=request.brand,
                owner_contact=contact,
                owner_node=None if loose else anchor,
                time_us=request.occur_time_us,
            )
        )
        plan.touch_conversation(conversation)
        plan.add(
            ContactRow(
                contact_id=contact,
                conversation_id=conversation,
                is_new=found.contact is None,
                key=self.key,
                source=request.source,
                channel=request.channel,
                direction=request.direction,
                initiation=request.initiation,
                brand=request.brand,
                start_time_us=request.occur_time_us,
                anchor_node=anchor,
                anchor_assurance=verdict.anchor_assurance,
                ambiguous=verdict.resolution.ambiguous,
                shared=verdict.resolution.shared and anchor is None,
                channel_change=thread.channel_change,
                loose=loose,
                start_digest=self.digest,
                payload=self.payload(),
                answer=msgspec.structs.replace(verdict.answer(), offered=tuple(thread.offered), revision=revision),
            )
        )
        if found.contact is not None:
            write_anchor(plan, contact, verdict)
        if anchor is None or found.contact is not None:
            write_own_profile(plan, contact, request.occur_time_us, live=anchor is None)
        for pair in request.references:
            key = self.runtime.keyring.digest(self.caller.tenant, "reference", *pair)
            plan.add(ReferenceRow(key=key, conversation_id=conversation))
        if request.first_interaction is not None:
            write_interaction(plan, self.runtime, request.first_interaction, contact, conversation, request.channel)

    def payload(self) -> ContactPayload:
        """What the contact holds that is nobody's key: who handles it, and the address that it arrived on."""
        reachable = REPLY_NAMESPACES.get(self.request.channel, (self.request.channel,))
        mine = [item for item in self.items if item.given.role is Role.SUBJECT and item.key is not None]
        reply = next((item.given for item in mine if item.namespace in reachable), None)
        return ContactPayload(
            attendants=self.request.attendants,
            endpoint=self.request.business_endpoint,
            reply=None if reply is None else (reply.namespace, reply.value),
            id=self.request.source_contact_id,
        )


REPLY_NAMESPACES = {
    "voice": ("phone", "sip"),
    "sms": ("phone",),
    "rcs": ("phone",),
    "whatsapp": ("whatsapp", "phone"),
}
"""Which identifier a contact arrived on, where the namespace is not named as the channel is."""


def _open(found: FoundConversation) -> OpenConversation:
    return OpenConversation(
        id=found.id, brand=found.brand, last_time_us=found.last_time_us, channel=found.channel or ""
    )
