"""Files of several kinds -> the calls that play them. The kind is told from the columns, never from the name."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from profile_service.v1 import (
    Audience,
    ContactReference,
    EndContactRequest,
    Identifier,
    Initiation,
    Interaction,
    Proof,
    ProofMethod,
    RecordInteractionRequest,
    ResolveProfileRequest,
    Role,
    SourceKey,
    SourceRecord,
    StartContactRequest,
)

EPOCH_S = 1_704_067_200
"""Streams count seconds from their own beginning; they are played from 2024-01-01."""
HALF_HOUR_S = 1800
OBSERVED = {
    "email": ProofMethod.PROOF_METHOD_MAIL_DMARC,
    "phone": ProofMethod.PROOF_METHOD_CALLER_ID_ATTESTED,
    "x": ProofMethod.PROOF_METHOD_CHANNEL_DELIVERED,
    "device": ProofMethod.PROOF_METHOD_SESSION,
}
"""How an identifier of a played file counts as OBSERVED."""
STREAM_CHANNELS = {"call": "voice"}
SHOP_COLUMNS = {"account": "username", "phone": "phone", "email": "email"}
RECORD_SOURCES = {"CUSTOMERS": "customers", "REFERENCE": "reference", "WATCHLIST": "watchlist"}


class UnknownFormat(Exception):
    """The file is of no kind that can be played; the message says which kinds there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call. `truth` is the true customer, where the file knows; steps of one `lane` are played in order."""

    request: Message
    lane: str
    truth: str = ""


def _identifier(namespace: str, value: str, method: int | None = None) -> Identifier:
    proof = OBSERVED[namespace] if method is None else method
    return Identifier(
        namespace=namespace, value=value, role=Role.ROLE_SUBJECT, proof=Proof(method=ProofMethod.ValueType(proof))
    )


def _request_id(*parts: str) -> str:
    """A UUID that is the same each time a file is played, so that playing it twice changes nothing."""
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def stream(rows: Iterable[Mapping[str, str]]) -> list[Step]:
    """Omnichannel contacts in time order: one row, one contact."""
    steps: list[Step] = []
    for row in rows:
        given = [("email", row["email"]), ("phone", row["phone"]), ("x", row["handle"]), ("device", row["device"])]
        request = StartContactRequest(
            source_key=SourceKey(source="stream", id=row["rec_id"]),
            channel=STREAM_CHANNELS.get(row["channel"], row["channel"]),
            identifiers=[_identifier(namespace, value) for namespace, value in given if value],
            audience=Audience.AUDIENCE_AUTOMATED,
            default_region="US",
        )
        request.occur_time.seconds = EPOCH_S + int(row["ts"])
        steps.append(Step(request=request, lane=row["rec_id"], truth=row["cluster"]))
    return steps


def customers(rows: Iterable[Mapping[str, str]]) -> list[Step]:
    """Customer records of a test set: one row, one source record; cells with several values are parted by a bar."""
    steps: list[Step] = []
    for number, row in enumerate(rows):
        identifiers = [
            _identifier(namespace, value)
            for namespace, column in (("phone", "phone_number"), ("email", "email_address"))
            for value in row[column].split("|")
            if value
        ]
        named = {
            "name": row["name_full"] or row["name_org"] or f"{row['name_first']} {row['name_last']}".strip(),
            "birth_date": row["date_of_birth"],
            "street": row["addr_line1"] or row["addr_full"],
            "postcode": row["addr_postal_code"],
            "city": row["addr_city"],
        }
        request = ResolveProfileRequest(
            request_id=_request_id("customers", row["rec_id"]),
            identifiers=identifiers,
            source_record=SourceRecord(
                source_key=SourceKey(source=RECORD_SOURCES.get(row["source"], "records"), id=row["rec_id"]),
                attributes={name: value for name, value in named.items() if value},
            ),
            default_region="US",
        )
        request.occur_time.seconds = EPOCH_S + number
        steps.append(Step(request=request, lane=row["rec_id"], truth=row["cluster"]))
    return steps


def _turns(convo: str, contact: ContactReference, turns: Sequence[Any], base_s: int, first: int) -> list[Step]:
    steps: list[Step] = []
    for number, (speaker, text) in enumerate(turns, first):
        said_by = {"agent": Interaction.SPEAKER_AGENT, "customer": Interaction.SPEAKER_CUSTOMER}
        interaction = Interaction(
            source_key=SourceKey(source="dialogues", id=f"{convo}/{number}"),
            kind=Interaction.KIND_EVENT if speaker == "action" else Interaction.KIND_MESSAGE,
            speaker=said_by.get(speaker, Interaction.SPEAKER_SYSTEM),
            text=text,
        )
        interaction.occur_time.seconds = base_s + number
        steps.append(Step(request=RecordInteractionRequest(contact=contact, interaction=interaction), lane=convo))
    return steps


def dialogues(documents: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Service dialogues: the first half is a web chat, then the customer phones, the last turns come by e-mail."""
    steps: list[Step] = []
    for place, document in enumerate(documents):
        convo, person = str(document["convo_id"]), document["scenario"]["personal"]
        turns, base = document["original"], EPOCH_S + place * 86_400
        half, mail = len(turns) // 2, len(turns) - 2
        steps.append(Step(request=_shop_record(convo, person, base - HALF_HOUR_S), lane=convo))
        known = {name: person[column] for name, column in SHOP_COLUMNS.items() if person.get(column)}
        login = (
            [_identifier("account", known["account"], ProofMethod.PROOF_METHOD_SIGNED_LOGIN)]
            if "account" in known
            else []
        )
        legs = [
            ("webchat", [*login, _identifier("device", f"device-{convo}")], 0, half),
            ("voice", [_identifier("phone", known["phone"])] if "phone" in known else [], half, mail),
            ("email", [_identifier("email", known["email"])] if "email" in known else [], mail, len(turns)),
        ]
        for leg, (channel, identifiers, first, last) in enumerate(legs):
            steps += _leg(convo, channel, identifiers, turns[first:last], first, base + leg * HALF_HOUR_S)
    return steps


def _shop_record(convo: str, person: Mapping[str, str], time_s: int) -> ResolveProfileRequest:
    """What the shop's own records say of the customer."""
    identifiers = [
        _identifier(namespace, person[column], ProofMethod.PROOF_METHOD_SYSTEM_OF_RECORD)
        for namespace, column in SHOP_COLUMNS.items()
        if person.get(column)
    ]
    named = {"name": person.get("customer_name", ""), "membership": person.get("member_level", "")}
    record = ResolveProfileRequest(
        request_id=_request_id("dialogues", convo),
        identifiers=identifiers,
        source_record=SourceRecord(
            source_key=SourceKey(source="crm", id=person.get("username") or convo),
            attributes={name: value for name, value in named.items() if value},
        ),
        default_region="US",
    )
    record.occur_time.seconds = time_s
    return record


def _leg(
    convo: str, channel: str, identifiers: list[Identifier], turns: Sequence[Any], first: int, base_s: int
) -> list[Step]:
    key = SourceKey(source="dialogues", id=f"{convo}/{channel}")
    contact = ContactReference(source_key=key)
    start = StartContactRequest(
        source_key=key,
        channel=channel,
        identifiers=identifiers,
        initiation=Initiation.INITIATION_NEW,
        audience=Audience.AUDIENCE_AGENT,
        default_region="US",
    )
    start.occur_time.seconds = base_s
    end = EndContactRequest(contact=contact, disposition="handed over")
    end.occur_time.seconds = base_s + HALF_HOUR_S - 1
    return [
        Step(request=start, lane=convo),
        *_turns(convo, contact, turns, base_s, first),
        Step(request=end, lane=convo),
    ]


CSV_KINDS: Sequence[tuple[frozenset[str], Callable[[Iterable[Mapping[str, str]]], list[Step]]]] = (
    (frozenset({"ts", "channel", "device", "handle"}), stream),
    (frozenset({"record_type", "name_full", "test_group"}), customers),
)


def steps_of(path: Path) -> list[Step]:
    """The calls that play a file. Raises UnknownFormat."""
    try:
        if path.suffix == ".json":
            documents = json.loads(path.read_text(encoding="utf-8"))
            return dialogues(documents)
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns = frozenset(reader.fieldnames or ())
            for required, convert in CSV_KINDS:
                if required <= columns:
                    return convert(reader)
    except (KeyError, TypeError, ValueError) as error:
        raise UnknownFormat(f"{path.name}: {type(error).__name__} {error}") from None
    raise UnknownFormat(f"{path.name}: not a stream of contacts, a set of customers, or service dialogues")
