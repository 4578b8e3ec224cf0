"""Rows of interactions, with what they teach (facts) and promise."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, ClassVar

import msgspec

from profile_service.identity.contact.model import Direction, HowKnown, InteractionKind, PromiseState, Speaker
from profile_service.store.rows.row import Row, Sealed


class FactSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What an interaction teaches of the customer."""

    key: str
    value: str
    how_known: HowKnown
    withdrawn: bool = False
    expire_time_us: int | None = None


class PromiseMade(msgspec.Struct, frozen=True, kw_only=True):
    """What was promised to the customer."""

    key: str
    what: str = ""
    due_time_us: int | None = None
    state: PromiseState


class AttachmentNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came along; it stays where it is."""

    uri: str
    media_type: str = ""
    display_name: str = ""
    size_bytes: int = 0


class InteractionPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What was said or done. `event` is the source's own id."""

    speaker: Speaker
    direction: Direction
    text: str
    summary: str
    intent: str
    sentiment: float | None
    facts: tuple[FactSaid, ...]
    promises: tuple[PromiseMade, ...]
    attachments: tuple[AttachmentNamed, ...]
    attributes: Mapping[str, str]
    source: str
    event: str


INTERACTION_PAYLOAD = Sealed("interaction", "payload", InteractionPayload, ("key", "source_revision"))
FACT_VALUE = Sealed("fact", "value", str, ("contact_id", "key", "said_by"))
PROMISE_WHAT = Sealed("promise", "what", str, ("contact_id", "key", "said_by"))
NO_INTERACTION = b""
"""What says a promise that comes with the end of a contact."""


class Speaks(IntEnum):
    """Whose word an interaction is: receipts, notes and machines are nobody's."""

    NOBODY = 0
    CUSTOMER = 1
    OURS = 2


class InteractionRow(Row, frozen=True, kw_only=True):
    """One revision of a message, call, mail, visit or event. `intends`: it says what the customer wants; `speaks`:
    whose word it is; `sequence`: its place among those of one time."""

    TABLE: ClassVar[str] = "interaction"
    KEY: ClassVar[tuple[str, ...]] = ("key", "source_revision")
    interaction_id: str
    source_revision: int
    key: bytes
    contact_id: str
    kind: InteractionKind
    channel: str
    occur_time_us: int
    sequence: int = 0
    digest: bytes
    payload: Annotated[InteractionPayload, INTERACTION_PAYLOAD]
    intends: bool = False
    speaks: Speaks = Speaks.NOBODY


class FactRow(Row, frozen=True, kw_only=True):
    """A fact that an interaction of a contact taught; the latest of its key counts. `aside`: of a note of ours, or of
    somebody else on the line, so that no bot is told. `said_by`: the key of the interaction, of which a later revision
    replaces what earlier ones taught."""

    TABLE: ClassVar[str] = "fact"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id", "key", "said_by")
    contact_id: str
    key: str
    value: Annotated[str, FACT_VALUE]
    how_known: HowKnown
    withdrawn: bool
    expire_time_us: int | None
    aside: bool = False
    occur_time_us: int
    said_by: bytes
    source_revision: int


class PromiseRow(Row, frozen=True, kw_only=True):
    """A promise in a contact; a later one of its key in the conversation changes its state, and what it says again.
    `said_by` as for facts."""

    TABLE: ClassVar[str] = "promise"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id", "key", "said_by")
    contact_id: str
    key: str
    what: Annotated[str | None, PROMISE_WHAT]
    due_time_us: int | None
    state: PromiseState
    occur_time_us: int
    said_by: bytes
    source_revision: int
