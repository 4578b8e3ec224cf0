"""A contact centre for tests: short calls in the name of one tenant."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from profile_client import ProfileClient, ProfileError, Target

from profile_service.v1 import (
    AddEvidenceRequest,
    Attendant,
    Audience,
    CheckAnswersRequest,
    ContactReference,
    CorrectContactRequest,
    EndContactRequest,
    GetContextRequest,
    GetProfileRequest,
    Identifier,
    Interaction,
    ListProfileInteractionsRequest,
    ProfileReference,
    Proof,
    ProofMethod,
    RecordInteractionRequest,
    ReleaseIdentifierRequest,
    ResolveProfileRequest,
    Role,
    SourceKey,
    SourceRecord,
    StartContactRequest,
)
from tests.integration import whole_run

AGENT, AUTOMATED = Audience.AUDIENCE_AGENT, Audience.AUDIENCE_AUTOMATED
VERIFIED = {"email": "ONE_TIME_PASSWORD", "phone": "ONE_TIME_PASSWORD", "device": "SIGNED_LOGIN"}
OBSERVED = {"email": "MAIL_DMARC", "phone": "CALLER_ID_ATTESTED", "device": "SESSION", "cookie": "SESSION"}
DEADLINE_S = 30.0


def claimed(namespace: str, value: str, **more: Any) -> Identifier:
    """Typed or said."""
    return one(namespace, value, "STATED", **more)


def observed(namespace: str, value: str, **more: Any) -> Identifier:
    """Delivered by the channel."""
    return one(namespace, value, OBSERVED.get(namespace, "CHANNEL_DELIVERED"), **more)


def verified(namespace: str, value: str, **more: Any) -> Identifier:
    """Proved."""
    return one(namespace, value, VERIFIED.get(namespace, "SIGNED_LOGIN"), **more)


def one(namespace: str, value: str, method: str, role: str = "SUBJECT", scope: str = "") -> Identifier:
    """An identifier."""
    return Identifier(
        namespace=namespace,
        value=value,
        scope=scope,
        role=Role.Value(f"ROLE_{role}"),
        proof=Proof(method=ProofMethod.Value(f"PROOF_METHOD_{method}")),
    )


def stamp(seconds: float) -> Timestamp:
    """Seconds since the epoch as a Timestamp."""
    timestamp = Timestamp()
    timestamp.FromMicroseconds(int(seconds * 1_000_000))
    return timestamp


def of_record(key: str) -> ProfileReference:
    """A CRM record."""
    return ProfileReference(source_key=SourceKey(source="crm", id=key))


@dataclass
class Desk:
    """One tenant. `now` moves by `step_s` with every call, so that events have an order; proofs of its begin still
    last."""

    target: Target
    tenant: str
    now: float = field(default_factory=lambda: time.time() - 3_000)
    step_s: float = 1.0
    client: ProfileClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = ProfileClient(self.target)

    def tick(self) -> Timestamp:
        """A step later."""
        self.now += self.step_s
        return stamp(self.now)

    def call(self, request: Message) -> Any:
        """Make a call, and remember what personal values went in with it, and the errors that came out."""
        whole_run.SAID.update(whole_run.personal_values(request))
        try:
            return self.client.call(request, deadline_s=DEADLINE_S)
        except ProfileError as error:
            whole_run.ERRORS.append(f"{error} {error.metadata}")
            raise

    def start_request(
        self, key: str = "", channel: str = "voice", *given: Identifier, **more: Any
    ) -> StartContactRequest:
        """A StartContact that can be sent more than once."""
        more.setdefault("occur_time", self.tick())
        more.setdefault("audience", AGENT)
        return StartContactRequest(
            source_key=SourceKey(source="test", id=key or uuid.uuid4().hex), channel=channel, identifiers=given, **more
        )

    def start(self, channel: str, *given: Identifier, **more: Any) -> Any:
        """Start a contact."""
        return self.call(self.start_request(more.pop("key", ""), channel, *given, **more))

    def evidence(self, contact: str, *given: Identifier, **more: Any) -> Any:
        """Add evidence."""
        more.setdefault("audience", AGENT)
        return self.call(AddEvidenceRequest(contact=ref(contact), identifiers=given, occur_time=self.tick(), **more))

    def record(self, contact: str, text: str, event: str = "", **more: Any) -> Any:
        """Record an interaction."""
        more.setdefault("source_key", SourceKey(source="test", id=event or uuid.uuid4().hex))
        more.setdefault("occur_time", self.tick())
        more.setdefault("kind", Interaction.KIND_MESSAGE)
        return self.call(RecordInteractionRequest(contact=ref(contact), interaction=Interaction(text=text, **more)))

    def crm(self, key: str, *given: Identifier, **attributes: str) -> Any:
        """The CRM tells of a customer."""
        record = SourceRecord(source_key=SourceKey(source="crm", id=key), attributes=attributes)
        return self.call(ResolveProfileRequest(identifiers=given, source_record=record, occur_time=self.tick()))

    def end(self, contact: str, **more: Any) -> Any:
        """End a contact."""
        return self.call(EndContactRequest(contact=ref(contact), occur_time=self.tick(), **more))

    def context(self, contact: str, audience: int = AGENT, **more: Any) -> Any:
        """Read a context."""
        return self.call(GetContextRequest(contact=ref(contact), audience=Audience.ValueType(audience), **more))

    def profile(self, name: str) -> Any:
        """Read a profile."""
        return self.call(GetProfileRequest(name=name))

    def timeline(self, profile: str, **more: Any) -> list[str]:
        """The texts of a profile's timeline."""
        answer = self.call(ListProfileInteractionsRequest(parent=profile, page_size=500, **more))
        return [interaction.text for interaction in answer.interactions]

    def correct(self, contact: str, profile: str = "", **more: Any) -> Any:
        """Correct a contact."""
        return self.call(
            CorrectContactRequest(
                contact=ref(contact),
                correct_profile=profile,
                reason="test",
                occur_time=self.tick(),
                audience=AGENT,
                **more,
            )
        )

    def check(self, contact: str, **answers: str) -> Any:
        """Check answers."""
        return self.call(CheckAnswersRequest(contact=ref(contact), answers=answers, occur_time=self.tick()))

    def release(self, identifier: Identifier, contact: str = "") -> Any:
        """Release an identifier, which a contact proved."""
        proved_in = ref(contact) if contact else None
        return self.call(ReleaseIdentifierRequest(identifier=identifier, occur_time=self.tick(), contact=proved_in))


def ref(name: str) -> ContactReference:
    """A contact by its name, or by the platform's key where it is no name."""
    if name.startswith("conversations/"):
        return ContactReference(name=name)
    return ContactReference(source_key=SourceKey(source="test", id=name))


def agent(name: str, kind: str = "AGENT") -> Attendant:
    """Somebody on our side."""
    return Attendant(kind=Attendant.Kind.Value(f"KIND_{kind}"), id=name)
