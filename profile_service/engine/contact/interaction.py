"""An interaction as it is keyed, digested and written. Shared by all calls that record one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.model import Direction, InteractionKind, Speaker
from profile_service.store.keyring import Keyring
from profile_service.store.plan import Plan
from profile_service.store.queries.opened import Interaction as OpenedInteraction
from profile_service.store.rows.interaction import (
    NO_INTERACTION,
    AttachmentNamed,
    FactRow,
    FactSaid,
    InteractionPayload,
    InteractionRow,
    PromiseMade,
    PromiseRow,
    Speaks,
)

__all__ = [
    "AttachmentNamed",
    "FactSaid",
    "InteractionContent",
    "OpenedInteraction",
    "PromiseMade",
    "Said",
    "Saying",
    "Speaks",
    "interaction_row",
    "whose_word",
    "write_facts",
    "write_interaction",
    "write_promises",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionContent:
    """One interaction without protobuf."""

    source: str
    source_event_id: str
    source_revision: int
    kind: InteractionKind
    occur_time_us: int
    sequence: int = 0
    speaker: Speaker = Speaker.UNSPECIFIED
    direction: Direction = Direction.UNSPECIFIED
    text: str = ""
    summary: str = ""
    intent: str = ""
    sentiment: float | None = None
    facts: tuple[FactSaid, ...] = ()
    promises: tuple[PromiseMade, ...] = ()
    attachments: tuple[AttachmentNamed, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    def key(self, keyring: Keyring, tenant: str) -> bytes:
        """The keyed hash of (source, source_event_id)."""
        return keyring.digest(tenant, "interaction", self.source, self.source_event_id)

    def digest(self, keyring: Keyring, tenant: str) -> bytes:
        """The keyed hash of the content, version 2; it does not depend on a serialisation of a client's."""
        return keyring.digest_fields(tenant, "interaction content", [2, self])

    def payload(self) -> InteractionPayload:
        """What is stored."""
        return InteractionPayload(
            speaker=self.speaker,
            direction=self.direction,
            text=self.text,
            summary=self.summary,
            intent=self.intent,
            sentiment=self.sentiment,
            facts=self.facts,
            promises=self.promises,
            attachments=self.attachments,
            attributes=self.attributes,
            source=self.source,
            event=self.source_event_id,
        )


SPEAKS = {
    Speaker.CUSTOMER: Speaks.CUSTOMER,
    Speaker.UNSPECIFIED: Speaks.CUSTOMER,
    Speaker.AGENT: Speaks.OURS,
    Speaker.BOT: Speaks.OURS,
}


class Said(NamedTuple):
    """Where something is said: in which contact, on which channel. `id`: of the interaction; a fresh one where it is
    empty."""

    contact: str
    channel: str
    id: str = ""


def interaction_row(runtime: Runtime, tenant: str, content: InteractionContent, said: Said) -> InteractionRow:
    """The row of an interaction."""
    return InteractionRow(
        interaction_id=said.id or runtime.new_id(),
        source_revision=content.source_revision,
        key=content.key(runtime.keyring, tenant),
        contact_id=said.contact,
        kind=content.kind,
        channel=said.channel,
        occur_time_us=content.occur_time_us,
        sequence=content.sequence,
        digest=content.digest(runtime.keyring, tenant),
        payload=content.payload(),
        intends=bool(content.intent),
        speaks=whose_word(content),
    )


def whose_word(content: InteractionContent) -> Speaks:
    """Whose word it is (T7)."""
    if content.kind in (InteractionKind.NOTE, InteractionKind.EVENT):
        return Speaks.NOBODY
    return SPEAKS.get(content.speaker, Speaks.NOBODY)


def write_interaction(plan: Plan, runtime: Runtime, content: InteractionContent, said: Said) -> InteractionRow:
    """Add an interaction, with what it teaches and promises, to a plan; answers its row."""
    row = interaction_row(runtime, plan.tenant, content, said)
    plan.lock(row.key)
    plan.add(row)
    saying = Saying.of(row)
    aside = content.kind is InteractionKind.NOTE or content.speaker is Speaker.PARTICIPANT
    write_facts(plan, content.facts, saying, aside=aside)
    write_promises(plan, content.promises, saying)
    return row


class Saying(NamedTuple):
    """Where and when something is taught or promised, and by which revision of which interaction or update."""

    contact: str
    occur_time_us: int
    said_by: bytes = NO_INTERACTION
    source_revision: int = 0

    @classmethod
    def of(cls, row: InteractionRow) -> Saying:
        """By an interaction."""
        return cls(row.contact_id, row.occur_time_us, row.key, row.source_revision)


def write_facts(plan: Plan, facts: Sequence[FactSaid], saying: Saying, *, aside: bool = False) -> None:
    """Add facts to a plan. Of several with one key the last stands, as it would if they came one by one. `aside`: not
    by the customer, nor by who speaks to her."""
    for fact in {fact.key: fact for fact in facts}.values():
        plan.add(
            FactRow(
                contact_id=saying.contact,
                key=fact.key,
                value=fact.value,
                how_known=fact.how_known,
                withdrawn=fact.withdrawn,
                expire_time_us=fact.expire_time_us,
                aside=aside,
                occur_time_us=saying.occur_time_us,
                said_by=saying.said_by,
                source_revision=saying.source_revision,
            )
        )


def write_promises(plan: Plan, promises: Sequence[PromiseMade], saying: Saying) -> None:
    """Add promises to a plan. Of several with one key the last stands, with what it does not say again."""
    latest: dict[str, PromiseMade] = {}
    for promise in promises:
        earlier = latest.get(promise.key)
        latest[promise.key] = promise if earlier is None else _said_again(earlier, promise)
    for promise in latest.values():
        plan.add(
            PromiseRow(
                contact_id=saying.contact,
                key=promise.key,
                what=promise.what or None,
                due_time_us=promise.due_time_us,
                state=promise.state,
                occur_time_us=saying.occur_time_us,
                said_by=saying.said_by,
                source_revision=saying.source_revision,
            )
        )


def _said_again(earlier: PromiseMade, later: PromiseMade) -> PromiseMade:
    due_time_us = earlier.due_time_us if later.due_time_us is None else later.due_time_us
    return msgspec.structs.replace(later, what=later.what or earlier.what, due_time_us=due_time_us)
