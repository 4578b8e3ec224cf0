"""Where a contact that starts is put: under whom, and in which conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from profile_service.engine.contact.verdict import Verdict, write_anchor, write_own_profile
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.threads import How, Thread
from profile_service.identity.text.networks import reference
from profile_service.store.plan import Plan
from profile_service.store.queries.found import Found
from profile_service.store.rows.contact import NamingRow, ReferenceRow
from profile_service.store.rows.conversation import ConversationOwnerRow, ConversationRow
from profile_service.store.rows.graph import ProfileExpectedRow

TICKET = "ticket"
"""The kind of reference that is one within a brand, whichever source names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A contact in its conversation. `is_known`: an event of it came before it; `left`: the conversation that the event
    made, where the contact does not stand in it."""

    contact: str
    conversation: str
    left: str | None
    is_known: bool
    verdict: Verdict
    thread: Thread


def place(runtime: Runtime, contact: str, found: Found, verdict: Verdict, thread: Thread) -> Placed:
    """In the thread's conversation; else in the one that an event of the contact made that came first, or a new one."""
    made = None if found.contact is None else found.contact.conversation
    conversation = thread.conversation or made or runtime.new_id()
    return Placed(
        contact=contact,
        conversation=conversation,
        left=None if made == conversation else made,
        is_known=found.contact is not None,
        verdict=verdict,
        thread=thread,
    )


class Began(NamedTuple):
    """How a contact began: when, with which brand, and whether that opens a conversation again (T7)."""

    time_us: int
    brand: str
    reopens: bool


def write_placed(plan: Plan, placed: Placed, began: Began, persons: Sequence[int] = ()) -> None:
    """The rows of the conversation, and of the profile that the contact stands under where nobody is known."""
    time_us = began.time_us
    anchor = placed.verdict.resolution.anchor
    plan.add(
        ConversationRow(
            conversation_id=placed.conversation,
            brand=began.brand,
            owner_contact=placed.contact,
            owner_node=None if placed.thread.apart else anchor,
            time_us=time_us,
            reopens=began.reopens,
        )
    )
    plan.touch_conversation(placed.conversation)
    if placed.left is not None:
        plan.add(ConversationOwnerRow(conversation_id=placed.left, time_us=time_us))
        plan.touch_conversation(placed.left)
    if placed.is_known:
        write_anchor(plan, placed.contact, placed.verdict, persons)
    if anchor is None or placed.is_known:
        write_own_profile(plan, placed.contact, time_us, live=anchor is None)


def reference_keys(
    runtime: Runtime, tenant: str, references: Sequence[tuple[str, str]], source: str, brand: str
) -> list[bytes]:
    """The keyed hashes of references, each a kind and what is written: a ticket is one within its brand, anything else
    within its source (T5)."""
    return [
        runtime.keyring.digest(tenant, "reference", kind, brand if kind == TICKET else source, reference(kind, name))
        for kind, name in references
    ]


def write_references(plan: Plan, contact: str, references: Iterable[bytes], time_us: int) -> None:
    """The rows of what names the contact's conversation outside."""
    for key in references:
        plan.add(ReferenceRow(key=key, contact_id=contact, time_us=time_us))


def write_names(plan: Plan, contact: str, names: Iterable[tuple[How, bytes, bool]]) -> None:
    """The rows of the contacts that this one names, by key, come yet or not."""
    for place, (how, key, one_desk) in enumerate(names):
        plan.add(NamingRow(contact_id=contact, place=place, how=how, key=key, one_desk=one_desk))


def expect_customer(plan: Plan, found: Found, verdict: Verdict) -> None:
    """The customer is as she was found: of several starts at once each sees the conversation of the one before."""
    customer = verdict.resolution.profile
    revisions = [node.revision for node in found.nodes.values() if node.profile == customer]
    if customer is not None and revisions:
        plan.add(ProfileExpectedRow(profile_id=customer, etag=revisions[0]))
