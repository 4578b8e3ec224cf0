"""Rows of contacts and conversations, with what is sealed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import msgspec

from profile_service.identity.contact.acts import ActKind
from profile_service.identity.contact.model import Direction, Initiation, Visibility
from profile_service.identity.contact.threads import How, Threading
from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.store.rows.row import Last, Row, Sealed


class Attendant(msgspec.Struct, frozen=True, kw_only=True):
    """Who handles a contact: the name of its kind (AGENT, QUEUE, ...), an id, a name to show."""

    kind: str
    id: str
    display_name: str


class ContactPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What a contact holds that is nobody's key: who handles it, our address, the one that it arrived on (namespace and
    value), the platform's id."""

    attendants: tuple[Attendant, ...] = ()
    endpoint: str = ""
    reply: tuple[str, str] | None = None
    id: str = ""


class ContactEnding(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent says at the end of a contact."""

    disposition: str = ""
    summary: str = ""


class ContactUpdates(msgspec.Struct, frozen=True, kw_only=True):
    """What updates said of a contact: by field the revision that said it last. What a field says stands here, or, of a
    brand, a visibility, facts and promises, in rows of its own; of references the keys. `revision` and `digest`: of the
    latest update."""

    revision: int = 0
    digest: bytes = b""
    revisions: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    attendants: tuple[Attendant, ...] = ()
    endpoint: str = ""
    disposition: str = ""
    summary: str = ""
    references: tuple[bytes, ...] = ()

    def payload(self, started: ContactPayload) -> ContactPayload:
        """What a contact holds, with what updates said since it started."""
        said = {name: getattr(self, name) for name in ("attendants", "endpoint") if name in self.revisions}
        return msgspec.structs.replace(started, **said)

    def ending(self, ended: ContactEnding) -> ContactEnding:
        """What is said of its end, with what updates said."""
        said = {name: getattr(self, name) for name in ("disposition", "summary") if name in self.revisions}
        return msgspec.structs.replace(ended, **said)


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What resolution answered, ids only: outcome, a result per identifier (place, number, reason), candidates with the
    namespaces that found them and their probability; of a start, the conversation that was told, what was offered and
    the revision, and whether its carry-over code held; `latest` what a later call of the contact answered; of a source
    record its profile, what it was matched with and how likely, how many blocking keys found nobody and how many
    profiles were compared."""

    outcome: int
    results: tuple[tuple[int, int, str], ...] = ()
    candidates: tuple[tuple[str, tuple[str, ...], float], ...] = ()
    conversation: str = ""
    offered: tuple[str, ...] = ()
    revision: int = 0
    latest: Answer | None = None
    carried: bool = False
    profile: str = ""
    matches: tuple[tuple[str, float], ...] = ()
    capped: int = 0
    compared: int = 0


CONTACT_PAYLOAD = Sealed("contact", "payload", ContactPayload, ("contact_id",))
CONTACT_ENDING = Sealed("contact", "ending", ContactEnding, ("contact_id",))
CONTACT_UPDATES = Sealed("contact", "updated", ContactUpdates, ("contact_id",))


class ContactRow(Row, frozen=True, kw_only=True):
    """A contact. A known one is filled in: its event came before its start. `legs` are the contacts of the call before
    it, of which it inherits; `listens`: the one whose call it listens to; `persons`: when others than the first began
    to speak (microseconds)."""

    TABLE: ClassVar[str] = "contact"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str
    conversation_id: str
    is_new: bool
    key: bytes
    source: str
    channel: str
    direction: Direction = Direction.UNSPECIFIED
    initiation: Initiation = Initiation.UNSPECIFIED
    brand: str = ""
    start_time_us: int
    anchor_node: NodeId | None = None
    anchor_assurance: Assurance = Assurance.CLAIMED
    ambiguous: bool = False
    shared: bool = False
    corrected: bool = False
    persons: Sequence[int] = ()
    legs: Sequence[str] = ()
    listens: str | None = None
    channel_change: bool = False
    apart: bool = False
    threading: Threading = Threading.AUTO
    start_digest: bytes | None = None
    payload: Annotated[ContactPayload, CONTACT_PAYLOAD]
    answer: Answer | None = None


class ContactChangeRow(Row, frozen=True, kw_only=True):
    """Where a contact stands from now on; what hangs on it goes along. `ruled_out`: whose it was said not to be."""

    TABLE: ClassVar[str] = "contact_change"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str
    anchor_node: NodeId | None
    anchor_assurance: Assurance
    ambiguous: bool
    shared: bool
    corrected: bool
    corrected_node: NodeId | None = None
    ruled_out: NodeId | None = None
    persons: Sequence[int] = ()


class ContactAnswerRow(Row, frozen=True, kw_only=True):
    """What resolution says of a contact from now on."""

    TABLE: ClassVar[str] = "contact_answer"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str
    answer: Answer


class ContactEndingRow(Row, frozen=True, kw_only=True):
    """The end of a contact; a plan that ends one that has ended is stale."""

    TABLE: ClassVar[str] = "contact_ending"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str
    end_time_us: int
    ending: Annotated[ContactEnding, CONTACT_ENDING]
    end_digest: bytes


class ContactUpdateRow(Row, frozen=True, kw_only=True):
    """An update of a contact; a plan that saw fewer updates than there are is stale. `brand`, `visibility`: None where
    they stay. `said_by`: whose facts and promises are replaced; `references_gone`: keys that no longer name it."""

    TABLE: ClassVar[str] = "contact_update"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str
    seen: int
    updated: Annotated[ContactUpdates, CONTACT_UPDATES]
    brand: str | None = None
    visibility: Visibility | None = None
    said_by: bytes
    replaces_facts: bool = False
    replaces_promises: bool = False
    references_gone: Sequence[bytes] = ()


class NamingRow(Row, frozen=True, kw_only=True):
    """A contact names another one, by its key, which may not have come yet. `one_desk`: the caller hands over between
    the sources of the two."""

    TABLE: ClassVar[str] = "naming"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id", "place")
    contact_id: str
    place: int
    how: How
    key: bytes
    one_desk: bool


class CarryOverRow(Row, frozen=True, kw_only=True):
    """A code, keyed, by which the customer of a contact goes on elsewhere until a time."""

    TABLE: ClassVar[str] = "carry_over"
    KEY: ClassVar[tuple[str, ...]] = ("key",)
    key: bytes
    contact_id: str
    expire_time_us: int


class ActRow(Row, frozen=True, kw_only=True):
    """What a person said of conversations, by contacts of theirs. `customer_node`: of a closing, whose it was then."""

    TABLE: ClassVar[str] = "act"
    KEY: ClassVar[tuple[str, ...]] = ("act_id",)
    act_id: str
    kind: ActKind
    time_us: int
    contacts: Sequence[str]
    customer_node: NodeId | None = None
    withdrawn: bool = False


class ThreadPendingRow(Row, frozen=True, kw_only=True):
    """The contacts around this one wait to be threaded again."""

    TABLE: ClassVar[str] = "thread_pending"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str


class ContactMoveRow(Row, frozen=True, kw_only=True):
    """A contact stands in another conversation from now on."""

    TABLE: ClassVar[str] = "contact_move"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str
    conversation_id: str
    channel_change: bool
    apart: bool = False


class ContactToldRow(Row, frozen=True, kw_only=True):
    """The caller of a contact hears in which conversation it stands."""

    TABLE: ClassVar[str] = "contact_told"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str
    conversation_id: str


class ReferenceRow(Row, frozen=True, kw_only=True):
    """What names a contact's conversation outside: a ticket, a mail; and since when the contact bears it."""

    TABLE: ClassVar[str] = "reference"
    KEY: ClassVar[tuple[str, ...]] = ("key", "contact_id")
    key: bytes
    contact_id: str
    time_us: Last[int]
