"""The handoff context of a contact: who this is, how sure we are, what may be said, what is going on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from profile_service.engine.caller import Caller
from profile_service.engine.contact.knowledge import Candidates, known_of, likely_candidates
from profile_service.engine.contact.standing import contact_standing, latest_answer
from profile_service.engine.profile import ProfileView, profile_view
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactNotFound
from profile_service.identity.contact.disclosure import disclose
from profile_service.identity.contact.questions import Ask, proving_question
from profile_service.identity.graph.model import Disclosure, Outcome
from profile_service.identity.limits import CONTEXT
from profile_service.identity.policy import Policy
from profile_service.store.queries.context import (
    ContextParts,
    ContextQuery,
    Parts,
    StoredContact,
    StoredConversation,
    StoredFact,
)
from profile_service.store.queries.opened import Contact, Fact, Interaction, Opener, Promise

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
    """A live contact with its last interactions, and whether there are older ones."""

    contact: Contact
    interactions: Sequence[Interaction]
    has_older: bool


class ContextView(msgspec.Struct, frozen=True, kw_only=True):
    """A context before it is put into a message. `profile_view` is None where nothing of a profile may be shown."""

    contact_id: str
    profile_id: str
    profile_view: ProfileView | None
    outcome: Outcome
    disclosure: Disclosure
    reason: str
    conversation: StoredConversation
    channels: Sequence[str]
    intent: str
    contact: Contact | None
    open_contacts: Sequence[ContactTimeline]
    ended_contacts: Sequence[Contact]
    others: Sequence[StoredConversation]
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

    @property
    def revision(self) -> int:
        """The revision that the context reflects."""
        return max(self.profile_revision, self.conversation_revision)


async def read_context(runtime: Runtime, caller: Caller, query: ContextQuery) -> Parts:
    """Read the parts of one context, together with the calls that arrive at the same time. Raises ContactNotFound."""
    read = await runtime.contexts.submit(caller.tenant, query)
    if read is None:
        raise ContactNotFound
    note_read(runtime, caller, {"contact": read.contact, "profile": read.profile})
    return read


async def context_of(runtime: Runtime, caller: Caller, contact: str, *, automated: bool) -> ContextView:
    """The context of a contact as it is now. Raises ContactNotFound."""
    read = await read_context(runtime, caller, ContextQuery(contact_id=contact))
    return await build_context(runtime, caller, read, automated=automated)


async def build_context(runtime: Runtime, caller: Caller, read: Parts, *, automated: bool) -> ContextView:
    """Put the parts of a context together: open what may be shown, and nothing else. Raises ContactNotFound."""
    parts = read.parts
    if parts is None:
        raise ContactNotFound
    policy = runtime.tenant(caller).policy
    opener = Opener(runtime.keyring, caller.tenant)
    view = _own_part(opener, read, parts, policy, runtime.clock())
    bare = automated and view.disclosure is not Disclosure.SAFE
    if parts.me.anchor is None:
        candidates, ask = await likely_candidates(runtime, opener, parts, policy)
        view = replace(view, candidates=() if automated else candidates, ask=ask)
        return view if bare else _with_conversation(view, opener, parts)
    if bare:
        return view
    whole = _with_profile(_with_conversation(view, opener, parts), opener, parts)
    if whole.disclosure is Disclosure.VERIFY_FIRST:
        known = known_of(parts.nodes or (), whole.profile_view)
        whole = replace(whole, ask=proving_question(known, frozenset(view.attributes_checked), policy))
    return whole


def _own_part(opener: Opener, read: Parts, parts: ContextParts, policy: Policy, now: int) -> ContextView:
    """What this contact brought itself: its row and its interactions."""
    me, checks = parts.me, parts.checks or ()
    disclosure, reason = disclose(contact_standing(me, parts.claims or (), checks), policy)
    own = next((row for row in parts.contacts or () if row.contact_id == me.id), None)
    contact = None if own is None else opener.contact(own)
    warnings = {
        "AMBIGUOUS": me.ambiguous,
        "SHARED_IDENTIFIER": me.shared,
        "RECENT_CORRECTION": me.corrected,
        "CHECKS_FAILED": any(not check.matched for check in checks),
    }
    return ContextView(
        contact_id=read.contact,
        profile_id=read.profile,
        profile_view=None,
        outcome=Outcome(latest_answer(me).outcome),
        disclosure=disclosure,
        reason=reason,
        conversation=parts.conversation,
        channels=[] if contact is None else [contact.channel],
        intent="",
        contact=contact,
        open_contacts=[_timeline(opener, own)] if own is not None and own.end_time_us is None else [],
        ended_contacts=(),
        others=(),
        facts=(),
        promises=(),
        attributes_checked=tuple(sorted({check.attribute for check in checks if check.matched})),
        last_agent=None,
        last_queue=None,
        warnings=tuple(name for name, holds in warnings.items() if holds),
        ask=None,
        candidates=(),
        omissions={},
        as_of_us=now,
        profile_revision=read.profile_revision,
        conversation_revision=read.conversation_revision,
        stamp=read.stamp,
    )


def _timeline(opener: Opener, row: StoredContact) -> ContactTimeline:
    stored = row.interactions or ()
    shown = [
        opener.interaction(interaction, row.contact_id, row.conversation_id)
        for interaction in stored[-CONTEXT.interactions :]
    ]
    return ContactTimeline(
        contact=opener.contact(row), interactions=shown, has_older=len(stored) > CONTEXT.interactions
    )


def _visible(parts: ContextParts) -> list[StoredContact]:
    """The contacts of the conversation that this one may see: those of the same profile, and, unless a reference
    alone put it there, those that the platform itself chained."""
    rows = parts.contacts or ()
    mine = next((row.profile for row in rows if row.contact_id == parts.me.id), None)
    return [row for row in rows if row.profile == mine or (not parts.me.by_reference and not row.by_reference)]


def _with_conversation(view: ContextView, opener: Opener, parts: ContextParts) -> ContextView:
    rows = _visible(parts)
    live = [_timeline(opener, row) for row in rows if row.end_time_us is None]
    ended = [
        opener.contact(row)
        for row in reversed(rows)
        if row.end_time_us is not None and row.contact_id != view.contact_id
    ]
    contacts = [*(timeline.contact for timeline in live), *ended]
    shown = {contact.id for contact in contacts}
    older = 0 if parts.me.by_reference else parts.contact_count - len(parts.contacts or ())
    other_live = any(timeline.contact.id != view.contact_id for timeline in live)
    promises = [row for row in parts.promises or () if row.conversation == view.conversation.id]
    return replace(
        view,
        omissions={"contacts": older} if older else {},
        channels=list(dict.fromkeys(row.channel for row in rows)),
        intent=_latest_intent(live),
        open_contacts=live,
        ended_contacts=ended[: CONTEXT.ended],
        facts=_facts(opener, (row for row in parts.facts or () if row.contact in shown), view.as_of_us),
        promises=list(map(opener.promise, promises)),
        last_agent=_last_party(view, contacts, "AGENT"),
        last_queue=_last_party(view, contacts, "QUEUE"),
        warnings=(*view.warnings, "OTHER_CONTACT_LIVE") if other_live else view.warnings,
    )


def _latest_intent(live: Sequence[ContactTimeline]) -> str:
    """What the customer last wanted, as a bot or an agent put it; empty where nobody said."""
    said = [interaction.payload.intent for timeline in live for interaction in timeline.interactions]
    return next(filter(None, reversed(said)), "")


def _last_party(view: ContextView, contacts: Sequence[Contact], kind: str) -> Party | None:
    """The last agent or queue before this contact; a supervisor who listens in is neither."""
    for contact in sorted(contacts, key=_start_time, reverse=True):
        for attendant in reversed(contact.payload.attendants):
            if attendant.kind == kind and contact.id != view.contact_id:
                return Party(
                    id=attendant.id,
                    display_name=attendant.display_name,
                    time_us=contact.end_time_us or contact.start_time_us,
                    channel=contact.channel,
                )
    return None


def _facts(opener: Opener, rows: Iterable[StoredFact], now: int) -> list[Fact]:
    """The latest fact of each key, unless it was withdrawn or has expired; the rows come with the latest first."""
    latest: dict[str, StoredFact] = {}
    for row in rows:
        latest.setdefault(row.key, row)
    standing = (row for row in latest.values() if not row.withdrawn)
    live = [row for row in standing if row.expire_time_us is None or row.expire_time_us > now]
    return [opener.fact(row) for row in live[: CONTEXT.facts]]


def _with_profile(view: ContextView, opener: Opener, parts: ContextParts) -> ContextView:
    contacts = list(map(opener.contact, parts.ended or ()))
    ended = {contact.id: contact for contact in contacts if contact.end_time_us is not None}
    ended |= {contact.id: contact for contact in view.ended_contacts if contact.id not in ended}
    promises = list(map(opener.promise, parts.promises or ()))
    others = parts.others or ()
    facts = {fact.key: fact for fact in (*view.facts, *_facts(opener, parts.facts or (), view.as_of_us))}
    handled = [*contacts, *(timeline.contact for timeline in view.open_contacts)]
    more = {"other_conversations": 1} if len(others) > CONTEXT.others else {}
    return replace(
        view,
        profile_view=profile_view(opener, parts),
        ended_contacts=sorted(ended.values(), key=_start_time, reverse=True)[: CONTEXT.ended],
        others=others[: CONTEXT.others],
        facts=sorted(facts.values(), key=lambda fact: fact.occur_time_us, reverse=True)[: CONTEXT.facts],
        promises=promises,
        last_agent=_last_party(view, handled, "AGENT"),
        last_queue=_last_party(view, handled, "QUEUE"),
        warnings=tuple(dict.fromkeys((*view.warnings, *_warnings(view, contacts, promises)))),
        omissions={**view.omissions, **more},
    )


def _start_time(contact: Contact) -> int:
    return contact.start_time_us


def _warnings(view: ContextView, contacts: Iterable[Contact], promises: Iterable[Promise]) -> Iterator[str]:
    """What the customer's other contacts and promises give cause for."""
    if any(contact.end_time_us is None and contact.id != view.contact_id for contact in contacts):
        yield "OTHER_CONTACT_LIVE"
    if any(promise.due_time_us is not None and promise.due_time_us < view.as_of_us for promise in promises):
        yield "PROMISE_OVERDUE"
