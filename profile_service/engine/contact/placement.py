"""Where a contact that starts is put: under whom, and in which conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from profile_service.engine.contact.verdict import Verdict, write_anchor, write_own_profile
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.threads import Thread
from profile_service.identity.text.networks import reference
from profile_service.store.plan import Plan
from profile_service.store.queries.found import Found
from profile_service.store.rows.contact import ConversationRow, ReferenceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A contact in its conversation. `is_known`: an event of it came before it."""

    contact: str
    conversation: str
    is_known: bool
    verdict: Verdict
    thread: Thread


def place(runtime: Runtime, contact: str, found: Found, verdict: Verdict, thread: Thread) -> Placed:
    """In the thread's conversation or a new one; where an event of the contact came first, in the one that it made."""
    conversation = thread.conversation or runtime.new_id()
    return Placed(
        contact=contact,
        conversation=conversation if found.contact is None else found.contact.conversation,
        is_known=found.contact is not None,
        verdict=verdict,
        thread=thread,
    )


def write_placed(plan: Plan, placed: Placed, brand: str, time_us: int, persons: Sequence[int] = ()) -> None:
    """The rows of the conversation, and of the profile that the contact stands under where nobody is known."""
    anchor = placed.verdict.resolution.anchor
    plan.add(
        ConversationRow(
            conversation_id=placed.conversation,
            brand=brand,
            owner_contact=placed.contact,
            owner_node=None if placed.thread.by_reference else anchor,
            time_us=time_us,
        )
    )
    plan.touch_conversation(placed.conversation)
    if placed.is_known:
        write_anchor(plan, placed.contact, placed.verdict, persons)
    if anchor is None or placed.is_known:
        write_own_profile(plan, placed.contact, time_us, live=anchor is None)


def reference_keys(runtime: Runtime, tenant: str, references: Sequence[tuple[str, str]]) -> list[bytes]:
    """The keyed hashes of references, each a kind and what is written."""
    return [runtime.keyring.digest(tenant, "reference", kind, reference(kind, name)) for kind, name in references]


def write_references(plan: Plan, placed: Placed, references: Iterable[bytes]) -> None:
    """The rows of what names the conversation outside."""
    for key in references:
        plan.add(ReferenceRow(key=key, conversation_id=placed.conversation))
