"""A handoff context before it is put into a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from profile_service.engine.contact.knowledge import Candidates
from profile_service.engine.profile import ProfileView
from profile_service.identity.contact.disclosure import Reason
from profile_service.identity.contact.questions import Ask
from profile_service.identity.graph.model import Disclosure, Outcome
from profile_service.store.queries.opened import Contact, Fact, Interaction, Promise
from profile_service.store.queries.parts import StoredConversation

ConversationSeen = StoredConversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The agent or queue that handled a contact, and when it did last."""

    id: str
    display_name: str
    time_us: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTimeline:
    """A contact with its last interactions, and whether there are others. Of one that ended with a summary, those that
    came after its end."""

    contact: Contact
    interactions: Sequence[Interaction]
    has_older: bool


class ContextView(msgspec.Struct, frozen=True, kw_only=True):
    """A context before it is put into a message. `profile_view` is None where nothing of a profile may be shown;
    `until_us`: when a proof ends that lets something be said. `checks_failed_until_us`: when the first failed answer no
    longer counts. `is_heard`: it is of the call that the contact listens to."""

    contact_id: str
    profile_id: str
    profile_view: ProfileView | None
    outcome: Outcome
    disclosure: Disclosure
    reason: Reason
    until_us: int | None
    checks_failed_until_us: int | None
    conversation: StoredConversation
    channels: Sequence[str]
    intent: str
    contact: Contact | None
    open_contacts: Sequence[ContactTimeline]
    ended_contacts: Sequence[ContactTimeline]
    others: Sequence[tuple[StoredConversation, Disclosure]]
    facts: Sequence[Fact]
    promises: Sequence[Promise]
    attributes_checked: tuple[str, ...]
    last_agent: Party | None
    last_queue: Party | None
    warnings: tuple[str, ...]
    ask: Ask | None
    candidates: Candidates
    omissions: Mapping[str, int]
    as_of_us: int
    profile_revision: int
    conversation_revision: int
    stamp: int
    is_heard: bool = False

    @property
    def may_be_kept(self) -> bool:
        """Whether the revisions of its customer and conversation say when it changes."""
        return self.profile_view is not None and not self.is_heard

    @property
    def revision(self) -> int:
        """The revision that the context reflects."""
        return max(self.profile_revision, self.conversation_revision)
