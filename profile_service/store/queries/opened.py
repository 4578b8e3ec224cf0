"""Open what is sealed of contacts, interactions, facts and profiles: stored structs in, opened ones out, each with its
level where it is read for a contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from profile_service.identity.contact.model import Direction, HowKnown, Initiation, InteractionKind, PromiseState
from profile_service.identity.graph.model import Assurance, Disclosure
from profile_service.store.keyring import Keyring
from profile_service.store.queries.parts import (
    SealedContact,
    StoredFact,
    StoredInteraction,
    StoredPoint,
    StoredPreference,
    StoredPromise,
)
from profile_service.store.rows.contact import (
    CONTACT_ENDING,
    CONTACT_PAYLOAD,
    CONTACT_UPDATES,
    ContactEnding,
    ContactPayload,
    ContactUpdates,
)
from profile_service.store.rows.graph import NODE_VALUE
from profile_service.store.rows.interaction import FACT_VALUE, INTERACTION_PAYLOAD, PROMISE_WHAT, InteractionPayload
from profile_service.store.rows.profile import PREFERENCE_VALUE
from profile_service.store.rows.record import ATTRIBUTES
from profile_service.store.rows.row import Sealed

Value = TypeVar("Value")
NO_ENDING = ContactEnding()
NO_UPDATES = ContactUpdates()


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
    listens: bool = False
    disclosure: Disclosure | None = None


class Interaction(msgspec.Struct, frozen=True, kw_only=True):
    """An interaction, opened."""

    id: str
    kind: InteractionKind
    channel: str
    occur_time_us: int
    sequence: int
    record_time_us: int
    revision: int
    contact: str
    conversation: str
    payload: InteractionPayload
    disclosure: Disclosure | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, opened."""

    key: str
    value: str
    how_known: HowKnown
    expire_time_us: int | None
    occur_time_us: int
    channel: str
    aside: bool = False
    disclosure: Disclosure | None = None


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """An open promise, opened."""

    conversation: str
    key: str
    what: str
    due_time_us: int | None
    state: PromiseState
    occur_time_us: int
    disclosure: Disclosure | None = None


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier of a profile, opened; `assurance` is the best that it was shown with."""

    namespace: str
    scope: str
    value: str
    is_shared: bool
    assurance: Assurance | None
    last_time_us: int
    disclosure: Disclosure | None = None
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens sealed values of one tenant."""

    keyring: Keyring
    tenant: str
    _contacts: dict[str, Contact] = field(default_factory=dict[str, Contact])

    def open(self, column: Sealed[Value], sealed: bytes, *key: object) -> Value:
        """A sealed value of the row that the key names. Raises SealBroken."""
        return column.open(self.keyring, self.tenant, sealed, *key)

    def contact(self, row: SealedContact, disclosure: Disclosure | None = None) -> Contact:
        """A contact with its payload and ending; one that stands in several places is opened once."""
        opened = self._contacts.get(row.contact_id)
        if opened is None:
            updates = self.updates(row)
            opened = self._contacts[row.contact_id] = Contact(
                id=row.contact_id,
                conversation=row.conversation_id,
                source=row.source,
                channel=row.channel,
                direction=row.direction,
                initiation=row.initiation,
                start_time_us=row.start_time_us,
                end_time_us=row.end_time_us,
                channel_change=row.channel_change,
                corrected=row.corrected,
                payload=updates.payload(self.open(CONTACT_PAYLOAD, row.payload, row.contact_id)),
                ending=updates.ending(
                    NO_ENDING if row.ending is None else self.open(CONTACT_ENDING, row.ending, row.contact_id)
                ),
                listens=row.listens,
                disclosure=disclosure,
            )
        return opened

    def updates(self, row: SealedContact) -> ContactUpdates:
        """What updates said of a contact."""
        return NO_UPDATES if row.updated is None else self.open(CONTACT_UPDATES, row.updated, row.contact_id)

    def interaction(self, row: StoredInteraction, of: Contact | None = None) -> Interaction:
        """An interaction with its payload; the contact where the row does not name it."""
        return Interaction(
            id=row.id,
            kind=row.kind,
            channel=row.channel,
            occur_time_us=row.occur_time_us,
            sequence=row.sequence,
            record_time_us=row.record_time_us,
            revision=row.revision,
            contact=row.contact if of is None else of.id,
            conversation=row.conversation if of is None else of.conversation,
            payload=self.open(INTERACTION_PAYLOAD, row.payload, row.key, row.revision),
            disclosure=None if of is None else of.disclosure,
        )

    def fact(self, row: StoredFact, disclosure: Disclosure) -> Fact:
        """A fact with its value."""
        return Fact(
            key=row.key,
            value=self.open(FACT_VALUE, row.value, row.contact, row.key, row.said),
            how_known=row.how_known,
            expire_time_us=row.expire_time_us,
            occur_time_us=row.occur_time_us,
            channel=row.channel,
            aside=row.aside,
            disclosure=disclosure,
        )

    def promise(self, row: StoredPromise, disclosure: Disclosure) -> Promise:
        """A promise with what it promises."""
        return Promise(
            conversation=row.conversation,
            key=row.key,
            what="" if row.what is None else self.open(PROMISE_WHAT, row.what, row.contact, row.key, row.said),
            due_time_us=row.due_time_us,
            state=row.state,
            occur_time_us=row.occur_time_us,
            disclosure=disclosure,
        )

    def point(self, row: StoredPoint, disclosure: Disclosure | None) -> ContactPoint:
        """An identifier with its value."""
        return ContactPoint(
            namespace=row.namespace,
            scope=row.scope,
            value=self.open(NODE_VALUE, row.value, row.id),
            is_shared=not row.own or row.shared > 0,
            assurance=(row.assurance or Assurance.OBSERVED) if row.own else None,
            last_time_us=row.last_time_us,
            disclosure=disclosure,
        )

    def attributes(self, node: str, sealed: bytes) -> Mapping[str, str]:
        """What a source record says."""
        return self.open(ATTRIBUTES, sealed, node)

    def preference(self, row: StoredPreference) -> str:
        """A preference or pin."""
        return self.open(PREFERENCE_VALUE, row.value, row.node, row.key)
