"""Requests of every RPC, and hostile values for every field of them, by the descriptors of the protos.

Most hostile messages are refused at the first rule that they break. So each begins as a request that the service would
take, and one to three of its fields, at any depth, are given a value that no honest caller sends.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from profile_service import v1
from profile_service.rpc.boundary.permissions import PERMISSIONS
from tests.integration.desk import claimed, observed, one, ref, stamp, verified

TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202e\u200b",
    "İ",
    "K",
    "\U0010ffff",
    "'; DROP TABLE node; --",
    "{}",
    "%s%n",
    "../..",
    "null",
    "x" * 33,
    "x" * 300,
    "x" * 1024,
    "x" * 70_000,
    "é" * 512,
    "ß" * 4096,
    "㌖" * 340,
    "|" * 1024,
    "a|" * 512,
    "a" * 500 + "@",
    "a@" * 300,
    "a." * 120 + "@b",
    '"' * 900,
    "<" * 900,
    "Name <a@b.example>" * 40,
    "tel:0" + "1" * 60 + ";phone-context=+1",
    "tel:863-1234;phone-context=" + "a-" * 33,
    " " * 239 + "1",
    "1" + " " * 239 + "2",
    "+" * 900,
    "(" * 900,
    "1-" * 500,
    "0" * 1000,
    "9" * 40,
    "+49 (0) 30 / 901820 ext. 12345678",
    "４９３０９０１８２０",
    "٤١١١" * 100,
    "4111 1111 1111 1111",
    "4 " * 4000,
    "67 " * 4000,
    "DE89 3704 0044 0532 0130 00",
    "sip:" + ":" * 500 + "@h",
    "https://" + "a." * 400 + "/x",
    "conversations/" + "-" * 36,
    "profiles/" + "f" * 36,
    f"conversations/{uuid.UUID(int=0)}",
    f"profiles/{uuid.UUID(int=0)}",
    f"conversations/{uuid.UUID(int=0)}/contacts/{uuid.UUID(int=0)}",
    str(uuid.UUID(int=0)),
    "g" * 36,
    "2021-02-30",
    "99999999",
    "1/1/1",
    "record/crm",
    "contact",
    "crm",
    "phone",
    "email",
    "voice",
    "unknown",
    "DE",
    "XX",
    "*",
    "preferences",
    "pins",
)
NUMBERS = (0, 1, -1, 2, 9, 99, 255, 32_768, 2**31 - 1, -(2**31))
LARGE = (*NUMBERS, 2**53, 2**63 - 1, -(2**63))
REALS = (0.0, -1.0, 1e308, float("inf"), float("-inf"), float("nan"))
SECONDS = (0, -1, 10**9, 253_402_300_799, 253_402_300_800, -62_135_596_801, 2**63 - 1, -(2**63))


@dataclass(frozen=True)
class Stage:
    """What the requests of a tenant name: a live contact, its profile, and the account that it brought."""

    contact: str
    profile: str
    account: str

    @property
    def conversation(self) -> str:
        """The contact's conversation."""
        return self.contact.partition("/contacts/")[0]


def fresh() -> str:
    """A word that nobody has used."""
    return uuid.uuid4().hex[:12]


def _interaction() -> v1.Interaction:
    return v1.Interaction(
        source_key=v1.SourceKey(source="test", id=fresh()),
        kind=v1.Interaction.KIND_MESSAGE,
        speaker=v1.Interaction.SPEAKER_CUSTOMER,
        occur_time=stamp(time.time() - 60),
        text="My machine leaks.",
        facts=[v1.Fact(key="model", value="Lario 3")],
        promises=[v1.Promise(key=fresh(), what="call back", due_time=stamp(time.time() + 60))],
        attachments=[v1.Attachment(uri="file:///a.pdf", display_name="a.pdf")],
        attributes={"queue": "repairs"},
    )


def _identifiers() -> list[v1.Identifier]:
    phone = f"+49151{random.randint(10**7, 10**8 - 1)}"
    return [observed("phone", phone), verified("email", f"{fresh()}@example.org"), claimed("account", fresh())]


def _resolve() -> v1.ResolveProfileRequest:
    record = v1.SourceRecord(source_key=v1.SourceKey(source="crm", id=fresh()))
    name = "".join(random.choices("abcdefghijklmnoprstuvwz", k=8))
    born, code = f"{random.randint(1930, 2005)}-04-03", f"{random.randint(10**4, 10**5)}"
    record.attributes.update({"given_name": "Ann", "family_name": name, "birth_date": born, "postcode": code})
    return v1.ResolveProfileRequest(
        request_id=str(uuid.uuid4()), identifiers=_identifiers(), source_record=record, occur_time=_now()
    )


def _now() -> Any:
    return stamp(time.time() - 30)


def _start(stage: Stage) -> v1.StartContactRequest:
    return v1.StartContactRequest(
        source_key=v1.SourceKey(source="test", id=fresh()),
        channel="voice",
        identifiers=_identifiers(),
        previous_contacts=[ref(stage.contact)],
        external_references=[v1.ExternalReference(kind="ticket", value=fresh())],
        attendants=[v1.Attendant(kind=v1.Attendant.KIND_AGENT, id="jonas", display_name="Jonas")],
        initiation=v1.Initiation.INITIATION_TRANSFER,
        first_interaction=_interaction(),
        occur_time=_now(),
        audience=v1.Audience.AUDIENCE_AGENT,
    )


def _one(account: str = "") -> v1.Identifier:
    return one("account", account or fresh(), "SIGNED_LOGIN")


SEEDS: Mapping[str, Callable[[Stage], Message]] = {
    "StartContact": _start,
    "AddEvidence": lambda stage: v1.AddEvidenceRequest(
        contact=ref(stage.contact), identifiers=_identifiers(), occur_time=_now(), audience=v1.Audience.AUDIENCE_AGENT
    ),
    "CheckAnswers": lambda stage: v1.CheckAnswersRequest(
        contact=ref(_own_key(stage)), answers={"birth_date": "1980-04-03"}, occur_time=_now()
    ),
    "EndContact": lambda stage: v1.EndContactRequest(
        contact=ref(fresh()), occur_time=_now(), summary="Done.", promises=[v1.Promise(key="p", what="call back")]
    ),
    "UpdateContact": lambda stage: v1.UpdateContactRequest(
        contact=ref(stage.contact),
        occur_time=_now(),
        source_revision=time.time_ns(),
        attendants=[v1.Attendant(kind=v1.Attendant.KIND_AGENT, id="jonas")],
        external_references=[v1.ExternalReference(kind="ticket", value="T-1")],
        summary="Done.",
        facts=[v1.Fact(key="size", value="42")],
        promises=[v1.Promise(key="p", what="call back")],
    ),
    "IssueCarryOverCode": lambda stage: v1.IssueCarryOverCodeRequest(contact=ref(stage.contact)),
    "ListContacts": lambda _: v1.ListContactsRequest(source="t"),
    "JoinConversations": lambda stage: v1.JoinConversationsRequest(
        contact=ref(stage.contact), other=ref(stage.contact), occur_time=_now()
    ),
    "MoveContact": lambda stage: v1.MoveContactRequest(contact=ref(stage.contact), occur_time=_now()),
    "SplitConversation": lambda stage: v1.SplitConversationRequest(contacts=[ref(stage.contact)], occur_time=_now()),
    "CheckConsent": lambda _: v1.CheckConsentRequest(identifier=_one(), purpose="marketing", channel="email"),
    "CorrectContact": lambda stage: v1.CorrectContactRequest(
        contact=ref(stage.contact), reason="another voice", correct_profile=stage.profile, occur_time=_now()
    ),
    "RecordInteraction": lambda stage: v1.RecordInteractionRequest(
        contact=ref(stage.contact), interaction=_interaction(), channel="voice"
    ),
    "BatchRecordInteractions": lambda stage: v1.BatchRecordInteractionsRequest(
        requests=[v1.RecordInteractionRequest(contact=ref(stage.contact), interaction=_interaction()) for _ in range(3)]
    ),
    "GetContext": lambda stage: v1.GetContextRequest(contact=ref(stage.contact), audience=v1.Audience.AUDIENCE_AGENT),
    "ListInteractions": lambda stage: v1.ListInteractionsRequest(parent=stage.conversation, page_size=5),
    "ListProfileInteractions": lambda stage: v1.ListProfileInteractionsRequest(
        parent=stage.profile, channels=["voice"], kinds=[v1.Interaction.KIND_MESSAGE], from_time=stamp(0)
    ),
    "CloseConversation": lambda stage: v1.CloseConversationRequest(name=stage.conversation, occur_time=_now()),
    "ResolveProfile": lambda _: _resolve(),
    "BatchResolveProfiles": lambda _: v1.BatchResolveProfilesRequest(requests=[_resolve() for _ in range(3)]),
    "LookupProfile": lambda _: v1.LookupProfileRequest(
        identifiers=_identifiers(), as_of_time=_now(), audience=v1.Audience.AUDIENCE_AGENT
    ),
    "GetProfile": lambda stage: v1.GetProfileRequest(name=stage.profile),
    "UpdateProfile": lambda stage: v1.UpdateProfileRequest(
        profile=v1.Profile(name=stage.profile, pins={"name": "Ann"}, preferences=v1.Preferences(language="de")),
        occur_time=_now(),
    ),
    "RecordConsent": lambda _: v1.RecordConsentRequest(
        identifier=_one(),
        consent=v1.Consent(purpose="marketing", channel="email", state=v1.Consent.STATE_GRANTED, occur_time=_now()),
    ),
    "ReleaseIdentifier": lambda _: v1.ReleaseIdentifierRequest(identifier=_one(), occur_time=_now()),
    "ReplaceIdentifier": lambda stage: v1.ReplaceIdentifierRequest(
        old_identifier=_one(stage.account), new_identifier=_one(), occur_time=_now()
    ),
    "ListReviews": lambda _: v1.ListReviewsRequest(page_size=5, reasons=[v1.Review.REASON_HELD]),
    "ExplainMatch": lambda stage: v1.ExplainMatchRequest(
        left=v1.ProfileReference(name=stage.profile), right=v1.ProfileReference(name=stage.profile)
    ),
    "ExplainProfile": lambda stage: v1.ExplainProfileRequest(profile=v1.ProfileReference(name=stage.profile)),
    "ExplainResolve": lambda _: v1.ExplainResolveRequest(
        identifiers=_identifiers(), source_record=_resolve().source_record, occur_time=_now()
    ),
    "SimulatePolicy": lambda _: v1.SimulatePolicyRequest(last_days=1, sample_size=1),
    "GetMergeBreaker": lambda _: v1.GetMergeBreakerRequest(),
    "TripMergeBreaker": lambda _: v1.TripMergeBreakerRequest(),
    "LiftMergeBreaker": lambda _: v1.LiftMergeBreakerRequest(),
    "RuleIdentifier": lambda stage: v1.RuleIdentifierRequest(identifier=_one(stage.account), shared=True),
}
METHODS = tuple(method.rpartition("/")[2] for method in PERMISSIONS)
WRITES = (
    "StartContact",
    "AddEvidence",
    "CheckAnswers",
    "EndContact",
    "UpdateContact",
    "JoinConversations",
    "MoveContact",
    "SplitConversation",
    "CorrectContact",
    "RecordInteraction",
    "BatchRecordInteractions",
    "CloseConversation",
    "ResolveProfile",
    "BatchResolveProfiles",
    "UpdateProfile",
    "RecordConsent",
    "ReleaseIdentifier",
    "ReplaceIdentifier",
    "TripMergeBreaker",
    "LiftMergeBreaker",
    "RuleIdentifier",
)


def _own_key(stage: Stage) -> str:
    """A contact of its own for each call: answers that fail are counted."""
    return f"checks-{fresh()}"


def role_of(method: str) -> str:
    """A role that may call a method."""
    full = next(name for name in PERMISSIONS if name.endswith(f"/{method}"))
    roles = PERMISSIONS[full]
    return next(role.value for role in sorted(roles, key=lambda role: role.value != "service"))


def spoil(message: Message, random_: random.Random) -> str:
    """Give one field of a message, at any depth, a hostile value; answers which."""
    if not message.DESCRIPTOR.fields:
        return ""
    field = cast("FieldDescriptor", random_.choice(message.DESCRIPTOR.fields))
    if field.type == FieldDescriptor.TYPE_MESSAGE and not _kind_of(field).GetOptions().map_entry:
        return f"{field.name}.{_spoil_message(message, field, random_)}"
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        value = getattr(message, field.name)
        for number in range(random_.choice((1, 1, 2, 51))):
            value[random_.choice((*TEXTS[:20], "birth_date", "name", f"a{number}"))] = random_.choice(TEXTS)
        return field.name
    value = _hostile(field, random_)
    try:
        if field.is_repeated:
            getattr(message, field.name).extend([value] * random_.choice((1, 2, 30)))
        else:
            setattr(message, field.name, value)
    except (ValueError, TypeError, UnicodeError):
        return ""
    return field.name


def _kind_of(field: FieldDescriptor) -> Descriptor:
    kind = field.message_type
    assert kind is not None
    return kind


def _spoil_message(message: Message, field: FieldDescriptor, random_: random.Random) -> str:
    value = getattr(message, field.name)
    if not field.is_repeated:
        if random_.random() < 0.05:
            message.ClearField(field.name)
            return "gone"
        if _kind_of(field).name == "Timestamp":
            value.seconds = random_.choice(SECONDS)
            value.nanos = random_.choice(NUMBERS)
            return "time"
        value.SetInParent()
        return spoil(value, random_)
    if not value or random_.random() < 0.2:
        value.add()
    elif random_.random() < 0.3:
        for _ in range(random_.choice((1, 2, 26))):
            value.add().CopyFrom(value[0])
        return "again"
    return spoil(random_.choice(value), random_)


def _hostile(field: FieldDescriptor, random_: random.Random) -> object:
    if field.type == FieldDescriptor.TYPE_STRING:
        return random_.choice(TEXTS)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return random_.random() < 0.5
    if field.type in (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT):
        return random_.choice(REALS)
    if field.type in (FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64):
        return random_.choice(LARGE)
    return random_.choice(NUMBERS)
