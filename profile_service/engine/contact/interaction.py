"""An interaction as it is keyed, digested, masked and sealed. Shared by all calls that record one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from profile_service.engine.runtime import Runtime
from profile_service.store.keyring import Keyring
from profile_service.store.plan import Plan

STATE_OPEN = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionContent:
    """One interaction without protobuf; enums are their proto numbers, `facts` and `promises` plain mappings."""

    source: str
    source_event_id: str
    source_revision: int
    kind: int
    occur_time_us: int
    speaker: int = 0
    direction: int = 0
    text: str = ""
    summary: str = ""
    intent: str = ""
    sentiment: float | None = None
    facts: Sequence[Mapping[str, Any]] = ()
    promises: Sequence[Mapping[str, Any]] = ()
    attachments: Sequence[Mapping[str, Any]] = ()
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])

    def key(self, keyring: Keyring, tenant: str) -> bytes:
        """The keyed hash of (source, source_event_id)."""
        return keyring.digest(tenant, "interaction", self.source, self.source_event_id)

    def digest(self, keyring: Keyring, tenant: str) -> bytes:
        """The keyed hash of the fields in a fixed order, version 1; it does not depend on a serialisation."""
        fields = [
            1,
            [self.kind, self.occur_time_us, self.speaker, self.direction],
            [self.text, self.summary, self.intent, self.sentiment],
            [sorted(fact.items()) for fact in self.facts],
            [sorted(promise.items()) for promise in self.promises],
            [sorted(attachment.items()) for attachment in self.attachments],
            sorted(self.attributes.items()),
        ]
        return keyring.digest_fields(tenant, "interaction content", fields)

    def payload(self) -> dict[str, Any]:
        """What is stored."""
        return {
            "speaker": self.speaker,
            "direction": self.direction,
            "text": self.text,
            "summary": self.summary,
            "intent": self.intent,
            "sentiment": self.sentiment,
            "facts": list(self.facts),
            "promises": list(self.promises),
            "attachments": list(self.attachments),
            "attributes": dict(self.attributes),
            "source": self.source,
            "event": self.source_event_id,
        }


def interaction_row(
    keyring: Keyring,
    tenant: str,
    content: InteractionContent,
    *,
    interaction_id: str,
    contact: str,
    conversation: str,
    channel: str,
) -> dict[str, Any]:
    """The row of an interaction, sealed; bytes stay bytes."""
    key = content.key(keyring, tenant)
    place = f"interaction/payload/{key.hex()}.{content.source_revision}"
    return {
        "interaction_id": interaction_id,
        "source_revision": content.source_revision,
        "key": key,
        "conversation_id": conversation,
        "contact_id": contact,
        "kind": content.kind,
        "channel": channel,
        "occur_time_us": content.occur_time_us,
        "digest": content.digest(keyring, tenant),
        "payload": keyring.seal_json(tenant, place, content.payload()),
    }


def write_interaction(
    plan: Plan, runtime: Runtime, content: InteractionContent, contact: str, conversation: str, channel: str
) -> None:
    """Add an interaction, with what it teaches and promises, to a plan."""
    row = interaction_row(
        runtime.keyring,
        plan.tenant,
        content,
        interaction_id=runtime.new_id(),
        contact=contact,
        conversation=conversation,
        channel=channel,
    )
    plan.lock(row["key"])
    plan.add("interaction", item=0, **row)
    write_facts(plan, content.facts, contact, content.occur_time_us)
    write_promises(plan, content.promises, contact, conversation, content.occur_time_us)


def write_facts(plan: Plan, facts: Sequence[Mapping[str, Any]], contact: str, occur_time_us: int) -> None:
    """Add facts to a plan; the latest of a key supersedes."""
    for fact in facts:
        plan.add(
            "fact",
            contact_id=contact,
            key=fact["key"],
            value=plan.seal("fact", "value", f"{contact}.{fact['key']}", fact["value"]),
            how_known=fact["how_known"],
            withdrawn=fact["withdrawn"],
            expire_time_us=fact["expire_time_us"],
            occur_time_us=occur_time_us,
        )


def write_promises(
    plan: Plan, promises: Sequence[Mapping[str, Any]], contact: str, conversation: str, occur_time_us: int
) -> None:
    """Add promises to a plan; a later one of the same key changes its state."""
    for promise in promises:
        what = promise["what"]
        plan.add(
            "promise",
            conversation_id=conversation,
            key=promise["key"],
            contact_id=contact,
            what=plan.seal("promise", "what", f"{conversation}.{promise['key']}", what) if what else None,
            due_time_us=promise["due_time_us"],
            state=promise["state"] or STATE_OPEN,
            occur_time_us=occur_time_us,
        )
