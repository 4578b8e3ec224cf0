"""A history of the model of threads as calls of the API, in the order of its times."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threads import rules

from profile_service.v1 import (
    AddEvidenceRequest,
    Audience,
    CloseConversationRequest,
    ContactReference,
    CorrectContactRequest,
    Direction,
    EndContactRequest,
    ExternalReference,
    Identifier,
    Initiation,
    Interaction,
    IssueCarryOverCodeRequest,
    JoinConversationsRequest,
    MoveContactRequest,
    Proof,
    ProofMethod,
    RecordInteractionRequest,
    ResolveProfileRequest,
    Role,
    SourceKey,
    SourceRecord,
    SplitConversationRequest,
    StartContactRequest,
)
from tests.integration.desk import stamp
from tests.threaded.asked import Asked, mailbox

FIRST = 100 * rules.DAY
"""The model's time 0 on the clock of a desk."""
KINDS: Mapping[rules.Kind, str] = {
    rules.Kind.NORMAL: "NEW",
    rules.Kind.TRANSFER: "TRANSFER",
    rules.Kind.CONSULT: "CONSULT",
    rules.Kind.CAMPAIGN: "CAMPAIGN",
}
MODES: Mapping[rules.Mode, str] = {rules.Mode.AUTO: "AUTO", rules.Mode.NEW: "NEW", rules.Mode.CONTINUE: "CONTINUE"}
SPEAKERS: Mapping[rules.Speaker, tuple[str, str]] = {
    rules.Speaker.CUSTOMER: ("CUSTOMER", "MESSAGE"),
    rules.Speaker.OURS: ("AGENT", "MESSAGE"),
    rules.Speaker.OTHER: ("SYSTEM", "EVENT"),
}


def time_of(fact: rules.Fact) -> float:
    """When it was."""
    return fact.begin if isinstance(fact, rules.Contact) else getattr(fact, "time", 0.0)


def _order(fact: rules.Fact) -> tuple[bool, float, bool]:
    """By time; what takes something back has none."""
    return isinstance(fact, rules.Withdrawn), time_of(fact), not isinstance(fact, rules.Contact)


@dataclass
class Played(Asked):
    """One tenant as it is told of a history."""

    heard: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str | None] = field(default_factory=dict)
    acts: dict[str, Any] = field(default_factory=dict)
    starts: dict[str, Any] = field(default_factory=dict)
    now: float = 0

    async def play(self, facts: Sequence[rules.Fact], *, as_they_arrive: bool = False) -> None:
        """All facts: the customers first, then by their times, or as they stand."""
        for customer in sorted(
            {fact.customer for fact in facts if isinstance(fact, rules.Identified)} - {None}, key=str
        ):
            await self.customer(str(customer))
        begins = {fact.id: fact.begin for fact in facts if isinstance(fact, rules.Contact)}
        self.sources = {fact.id: fact.source for fact in facts if isinstance(fact, rules.Contact)}
        known = {
            fact.contact: fact
            for fact in facts
            if isinstance(fact, rules.Identified) and fact.customer and fact.time == begins.get(fact.contact)
        }
        for fact in facts if as_they_arrive else sorted(facts, key=_order):
            if isinstance(fact, rules.Identified) and known.get(fact.contact) == fact:
                continue
            self.now = max(self.now, time_of(fact))
            self.desk.clock.now_us = int(self.desk.at(int(FIRST)) * 1_000_000 + self.now * 1_000_000) + 1
            await self.said(fact, known)

    async def customer(self, name: str) -> None:
        """A customer is on file, with a mailbox."""
        self.desk.clock.now_us = int(self.desk.at(0) * 1_000_000) + 1
        answer = await self.call(
            ResolveProfileRequest(
                identifiers=[self.shown(name, "SYSTEM_OF_RECORD")],
                source_record=SourceRecord(
                    source_key=SourceKey(source="crm", id=name), attributes={"given_name": name}
                ),
                occur_time=stamp(self.desk.at(0)),
                request_id=str(uuid.uuid4()),
            )
        )
        self.profiles[name] = answer.profile

    def stamp(self, time: float) -> Any:
        """A time of the model."""
        return stamp(self.desk.at(int(FIRST)) + time)

    async def said(self, fact: rules.Fact, known: Mapping[str, rules.Identified]) -> None:
        """One call."""
        match fact:
            case rules.Contact():
                await self.start(fact, known.get(fact.id))
            case rules.Identified():
                await self.identified(fact)
            case rules.Said():
                await self.words(fact)
            case rules.Ended():
                self.ended.add(fact.contact)
                await self.call(EndContactRequest(contact=self.ref(fact.contact), occur_time=self.stamp(fact.time)))
            case rules.Close():
                name = await self.conversation(fact.contact)
                await self.call(CloseConversationRequest(name=name.name, occur_time=self.stamp(fact.time)))
            case rules.Move():
                target = None if fact.target is None else self.ref(fact.target)
                await self.act(MoveContactRequest(contact=self.ref(fact.contact), target=target), fact)
            case rules.Join():
                joined = JoinConversationsRequest(contact=self.ref(fact.contact), other=self.ref(fact.other))
                await self.act(joined, fact)
            case rules.Split():
                await self.act(SplitConversationRequest(contacts=map(self.ref, sorted(fact.contacts))), fact)
            case rules.Withdrawn():
                request = self.acts[fact.act]
                request.undo = True
                await self.call(request)
            case rules.Merged():
                await self.merged(fact)
            case _:
                raise NotImplementedError(fact)

    async def act(self, request: Any, fact: rules.Act) -> None:
        """Somebody says something of conversations."""
        request.request_id = str(uuid.uuid4())
        request.occur_time.CopyFrom(self.stamp(fact.time))
        self.acts[fact.id] = request
        await self.call(request)

    async def merged(self, fact: rules.Merged) -> None:
        """A record of the shop states both customers' mailboxes, or one of them alone."""
        stated = [fact.one, fact.other] if fact.together else [fact.one]
        proof = Proof(method=ProofMethod.PROOF_METHOD_SYSTEM_OF_RECORD)
        await self.call(
            ResolveProfileRequest(
                identifiers=[
                    Identifier(namespace="email", value=mailbox(name), role=Role.ROLE_SUBJECT, proof=proof)
                    for name in stated
                ],
                source_record=SourceRecord(source_key=SourceKey(source="shop", id=f"{fact.one} {fact.other}")),
                occur_time=self.stamp(fact.time),
                request_id=str(uuid.uuid4()),
            )
        )

    async def start(self, contact: rules.Contact, known: rules.Identified | None) -> None:
        """A contact begins."""
        self.customers[contact.id] = None if known is None else known.customer
        continued = "" if contact.continues is None else (await self.conversation(contact.continues)).name
        code = self.codes.get(contact.id) or await self.code(contact)
        request = StartContactRequest(
            source_key=SourceKey(source=contact.source, id=contact.id),
            channel=contact.channel,
            brand=contact.brand,
            occur_time=self.stamp(contact.begin),
            identifiers=[] if known is None else [self.shown(str(known.customer))],
            previous_contacts=[
                ContactReference(source_key=SourceKey(source=self.sources.get(name, contact.source), id=name))
                for name in contact.previous
            ],
            external_references=[ExternalReference(kind=of.kind, value=of.value) for of in sorted(contact.references)],
            initiation=Initiation.Value(f"INITIATION_{KINDS[contact.kind]}"),
            direction=Direction.Value(f"DIRECTION_{'INBOUND' if contact.inbound else 'OUTBOUND'}"),
            threading=StartContactRequest.Threading.Value(f"THREADING_{MODES[contact.mode]}"),
            continue_conversation=continued,
            carry_over_code=code,
            audience=Audience.AUDIENCE_AGENT,
        )
        self.starts[contact.id] = request
        answer = await self.call(request)
        self.names[contact.id], self.heard[contact.id] = answer.contact, answer.conversation

    async def code(self, contact: rules.Contact) -> str:
        """The carry-over code that a contact presents."""
        if contact.code_from is None:
            return ""
        return (await self.call(IssueCarryOverCodeRequest(contact=self.ref(contact.code_from)))).code

    async def identified(self, fact: rules.Identified) -> None:
        """Who the customer is turns out, or who it is not."""
        before = self.customers.get(fact.contact)
        self.customers[fact.contact] = fact.customer
        if fact.customer is not None and before is None:
            await self.call(
                AddEvidenceRequest(
                    contact=self.ref(fact.contact),
                    request_id=str(uuid.uuid4()),
                    occur_time=self.stamp(fact.time),
                    identifiers=[self.shown(fact.customer)],
                    audience=Audience.AUDIENCE_AGENT,
                )
            )
            return
        await self.call(
            CorrectContactRequest(
                contact=self.ref(fact.contact),
                request_id=str(uuid.uuid4()),
                occur_time=self.stamp(fact.time),
                correct_profile="" if fact.customer is None else self.profiles[fact.customer],
                reason="it is somebody else",
            )
        )

    async def words(self, fact: rules.Said) -> None:
        """Something is said."""
        speaker, kind = SPEAKERS[fact.speaker]
        interaction = Interaction(
            source_key=SourceKey(source="desk", id=fact.id),
            occur_time=self.stamp(fact.time),
            kind=Interaction.Kind.Value(f"KIND_{kind}"),
            speaker=Interaction.Speaker.Value(f"SPEAKER_{speaker}"),
            text=fact.id,
        )
        await self.call(RecordInteractionRequest(contact=self.ref(fact.contact), interaction=interaction))
