"""A history of the model as calls of the API: each fact at its own time, by a clock that the player sets."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ctypes import c_int64
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from disclosure import model
from google.protobuf.field_mask_pb2 import FieldMask
from profile_client import AsyncProfileClient, ProfileError

from profile_service.identity.graph.model import Assurance
from profile_service.identity.policies import shipped_policy
from profile_service.identity.policy import DAY_US, Namespace, Policy, Source
from profile_service.v1 import (
    AddEvidenceRequest,
    Attendant,
    Audience,
    CheckAnswersRequest,
    ContactReference,
    CorrectContactRequest,
    Direction,
    EndContactRequest,
    Fact,
    GetContextRequest,
    HandoffContext,
    Identifier,
    Initiation,
    Interaction,
    Profile,
    Promise,
    Proof,
    ProofMethod,
    RecordInteractionRequest,
    ReleaseIdentifierRequest,
    ResolveProfileRequest,
    Role,
    SourceKey,
    SourceRecord,
    StartContactRequest,
    UpdateProfileRequest,
)
from tests.integration.desk import stamp

METHODS: Mapping[model.Method, str] = {
    model.Method.LOGIN: "SIGNED_LOGIN",
    model.Method.KEYED: "KEYED_SECRET",
    model.Method.PASSWORD: "ONE_TIME_PASSWORD",
    model.Method.SPOKEN: "ONE_TIME_PASSWORD",
    model.Method.WEBHOOK: "SIGNED_WEBHOOK",
    model.Method.CALLER_ID: "CALLER_ID_ATTESTED",
    model.Method.DMARC: "MAIL_DMARC",
    model.Method.SESSION: "SESSION",
    model.Method.STATED: "STATED",
    model.Method.DIALLED: "DIALLED",
}
CHANNELS: Mapping[model.Method, str] = {
    model.Method.CALLER_ID: "voice",
    model.Method.DIALLED: "voice",
    model.Method.DMARC: "email",
}
ATTRIBUTES = {"given": "given_name"}
BEFORE_NOW_S = 3600
"""The model's `now` lies so long before ours: no event is in the future."""
ISSUED_TOO = ("crm", "account")
"""The model's `account` is an attribute of the CRM; here the CRM states it as the identifier that it is."""
CORRECTED = "not this customer"
BOT, AGENT = model.Reader.AUTOMATED, model.Reader.AGENT


class NotPlayable(Exception):
    """A fact that no call of the API says yet."""


def policy_of(rules: model.Policy) -> Policy:
    """The policy of the model as the service's."""
    shipped = shipped_policy("default")
    names = {source for source, _ in (rules.issues | rules.vouches | {ISSUED_TOO})}
    namespaces = dict(shipped.namespaces)
    namespaces["card"] = Namespace(name="card", strength=94, join=Assurance.OBSERVED)
    for name, namespace in namespaces.items():
        namespaces[name] = replace(
            namespace,
            strength=rules.strengths.get(name, namespace.strength),
            limit=rules.limits.get(name, 0),
            silence_us=rules.silence_days.get(name, 0) * DAY_US,
            ttl_days=0,
        )
    return replace(
        shipped,
        namespaces=namespaces,
        channels={**shipped.channels, "post": Assurance.VERIFIED},
        sources={name: _source(rules, name) for name in sorted(names | set(rules.answer_sources))},
        points=dict(rules.points),
        desks=rules.desks,
        public=frozenset({"post"}),
        settle_us=rules.settle_days * DAY_US,
    )


def _source(rules: model.Policy, name: str) -> Source:
    return Source(
        issues=frozenset(namespace for source, namespace in rules.issues | {ISSUED_TOO} if source == name),
        vouches=frozenset(namespace for source, namespace in rules.vouches if source == name),
        answers=name in rules.answer_sources,
    )


def value_of(identifier: model.Identifier) -> str:
    """A value of the model as one that the namespace takes."""
    if identifier.namespace in ("phone", "whatsapp"):
        digits = int(identifier.value.removeprefix("+").encode().hex(), 16) % 10_000_000
        return f"+43660{digits:07d}" if identifier.namespace == "phone" else f"115544{digits:07d}@lid"
    if identifier.namespace == "email":
        local, _, domain = identifier.value.partition("@")
        return f"{local}@{domain or 'm'}.example.org"
    if identifier.namespace == "x":
        return identifier.value.removeprefix("@")
    return f"{identifier.value}-{identifier.namespace}"


def mark(node: model.Node) -> str:
    """An attribute that one record alone has: where it is told, that record is."""
    return f"mark_{node.source}_{node.value}".replace("-", "_").lower()


class Clock:
    """The server's clock: microseconds since the epoch, in memory that processes may share."""

    def __init__(self, microseconds: Any = None) -> None:
        self.microseconds: Any = microseconds or c_int64()

    @property
    def now_us(self) -> int:
        """The time."""
        return self.microseconds.value

    @now_us.setter
    def now_us(self, now_us: int) -> None:
        self.microseconds.value = now_us

    def __call__(self) -> int:
        return self.now_us


@dataclass
class Desk:
    """One tenant of the service, and what it was told."""

    clock: Clock
    base_s: int
    client: AsyncProfileClient
    bot: AsyncProfileClient
    both: AsyncProfileClient
    others: Mapping[str, AsyncProfileClient]
    rules: model.Policy
    settle: Callable[[], Awaitable[None]]
    contacts: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    profiles: dict[model.Node, str] = field(default_factory=dict)
    words: dict[str, model.Word] = field(default_factory=dict)
    dispositions: dict[str, str] = field(default_factory=dict)
    guarded: set[model.Node] = field(default_factory=set)

    def at(self, time: int) -> float:
        """A time of the model as seconds since the epoch."""
        return self.base_s + time

    identifiers: set[model.Identifier] = field(default_factory=set)
    brought: dict[str, list[model.Identifier]] = field(default_factory=dict)

    async def play(self, facts: Sequence[model.Fact]) -> None:
        """All facts in the order of their times; what one contact shows at one time comes in one call."""
        ordered = sorted((fact for fact in facts if not isinstance(fact, model.Guarded)), key=_order)
        self.guarded = {fact.node for fact in facts if isinstance(fact, model.Guarded)}
        self.dispositions = {
            word.contact: word.text for word in ordered if isinstance(word, model.Word) and word.kind == "note"
        }
        starts = {fact.id: fact.begin for fact in ordered if isinstance(fact, model.Contact)}
        begun = {
            name: [
                fact for fact in ordered if isinstance(fact, model.Proof) and (fact.contact, fact.time) == (name, at)
            ]
            for name, at in starts.items()
        }
        for _, group in groupby(ordered, key=_call):
            call = list(group)
            self.clock.now_us = int(self.at(model.time_of(call[0]) or 0) * 1_000_000)
            await self.settle()
            await self.said(call, begun)

    async def said(self, call: Sequence[model.Fact], begun: Mapping[str, list[model.Proof]]) -> None:
        """One call."""
        first = call[0]
        if isinstance(first, model.Contact):
            await self.start(first, begun[first.id])
        elif isinstance(first, model.Proof):
            proofs = [fact for fact in call if isinstance(fact, model.Proof) and fact not in begun[first.contact]]
            if proofs:
                await self.evidence(proofs)
        elif isinstance(first, model.Answer):
            await self.answer([fact for fact in call if isinstance(fact, model.Answer)])
        else:
            for fact in call:
                await self.single(fact)

    async def single(self, fact: model.Fact) -> None:
        """A fact that is a call by itself."""
        match fact:
            case model.Delivery():
                await self.delivery(fact)
            case model.Word():
                await self.word(fact)
            case model.Ended():
                await self.end(fact)
            case model.Correction():
                await self.correct(fact)
            case model.Released():
                await self.release(fact)
            case model.ReleaseUndone():
                await self.undo(fact)
            case model.Scored():
                pass  # the service scores the records itself
            case _:
                raise NotPlayable(type(fact).__name__)

    async def end(self, ended: model.Ended) -> None:
        """A contact ends, with what staff noted as its disposition."""
        await self.client.call(
            EndContactRequest(
                contact=self.ref(ended.contact),
                occur_time=self.stamp(ended.time),
                disposition=self.dispositions.get(ended.contact, ""),
            )
        )

    def stamp(self, time: int) -> Any:
        """A time of the model."""
        return stamp(self.at(time))

    def ref(self, contact: str) -> ContactReference:
        """A contact of the model."""
        return ContactReference(name=self.contacts[contact])

    def shown(self, proof: model.Proof) -> Identifier:
        """What was shown."""
        if proof.method not in METHODS:
            raise NotPlayable(proof.method)
        self.brought.setdefault(proof.contact, []).append(proof.identifier)
        return self.identifier(proof.identifier, METHODS[proof.method], proof.role.name)

    def identifier(self, identifier: model.Identifier, method: str, role: str = "SUBJECT") -> Identifier:
        """An identifier of the model."""
        self.identifiers.add(identifier)
        return Identifier(
            namespace=identifier.namespace,
            value=value_of(identifier),
            scope="main" if identifier.namespace == "whatsapp" else "",
            role=Role.Value(f"ROLE_{role}"),
            proof=Proof(method=ProofMethod.Value(f"PROOF_METHOD_{method}")),
        )

    async def start(self, contact: model.Contact, proofs: list[model.Proof]) -> None:
        """A contact begins."""
        channels = [CHANNELS[proof.method] for proof in proofs if proof.method in CHANNELS]
        signed = [proof.identifier.namespace for proof in proofs if proof.method is model.Method.WEBHOOK]
        channels += [namespace for namespace in signed if namespace in ("whatsapp", "x")]
        channel = "post" if contact.public else channels[0] if channels else "webchat"
        previous = [self.ref(contact.previous)] if contact.previous in self.contacts else []
        initiation = "TRANSFER" if contact.is_transfer and contact.previous else "NEW"
        request = StartContactRequest(
            source_key=SourceKey(source=contact.source, id=contact.id),
            channel=channel,
            occur_time=self.stamp(contact.begin),
            identifiers=[self.shown(proof) for proof in proofs],
            previous_contacts=previous,
            initiation=Initiation.Value(f"INITIATION_{initiation}"),
            direction=Direction.Value(f"DIRECTION_{'OUTBOUND' if contact.outbound else 'INBOUND'}"),
            attendants=[Attendant(kind=Attendant.KIND_AGENT, id="somebody")],
            audience=Audience.AUDIENCE_AGENT,
        )
        if contact.overheard:
            request.identifiers.append(
                Identifier(
                    namespace="email",
                    value="cc@cc.example.org",
                    role=Role.ROLE_PARTICIPANT,
                    proof=Proof(method=ProofMethod.PROOF_METHOD_STATED),
                )
            )
        client = self.both if contact.covers else self.client
        answer = await client.call(request)
        self.contacts[contact.id], self.channels[contact.id] = answer.contact, channel

    async def evidence(self, proofs: list[model.Proof]) -> None:
        """Something turns up in a contact."""
        await self.client.call(
            AddEvidenceRequest(
                contact=self.ref(proofs[0].contact),
                request_id=str(uuid.uuid4()),
                occur_time=self.stamp(proofs[0].time),
                identifiers=[self.shown(proof) for proof in proofs],
                audience=Audience.AUDIENCE_AGENT,
            )
        )

    async def delivery(self, delivery: model.Delivery) -> None:
        """A source tells of a record."""
        if delivery.proved:
            raise NotPlayable("proved")
        given: dict[str, str] = dict(delivery.attributes)
        known = given.pop("account", None)
        of_others = delivery.heard | delivery.others
        stated = [identifier for identifier in delivery.identifiers if identifier not in of_others]
        stated += [] if known is None else [model.Identifier("account", known)]
        identifiers = [self.identifier(identifier, "SYSTEM_OF_RECORD") for identifier in stated]
        identifiers += [self.identifier(identifier, "STATED") for identifier in sorted(delivery.heard)]
        identifiers += [
            self.identifier(identifier, "SYSTEM_OF_RECORD", "ON_BEHALF_OF") for identifier in sorted(delivery.others)
        ]
        answer = await self.client.call(
            ResolveProfileRequest(
                identifiers=identifiers,
                source_record=SourceRecord(
                    source_key=SourceKey(source=delivery.source, id=delivery.key),
                    attributes={ATTRIBUTES.get(key, key): value for key, value in given.items()}
                    | {mark(delivery.node): "m"},
                    source_revision=delivery.revision,
                    partial=delivery.partial,
                ),
                occur_time=stamp(self.at(delivery.time) + len(self.profiles) / 1000),
            )
        )
        self.profiles[delivery.node] = answer.profile
        if delivery.node in self.guarded:
            await self.guard(answer.profile, delivery.time)

    async def guard(self, profile: str, time: int) -> None:
        """Staff guard a customer."""
        await self.client.call(
            UpdateProfileRequest(
                profile=Profile(name=profile, guarded=True),
                update_mask=FieldMask(paths=["guarded"]),
                request_id=str(uuid.uuid4()),
                occur_time=self.stamp(time),
                purpose="staff",
            )
        )

    async def answer(self, answers: list[model.Answer]) -> None:
        """The customer answers."""
        first = answers[0]
        client = self.bot if first.asked_by is BOT else self.client
        given = {answer.attribute: answer.value for answer in answers}
        if "account" in given:
            given["account"] = value_of(model.Identifier("account", given["account"]))
        try:
            await client.call(
                CheckAnswersRequest(
                    contact=self.ref(first.contact),
                    request_id=str(uuid.uuid4()),
                    occur_time=self.stamp(first.time),
                    answers=given,
                )
            )
        except ProfileError as error:
            if error.reason != "CHECKS_EXHAUSTED":
                raise

    async def word(self, word: model.Word) -> None:
        """Something is said, and what was said is a fact of its own key; a note is the disposition at the end."""
        if word.kind == "note":
            return
        key = f"word{len(self.words)}"
        self.words[key] = word
        speaker = "CUSTOMER" if word.role is model.Role.SUBJECT else "PARTICIPANT"
        interaction = Interaction(
            source_key=SourceKey(source="desk", id=key),
            occur_time=self.stamp(word.time),
            kind=Interaction.KIND_MESSAGE,
            speaker=Interaction.Speaker.Value(f"SPEAKER_{speaker}"),
            text=word.text,
        )
        if word.kind == "promise":
            interaction.promises.append(Promise(key=key, what=word.text))
        else:
            interaction.facts.append(Fact(key=key, value=word.text))
        await self.client.call(RecordInteractionRequest(contact=self.ref(word.contact), interaction=interaction))

    async def correct(self, correction: model.Correction) -> None:
        """An agent says whose contact it is."""
        profile = "" if correction.node is None else self.profiles[correction.node]
        await self.client.call(
            CorrectContactRequest(
                contact=self.ref(correction.contact),
                request_id=str(uuid.uuid4()),
                occur_time=self.stamp(correction.time),
                correct_profile=profile,
                reason=CORRECTED,
            )
        )

    async def release(self, release: model.Released) -> None:
        """An identifier is given back: by a source, or in a contact."""
        client = self.others.get(release.source, self.client)
        await client.call(
            ReleaseIdentifierRequest(
                identifier=self.identifier(release.identifier, "STATED"),
                occur_time=self.stamp(release.time),
                request_id=str(uuid.uuid4()),
                contact=self.ref(release.contact) if release.contact else None,
            )
        )

    async def undo(self, undone: model.ReleaseUndone) -> None:
        """The release was wrong."""
        await self.client.call(
            ReleaseIdentifierRequest(
                identifier=self.identifier(undone.identifier, "STATED"),
                occur_time=self.stamp(undone.time),
                request_id=str(uuid.uuid4()),
                undo=True,
            )
        )

    async def context(self, contact: str, reader: model.Reader, now: int) -> HandoffContext:
        """What a reader gets at a time."""
        self.clock.now_us = int(self.at(now) * 1_000_000) + 1
        await self.settle()
        audience = Audience.AUDIENCE_AGENT if reader is AGENT else Audience.AUDIENCE_AUTOMATED
        answer = await self.client.call(GetContextRequest(contact=self.ref(contact), audience=audience))
        return answer.context


def _order(fact: model.Fact) -> tuple[int, int, str]:
    kinds = (model.Delivery, model.Contact, model.Proof)
    last = len(kinds) + isinstance(fact, model.Ended)
    rank = next((number for number, kind in enumerate(kinds) if isinstance(fact, kind)), last)
    name = fact.id if isinstance(fact, model.Contact) else str(getattr(fact, "contact", ""))
    return model.time_of(fact) or 0, rank, name


def _call(fact: model.Fact) -> tuple[object, ...]:
    """What is said in one call: all that a contact shows at one time, and all answers to one question."""
    if isinstance(fact, (model.Proof, model.Word)):
        return type(fact), fact.contact, fact.time
    if isinstance(fact, model.Answer):
        return type(fact), fact.contact, fact.time, fact.asked_by
    return type(fact), id(fact)
