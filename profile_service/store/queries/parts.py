"""What a context, or a profile, is made of, as it is stored: sealed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import field as named

from profile_service.identity.contact.calls import Opening, Spoken, opened_in
from profile_service.identity.contact.disclosure import Check
from profile_service.identity.contact.model import (
    Direction,
    HowKnown,
    Initiation,
    InteractionKind,
    PromiseState,
    Visibility,
)
from profile_service.identity.graph.model import Assurance, NodeId, ProfileId, Role
from profile_service.identity.policy import DAY_US
from profile_service.identity.profile.consent import ConsentFact
from profile_service.store.rows.contact import Answer


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A row as a query answers it; bytes are base64 in its JSON."""


class StoredInteraction(Stored, frozen=True, kw_only=True):
    """An interaction, sealed. `key` is in hex."""

    id: str
    kind: InteractionKind
    channel: str
    occur_time_us: int = named(name="occur")
    sequence: int = 0
    record_time_us: int = named(name="record")
    revision: int
    key: str
    payload: bytes
    contact: str = ""
    conversation: str = ""


class SealedContact(Stored, frozen=True, kw_only=True):
    """What of a contact is shown, sealed. `listens`: to the call of another one."""

    contact_id: str = named(name="id")
    conversation_id: str = named(name="conversation")
    source: str
    channel: str
    direction: Direction
    initiation: Initiation
    start_time_us: int = named(name="start")
    end_time_us: int | None = named(name="end")
    channel_change: bool = named(name="change")
    corrected: bool
    payload: bytes
    ending: bytes | None
    updated: bytes | None = None
    listens: bool = False


class StoredContact(SealedContact, frozen=True, kw_only=True):
    """A contact of a context."""

    profile: str = ""
    apart: bool = False


class OwnContact(Stored, frozen=True, kw_only=True):
    """The contact whose context is read, as far as it decides what is shown; `legs`: those before it in its call;
    `call`: the live leg of the call that it listens to."""

    id: str
    anchor: NodeId | None
    profile: ProfileId
    assurance: Assurance
    ambiguous: bool
    shared: bool
    corrected: bool
    apart: bool
    answer: Answer | None
    brand: str
    channel: str
    direction: Direction
    end_time_us: int | None = named(name="end")
    visibility: Visibility = Visibility.AS_CHANNEL
    legs: tuple[str, ...] = ()
    call: str | None = None

    @property
    def is_apart(self) -> bool:
        """Whether nobody is known there, and nothing else of nobody is shown with it."""
        return self.apart and self.anchor is None


class StoredConversation(Stored, frozen=True, kw_only=True):
    """A conversation. `owner`: of another one, the contact that it belongs to; `channels`: its channels."""

    id: str
    brand: str
    state: str = "open"
    open_time_us: int = named(name="open")
    last_time_us: int = named(name="last")
    close_time_us: int | None = named(name="close", default=None)
    owner: str | None = None
    channels: tuple[str, ...] = ()


class StoredWords(Stored, frozen=True, kw_only=True):
    """What was said in a contact."""

    contact: str
    occur_time_us: int = named(name="occur")


class StoredFact(StoredWords, frozen=True, kw_only=True):
    """A fact, sealed. `said` is in hex."""

    key: str
    value: bytes
    how_known: HowKnown = named(name="how")
    withdrawn: bool
    aside: bool
    expire_time_us: int | None = named(name="expire")
    channel: str
    said: str


class StoredPromise(StoredWords, frozen=True, kw_only=True):
    """What was said of a promise, sealed. `said` is in hex."""

    conversation: str
    key: str
    what: bytes | None
    due_time_us: int | None = named(name="due")
    state: PromiseState
    said: str


class StoredPoint(Stored, frozen=True, kw_only=True):
    """A node of the profile, or one that it shares with others (`own` is false), sealed."""

    id: NodeId
    namespace: str
    scope: str
    value: bytes
    shared: int
    last_time_us: int = named(name="last")
    own: bool
    core: NodeId | None = None
    assurance: Assurance | None = None


class StoredAttributes(Stored, frozen=True, kw_only=True):
    """What a source record says, sealed; `states` are the identifiers that it states."""

    node: NodeId
    source: str
    occur_time_us: int = named(name="occur")
    value: bytes
    states: tuple[NodeId, ...] = ()


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
    consents: tuple[ConsentFact, ...] | None


class ContextParts(ProfileParts, frozen=True, kw_only=True):
    """What one context is made of. `failed_us`: when the first answer about the customer failed within a day, in any
    contact; `calls`: who spoke in these contacts, in the owners of other conversations, and in the legs before them;
    `words`: the last interactions of contacts that are live, of one's own, and of the last that ended, one more than
    are shown; `intents`: by contact the last that says what the customer wants."""

    me: OwnContact
    conversation: StoredConversation
    contacts: tuple[StoredContact, ...] | None
    contact_count: int
    ended: tuple[StoredContact, ...] | None
    others: tuple[StoredConversation, ...] | None
    calls: Mapping[str, Spoken]
    words: Mapping[str, tuple[StoredInteraction, ...]] | None
    intents: Mapping[str, StoredInteraction] | None
    facts: tuple[StoredFact, ...] | None
    promises: tuple[StoredPromise, ...] | None
    checks: tuple[Check, ...] | None
    claims: tuple[Claim, ...] | None
    dialled: tuple[ConsentFact, ...] | None
    failed_us: int | None

    @property
    def opened_here(self) -> Opening:
        """What the contact itself opened."""
        return opened_in(self.calls, self.me.id)

    @property
    def failed_until_us(self) -> int | None:
        """When the first failed answer no longer counts."""
        return None if self.failed_us is None else self.failed_us + DAY_US
