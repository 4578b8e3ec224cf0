"""Read what contexts are made of, and open it: structs in, structs out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from msgspec import field as named

from profile_service.identity.contact.disclosure import Check
from profile_service.identity.contact.model import Direction, HowKnown, Initiation, InteractionKind, PromiseState
from profile_service.identity.graph.model import Assurance, NodeId, ProfileId, Role
from profile_service.identity.limits import CONTEXT
from profile_service.store.database import Connection, Database, run
from profile_service.store.keyring import Keyring
from profile_service.store.plan import hexed
from profile_service.store.rows.contact import CONTACT_ENDING, CONTACT_PAYLOAD, Answer, ContactEnding, ContactPayload
from profile_service.store.rows.graph import NODE_VALUE
from profile_service.store.rows.interaction import FACT_VALUE, INTERACTION_PAYLOAD, PROMISE_WHAT, InteractionPayload
from profile_service.store.rows.profile import PREFERENCE_VALUE
from profile_service.store.rows.record import ATTRIBUTES
from profile_service.store.rows.row import Sealed

Value = TypeVar("Value")


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A row as a query answers it; bytes are base64 in its JSON."""


class StoredInteraction(Stored, frozen=True, kw_only=True):
    """An interaction, sealed. `key` is in hex."""

    id: str
    kind: InteractionKind
    channel: str
    occur_time_us: int = named(name="occur")
    record_time_us: int = named(name="record")
    revision: int
    key: str
    payload: bytes
    contact: str = ""
    conversation: str = ""


class StoredContact(Stored, frozen=True, kw_only=True):
    """A contact, sealed. `interactions` where it is live or one's own, with one more than are shown."""

    id: str
    conversation: str
    profile: str = ""
    source: str
    channel: str
    direction: Direction
    initiation: Initiation
    start_time_us: int = named(name="start")
    end_time_us: int | None = named(name="end")
    channel_change: bool = named(name="change")
    corrected: bool
    loose: bool = False
    payload: bytes
    ending: bytes | None
    interactions: tuple[StoredInteraction, ...] | None = None


class OwnContact(Stored, frozen=True, kw_only=True):
    """The contact whose context is read, as far as it decides what may be shown."""

    id: str
    anchor: NodeId | None
    assurance: Assurance
    ambiguous: bool
    shared: bool
    corrected: bool
    loose: bool
    answer: Answer | None
    brand: str


class StoredConversation(Stored, frozen=True, kw_only=True):
    """A conversation."""

    id: str
    brand: str
    state: str = "open"
    open_time_us: int = named(name="open")
    last_time_us: int = named(name="last")
    close_time_us: int | None = named(name="close", default=None)


class StoredFact(Stored, frozen=True, kw_only=True):
    """A fact, sealed."""

    contact: str
    key: str
    value: bytes
    how_known: HowKnown = named(name="how")
    withdrawn: bool
    expire_time_us: int | None = named(name="expire")
    occur_time_us: int = named(name="occur")
    channel: str


class StoredPromise(Stored, frozen=True, kw_only=True):
    """An open promise, sealed."""

    conversation: str
    key: str
    what: bytes | None
    due_time_us: int | None = named(name="due")
    state: PromiseState
    occur_time_us: int = named(name="occur")


class StoredPoint(Stored, frozen=True, kw_only=True):
    """A node of the profile, or one that it shares with others (`own` is false), sealed."""

    id: NodeId
    namespace: str
    scope: str
    value: bytes
    shared: int
    last_time_us: int = named(name="last")
    own: bool


class StoredAttributes(Stored, frozen=True, kw_only=True):
    """What a source record says, sealed."""

    node: NodeId
    source: str
    occur_time_us: int = named(name="occur")
    value: bytes


class StoredPreference(Stored, frozen=True, kw_only=True):
    """A preference or pin, sealed."""

    node: NodeId
    key: str
    occur_time_us: int = named(name="occur")
    value: bytes


class Claim(Stored, frozen=True, kw_only=True):
    """An identifier that the contact brought."""

    node: NodeId
    namespace: str
    profile: ProfileId | None
    assurance: Assurance
    shared: int
    role: Role


class StoredProfile(Stored, frozen=True, kw_only=True):
    """A profile id."""

    id: str
    create_time_us: int = named(name="created")
    revision: int


class ProfileParts(Stored, frozen=True, kw_only=True):
    """What a profile is shown by."""

    profile: StoredProfile
    nodes: tuple[StoredPoint, ...] | None
    records: tuple[StoredAttributes, ...] | None
    preferences: tuple[StoredPreference, ...] | None
    consents: tuple[tuple[str, str, str, str, bool, int], ...] | None


class ContextParts(ProfileParts, frozen=True, kw_only=True):
    """What one context is made of."""

    me: OwnContact
    conversation: StoredConversation
    contacts: tuple[StoredContact, ...] | None
    contact_count: int
    ended: tuple[StoredContact, ...] | None
    others: tuple[StoredConversation, ...] | None
    facts: tuple[StoredFact, ...] | None
    promises: tuple[StoredPromise, ...] | None
    checks: tuple[Check, ...] | None
    claims: tuple[Claim, ...] | None


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact, opened."""

    id: str
    conversation: str
    source: str
    channel: str
    direction: Direction
    initiation: Initiation
    start_time_us: int
    end_time_us: int | None
    channel_change: bool
    corrected: bool
    payload: ContactPayload
    ending: ContactEnding


class Interaction(msgspec.Struct, frozen=True, kw_only=True):
    """An interaction, opened."""

    id: str
    kind: InteractionKind
    channel: str
    occur_time_us: int
    record_time_us: int
    revision: int
    contact: str
    conversation: str
    payload: InteractionPayload


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, opened."""

    key: str
    value: str
    how_known: HowKnown
    expire_time_us: int | None
    occur_time_us: int
    channel: str


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """An open promise, opened."""

    conversation: str
    key: str
    what: str
    due_time_us: int | None
    state: PromiseState
    occur_time_us: int


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier of a profile, opened."""

    namespace: str
    scope: str
    value: str
    is_shared: bool
    last_time_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A contact by id or key, or the latest of a conversation; revision and stamp where the caller holds its context.

    The stamp is the sum of the revisions of the conversation and of the customer's other open ones.
    """

    contact_id: str | None = None
    key: bytes | None = None
    conversation_id: str | None = None
    profile_revision: int | None = None
    stamp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one context is made of; `parts` is None where the caller's revisions are the current ones."""

    contact: str
    profile: str
    profile_revision: int
    conversation_revision: int
    stamp: int
    parts: ContextParts | None


_LIMITS = msgspec.json.encode(CONTEXT).decode()
_PARTS = msgspec.json.Decoder(ContextParts)
_PROFILE = msgspec.json.Decoder(ProfileParts)


async def read_parts(connection: Connection, tenant: str, wanted: Sequence[Wanted]) -> list[Parts | None]:
    """Read the parts of several contexts in one round trip; None where there is no such contact."""
    rows = [
        {
            "place": place,
            "contact_id": one.contact_id,
            "key": None if one.key is None else hexed(one.key),
            "conversation_id": one.conversation_id,
            "profile_revision": one.profile_revision,
            "stamp": one.stamp,
        }
        for place, one in enumerate(wanted)
    ]
    answers: list[Parts | None] = [None] * len(wanted)
    for row in await run(
        connection, "context", {"tenant": tenant, "wanted": msgspec.json.encode(rows).decode(), "limits": _LIMITS}
    ):
        answers[row["place"]] = Parts(
            contact=row["contact_id"],
            profile=row["profile_id"],
            profile_revision=row["profile_revision"],
            conversation_revision=row["conversation_revision"],
            stamp=row["stamp"],
            parts=None if row["parts"] is None else _PARTS.decode(row["parts"]),
        )
    return answers


async def read_profile(
    reader: Database | Connection, tenant: str, profile: str
) -> tuple[ProfileParts, str | None] | None:
    """What a profile is shown by, and its founding node (None: a contact founded it). None where there is none."""
    wanted = {"tenant": tenant, "profile": profile}
    if isinstance(reader, Database):
        rows = await reader.rows(tenant, "profile_parts", wanted)
    else:
        rows = await run(reader, "profile_parts", wanted)
    return (_PROFILE.decode(rows[0]["parts"]), rows[0]["founder"]) if rows else None


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens sealed values of one tenant."""

    keyring: Keyring
    tenant: str
    _contacts: dict[str, Contact] = field(default_factory=dict[str, Contact])

    def open(self, column: Sealed[Value], sealed: bytes, *key: object) -> Value:
        """A sealed value of the row that the key names. Raises SealBroken."""
        return column.open(self.keyring, self.tenant, sealed, *key)

    def contact(self, row: StoredContact) -> Contact:
        """A contact with its payload and ending; one that stands in several places is opened once."""
        opened = self._contacts.get(row.id)
        if opened is None:
            opened = self._contacts[row.id] = Contact(
                id=row.id,
                conversation=row.conversation,
                source=row.source,
                channel=row.channel,
                direction=row.direction,
                initiation=row.initiation,
                start_time_us=row.start_time_us,
                end_time_us=row.end_time_us,
                channel_change=row.channel_change,
                corrected=row.corrected,
                payload=self.open(CONTACT_PAYLOAD, row.payload, row.id),
                ending=NO_ENDING if row.ending is None else self.open(CONTACT_ENDING, row.ending, row.id),
            )
        return opened

    def interaction(self, row: StoredInteraction, contact: str = "", conversation: str = "") -> Interaction:
        """An interaction with its payload; contact and conversation where the row does not have them."""
        return Interaction(
            id=row.id,
            kind=row.kind,
            channel=row.channel,
            occur_time_us=row.occur_time_us,
            record_time_us=row.record_time_us,
            revision=row.revision,
            contact=row.contact or contact,
            conversation=row.conversation or conversation,
            payload=self.open(INTERACTION_PAYLOAD, row.payload, row.key, row.revision),
        )

    def fact(self, row: StoredFact) -> Fact:
        """A fact with its value."""
        return Fact(
            key=row.key,
            value=self.open(FACT_VALUE, row.value, row.contact, row.key),
            how_known=row.how_known,
            expire_time_us=row.expire_time_us,
            occur_time_us=row.occur_time_us,
            channel=row.channel,
        )

    def promise(self, row: StoredPromise) -> Promise:
        """A promise with what it promises."""
        return Promise(
            conversation=row.conversation,
            key=row.key,
            what="" if row.what is None else self.open(PROMISE_WHAT, row.what, row.conversation, row.key),
            due_time_us=row.due_time_us,
            state=row.state,
            occur_time_us=row.occur_time_us,
        )

    def point(self, row: StoredPoint) -> ContactPoint:
        """An identifier with its value."""
        return ContactPoint(
            namespace=row.namespace,
            scope=row.scope,
            value=self.open(NODE_VALUE, row.value, row.id),
            is_shared=not row.own or row.shared > 0,
            last_time_us=row.last_time_us,
        )

    def attributes(self, node: str, sealed: bytes) -> Mapping[str, str]:
        """What a source record says."""
        return self.open(ATTRIBUTES, sealed, node)

    def preferences(self, rows: Iterable[StoredPreference] | None) -> dict[str, str]:
        """Preferences and pins by key; the last in order stands."""
        return {row.key: self.open(PREFERENCE_VALUE, row.value, row.node, row.key) for row in rows or ()}


NO_ENDING = ContactEnding()


@dataclass(frozen=True, slots=True)
class Known:
    """One node of a profile: its namespace, its key in hex, and what it says where it is a source record."""

    namespace: str
    key: str
    attributes: Mapping[str, str]


async def known_by(reader: Database | Connection, opener: Opener, profiles: Sequence[str]) -> dict[str, list[Known]]:
    """What profiles are known by: per profile its nodes, with the attributes of source records. Read on a connection
    of one's own where it is given."""
    wanted = {"tenant": opener.tenant, "profiles": list(profiles)}
    if not profiles:
        return {}
    if isinstance(reader, Database):
        rows = await reader.rows(opener.tenant, "known_by", wanted)
    else:
        rows = await run(reader, "known_by", wanted)
    known: dict[str, list[Known]] = {profile: [] for profile in profiles}
    for row in rows:
        sealed = row["attributes"]
        attributes = {} if sealed is None else opener.attributes(str(row["node_id"]), sealed)
        known[str(row["profile_id"])].append(Known(row["namespace"], row["key"], attributes))
    return known
