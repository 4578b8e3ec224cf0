"""The handoff context of a contact: who this is, how sure we are, what may be said, what is going on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from profile_service.engine.caller import Caller
from profile_service.engine.contact.knowledge import asked_of, known_of, likely_candidates
from profile_service.engine.contact.levels import Levels
from profile_service.engine.contact.reach import is_over
from profile_service.engine.contact.readers import CONSENT_WITHDRAWN, for_agents, for_bots
from profile_service.engine.contact.said import known_facts, open_promises
from profile_service.engine.contact.standing import latest_answer
from profile_service.engine.contact.timelines import began, intent_of, last_party, latest_ended, timeline_of
from profile_service.engine.contact.view import ContextView
from profile_service.engine.profile import profile_view
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactNotFound
from profile_service.identity.contact.disclosure import Reason
from profile_service.identity.contact.questions import proving_question
from profile_service.identity.graph.model import Disclosure, Outcome
from profile_service.identity.limits import CONTEXT
from profile_service.identity.policy import Policy
from profile_service.identity.profile.consent import latest_consent
from profile_service.store.queries.context import ContextQuery, Parts
from profile_service.store.queries.opened import Contact, Opener, Promise
from profile_service.store.queries.parts import ContextParts, StoredContact


async def read_context(runtime: Runtime, caller: Caller, query: ContextQuery) -> Parts:
    """Read the parts of one context, together with the calls that arrive at the same time. Raises ContactNotFound, also
    for a contact of a source that the credential does not cover."""
    read = await runtime.contexts.submit(caller.tenant, query)
    if read is None or not caller.covers(read.source):
        raise ContactNotFound
    note_read(runtime, caller, {"contact": read.contact, "profile": read.profile})
    return read


async def context_of(runtime: Runtime, caller: Caller, contact: str, *, automated: bool) -> ContextView:
    """The context of a contact as it is now. Raises ContactNotFound."""
    read = await read_context(runtime, caller, ContextQuery(contact_id=contact))
    return await build_context(runtime, caller, read, automated=automated)


async def build_context(runtime: Runtime, caller: Caller, read: Parts, *, automated: bool) -> ContextView:
    """Put the parts of a context together: open what may be shown, and nothing else. For agents who only listen to a
    call it is the context of the call, as long as that lives (D6). Raises ContactNotFound."""
    parts = read.parts
    if parts is None:
        raise ContactNotFound
    policy, opener = runtime.tenant(caller).policy, Opener(runtime.keyring, caller.tenant)
    _require_readable(caller, parts, opener, policy, runtime.clock())
    own = await _built(runtime, caller, read, parts, automated=automated)
    if parts.me.call is None or automated:
        return own
    heard = await runtime.contexts.submit(caller.tenant, ContextQuery(contact_id=parts.me.call))
    if heard is None or heard.parts is None or not caller.covers(heard.source):
        return own
    if (parts.me.anchor is not None or parts.me.corrected) and heard.profile != read.profile:
        return own  # it turned out to be of another customer, who does not hear this one's call (T9)
    note_read(runtime, caller, {"contact": heard.contact, "profile": heard.profile})
    return as_heard(own, await _built(runtime, caller, heard, heard.parts, automated=False))


def as_heard(own: ContextView, call: ContextView) -> ContextView:
    """The context of a contact that listens to a call: what is going on there, beside its own words."""
    return replace(
        call,
        contact_id=own.contact_id,
        contact=own.contact,
        open_contacts=[*own.open_contacts, *call.open_contacts],
        as_of_us=own.as_of_us,
        is_heard=True,
    )


async def _built(runtime: Runtime, caller: Caller, read: Parts, parts: ContextParts, *, automated: bool) -> ContextView:
    policy, opener = runtime.tenant(caller).policy, Opener(runtime.keyring, caller.tenant)
    levels = Levels(parts, policy, runtime.clock(), automated)
    own = _own_part(opener, read, levels)
    if levels.standing.guarded and levels.standing.profile is None:
        return for_bots(own, policy) if automated else own
    view = _with_conversation(own, opener, levels)
    if levels.standing.profile is None:
        found = await _with_candidates(runtime, opener, view, levels)
        return for_bots(found, policy) if automated else found
    whole = _with_profile(view, opener, levels)
    if automated:
        return for_bots(whole, policy)
    if whole.disclosure is Disclosure.VERIFY_FIRST:
        candidates, ask = await likely_candidates(runtime, opener, parts, policy)
        known = known_of(parts.nodes or (), whole.profile_view)
        proving = proving_question(known, asked_of(parts, policy), policy)
        whole = replace(whole, candidates=candidates, ask=ask if candidates else proving)
    return for_agents(whole, policy)


async def _with_candidates(runtime: Runtime, opener: Opener, view: ContextView, levels: Levels) -> ContextView:
    """Whom the contact of nobody may be about; where the only one is guarded, it is nobody known."""
    candidates, ask = await likely_candidates(runtime, opener, levels.parts, levels.policy)
    if view.reason is Reason.FOUND_BY_CLAIM and not candidates:
        view = replace(view, disclosure=Disclosure.WITHHOLD, reason=Reason.NOBODY_KNOWN)
    return replace(view, candidates=candidates, ask=ask)


def _require_readable(caller: Caller, parts: ContextParts, opener: Opener, policy: Policy, now_us: int) -> None:
    """Raise ContactNotFound where an agent's contact ended too long ago, or is another person's (I22)."""
    if is_over(caller, policy, parts.me.end_time_us, now_us):
        raise ContactNotFound
    if not caller.person:
        return
    own = next((row for row in parts.contacts or () if row.contact_id == parts.me.id), None)
    attendants = () if own is None else opener.contact(own, Disclosure.SAFE).payload.attendants
    if caller.person not in {attendant.id for attendant in attendants}:
        raise ContactNotFound


def _own_part(opener: Opener, read: Parts, levels: Levels) -> ContextView:
    """What this contact brought itself: its row and its interactions."""
    parts = levels.parts
    me, checks = parts.me, parts.checks or ()
    disclosure, reason = levels.whole
    own = next((row for row in parts.contacts or () if row.contact_id == me.id), None)
    contact = None if own is None else opener.contact(own, Disclosure.SAFE)
    return ContextView(
        contact_id=read.contact,
        profile_id=read.profile if levels.standing.profile is not None else me.id,
        profile_view=None,
        outcome=Outcome(latest_answer(me).outcome),
        disclosure=disclosure,
        reason=reason,
        until_us=levels.opened.until_us,
        checks_failed_until_us=parts.failed_until_us,
        conversation=parts.conversation,
        channels=[] if contact is None else [contact.channel],
        intent="",
        contact=contact,
        open_contacts=[timeline_of(opener, own, levels)] if own is not None and own.end_time_us is None else [],
        ended_contacts=(),
        others=(),
        facts=(),
        promises=(),
        attributes_checked=tuple(sorted({check.attribute for check in checks if check.matched})),
        last_agent=None,
        last_queue=None,
        warnings=tuple(_own_warnings(parts)),
        ask=None,
        candidates=(),
        omissions={},
        as_of_us=levels.now_us,
        profile_revision=read.profile_revision,
        conversation_revision=read.conversation_revision,
        stamp=read.stamp,
    )


def _own_warnings(parts: ContextParts) -> Iterator[str]:
    """What the contact itself gives cause for."""
    if parts.me.ambiguous:
        yield "AMBIGUOUS"
    if parts.me.shared:
        yield "SHARED_IDENTIFIER"
    if parts.me.corrected:
        yield "RECENT_CORRECTION"
    if _is_forbidden(parts):
        yield CONSENT_WITHDRAWN
    if parts.failed_until_us is not None or any(not check.matched for check in parts.checks or ()):
        yield "CHECKS_FAILED"


def _is_forbidden(parts: ContextParts) -> bool:
    """Whether the customer whom we contact forbade it on this channel, for any purpose (I16)."""
    dialled, me = parts.dialled or (), parts.me
    latest = (latest_consent(dialled, purpose, me.channel, me.brand) for purpose in {said.purpose for said in dialled})
    return any(said is not None and not said.granted for said in latest)


def _visible(parts: ContextParts) -> list[StoredContact]:
    """The contacts of the conversation that this one may see: those of the same profile, and, unless a reference
    alone put it there, those of nobody that the platform itself chained to it. Another customer's are not shown."""

    def is_chained(row: StoredContact) -> bool:
        return row.profile == row.contact_id and not parts.me.is_apart and not row.apart

    return [row for row in parts.contacts or () if row.profile == parts.me.profile or is_chained(row)]


def _omitted(parts: ContextParts) -> dict[str, int]:
    """How many contacts of the conversation are too many to be read."""
    older = 0 if parts.me.is_apart else parts.contact_count - len(parts.contacts or ())
    return {"contacts": older} if older else {}


def _with_conversation(view: ContextView, opener: Opener, levels: Levels) -> ContextView:
    parts = levels.parts
    rows = _visible(parts)
    live = [timeline_of(opener, row, levels) for row in rows if row.end_time_us is None]
    ended = [
        timeline_of(opener, row, levels)
        for row in reversed(rows)
        if row.end_time_us is not None and row.contact_id != view.contact_id
    ]
    contacts = [timeline.contact for timeline in (*live, *ended)]
    shown = {contact.id for contact in contacts}
    promises = [row for row in levels.promises if row.conversation == view.conversation.id]
    other_live = any(timeline.contact.id != view.contact_id for timeline in live)
    return replace(
        view,
        omissions=_omitted(parts),
        channels=list(dict.fromkeys(row.channel for row in rows)),
        intent=intent_of(opener, rows, levels),
        open_contacts=live,
        ended_contacts=ended[: CONTEXT.ended],
        facts=known_facts(opener, (row for row in levels.facts if row.contact in shown), levels),
        promises=open_promises(opener, promises, levels),
        last_agent=last_party(view, contacts, "AGENT"),
        last_queue=last_party(view, contacts, "QUEUE"),
        warnings=(*view.warnings, "OTHER_CONTACT_LIVE") if other_live else view.warnings,
    )


def _with_profile(view: ContextView, opener: Opener, levels: Levels) -> ContextView:
    parts = levels.parts
    contacts = [opener.contact(row, levels.of_contact(row)) for row in parts.ended or ()]
    ended = {row.contact_id: timeline_of(opener, row, levels) for row in latest_ended(parts)}
    ended |= {timeline.contact.id: timeline for timeline in view.ended_contacts}
    promises = open_promises(opener, levels.promises, levels)
    others = [(row, levels.of_conversation(row)) for row in parts.others or ()]
    facts = {fact.key: fact for fact in (*view.facts, *known_facts(opener, levels.facts, levels))}
    handled = [*contacts, *(timeline.contact for timeline in view.open_contacts)]
    more = {"other_conversations": 1} if len(others) > CONTEXT.others else {}
    return replace(
        view,
        profile_view=profile_view(opener, parts, levels.policy, levels),
        ended_contacts=sorted(ended.values(), key=began, reverse=True)[: CONTEXT.ended],
        others=others[: CONTEXT.others],
        facts=sorted(facts.values(), key=lambda fact: fact.occur_time_us, reverse=True)[: CONTEXT.facts],
        promises=promises,
        last_agent=last_party(view, handled, "AGENT"),
        last_queue=last_party(view, handled, "QUEUE"),
        warnings=tuple(dict.fromkeys((*view.warnings, *_warnings(view, contacts, promises)))),
        omissions={**view.omissions, **more},
    )


def _warnings(view: ContextView, contacts: Iterable[Contact], promises: Iterable[Promise]) -> Iterator[str]:
    """What the customer's other contacts and promises give cause for."""
    if any(contact.end_time_us is None and contact.id != view.contact_id for contact in contacts):
        yield "OTHER_CONTACT_LIVE"
    if any(promise.due_time_us is not None and promise.due_time_us < view.as_of_us for promise in promises):
        yield "PROMISE_OVERDUE"
