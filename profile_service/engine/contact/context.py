"""The handoff context of a contact: who this is, how sure we are, what may be said, what is going on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from profile_service.engine.caller import Caller
from profile_service.engine.contact.standing import contact_standing, latest_answer
from profile_service.engine.profile import ProfileView, profile_view
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.errors import ContactNotFound
from profile_service.identity.contact.answers import canonical_answer
from profile_service.identity.contact.disclosure import disclose
from profile_service.identity.contact.questions import Ask, proving_question, separating_question
from profile_service.identity.contact.resolution import CANDIDATES_MAX
from profile_service.identity.graph.model import Disclosure, Outcome
from profile_service.identity.policy import Policy
from profile_service.store.queries.context import Opener, Parts, Wanted, known_by

INTERACTIONS_MAX = 10
ENDED_MAX = 5
OTHERS_MAX = 10
FACTS_MAX = 100
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextView:
    """A context before it is put into a message. `profile_view` is None where nothing of a profile may be shown."""

    contact_id: str
    profile_id: str
    profile_view: ProfileView | None
    outcome: Outcome
    disclosure: Disclosure
    reason: str
    conversation: Row
    contact: Row
    open_contacts: Sequence[tuple[Row, Sequence[Row], bool]]
    ended_contacts: Sequence[Row]
    others: Sequence[Row]
    facts: Sequence[Row]
    promises: Sequence[Row]
    attributes_checked: tuple[str, ...]
    last_agent: Row | None
    last_queue: Row | None
    warnings: tuple[str, ...]
    ask: Ask | None
    candidates: Sequence[tuple[str, Sequence[str], float]]
    omissions: Mapping[str, int]
    as_of_us: int
    profile_revision: int
    conversation_revision: int
    stamp: int

    @property
    def revision(self) -> int:
        """The revision that the context reflects."""
        return max(self.profile_revision, self.conversation_revision)


async def read_context(runtime: Runtime, caller: Caller, wanted: Wanted) -> Parts:
    """Read the parts of one context, together with the calls that arrive at the same time. Raises ContactNotFound."""
    read = await runtime.contexts.submit(caller.tenant, wanted)
    if read is None:
        raise ContactNotFound
    note_read(runtime, caller, {"contact": read.contact, "profile": read.profile})
    return read


async def context_of(runtime: Runtime, caller: Caller, contact: str, *, automated: bool) -> ContextView:
    """The context of a contact as it is now. Raises ContactNotFound."""
    read = await read_context(runtime, caller, Wanted(contact_id=contact))
    return await build_context(runtime, caller, read, automated=automated)


async def build_context(runtime: Runtime, caller: Caller, read: Parts, *, automated: bool) -> ContextView:
    """Put the parts of a context together: open what may be shown, and nothing else. Raises ContactNotFound."""
    parts = read.parts
    if parts is None:
        raise ContactNotFound
    policy = runtime.tenant(caller).policy
    opener = Opener(runtime.keyring, caller.tenant)
    me, checks = parts["me"], parts["checks"] or []
    standing = contact_standing(me, parts["claims"] or [], checks)
    disclosure, reason = disclose(standing, policy)
    bare = automated and disclosure is not Disclosure.SAFE
    now = runtime.clock()
    candidates = await _candidates(runtime, opener, parts, policy) if standing.anchored is False else _NOBODY
    view = _own_part(opener, read, parts, now, disclosure, reason, checks)
    view = replace(view, candidates=candidates[0] if not automated else (), ask=candidates[1])
    if not standing.anchored:
        return view if bare else _with_conversation(view, opener, parts)
    if bare:
        return view
    whole = _with_profile(_with_conversation(view, opener, parts), opener, parts, now)
    if disclosure is Disclosure.VERIFY_FIRST:
        known = _known(parts["nodes"] or [], whole.profile_view)
        whole = replace(whole, ask=proving_question(known, frozenset(view.attributes_checked), policy))
    return whole


_NOBODY: tuple[Sequence[tuple[str, Sequence[str], float]], Ask | None] = ((), None)


def _own_part(
    opener: Opener,
    read: Parts,
    parts: Row,
    now: int,
    disclosure: Disclosure,
    reason: str,
    checks: Sequence[Sequence[Any]],
) -> ContextView:
    """What this contact brought itself: its row and its interactions."""
    rows = [row for row in parts["contacts"] or () if row["id"] == parts["me"]["id"]]
    own = rows[0] if rows else None
    contact = opener.contact(own) if own else {}
    opened, older = _interactions(opener, own) if own else ([], False)
    live = own is not None and own["end"] is None
    warnings = [
        name
        for name, holds in (
            ("AMBIGUOUS", parts["me"]["ambiguous"]),
            ("SHARED_IDENTIFIER", parts["me"]["shared"]),
            ("RECENT_CORRECTION", parts["me"]["corrected"]),
            ("CHECKS_FAILED", any(not matched for _, matched in checks)),
        )
        if holds
    ]
    answer = latest_answer(parts["me"])
    return ContextView(
        contact_id=read.contact,
        profile_id=read.profile,
        profile_view=None,
        outcome=Outcome(answer.get("outcome", Outcome.CREATED)),
        disclosure=disclosure,
        reason=reason,
        conversation={**parts["conversation"], "channels": [contact["channel"]] if contact else []},
        contact=contact,
        open_contacts=[(contact, opened, older)] if live else [],
        ended_contacts=(),
        others=(),
        facts=(),
        promises=(),
        attributes_checked=tuple(sorted({attribute for attribute, matched in checks if matched})),
        last_agent=None,
        last_queue=None,
        warnings=tuple(warnings),
        ask=None,
        candidates=(),
        omissions={},
        as_of_us=now,
        profile_revision=read.profile_revision,
        conversation_revision=read.conversation_revision,
        stamp=read.stamp,
    )


def _interactions(opener: Opener, row: Row) -> tuple[list[dict[str, Any]], bool]:
    held = row["interactions"] or []
    return [opener.interaction(item) for item in held[-INTERACTIONS_MAX:]], len(held) > INTERACTIONS_MAX


def _visible(parts: Row) -> list[Row]:
    """The contacts of the conversation that this one may see: those of the same profile, and, unless a reference
    alone put it there, those that the platform itself chained."""
    me = next((row for row in parts["contacts"] or () if row["id"] == parts["me"]["id"]), None)
    mine = None if me is None else me["profile"]
    return [
        row
        for row in parts["contacts"] or ()
        if row["profile"] == mine or (not parts["me"]["loose"] and not row["loose"])
    ]


def _with_conversation(view: ContextView, opener: Opener, parts: Row) -> ContextView:
    rows = _visible(parts)
    contacts = [(opener.contact(row), *_interactions(opener, row)) for row in rows if row["end"] is None]
    ended = [opener.contact(row) for row in reversed(rows) if row["end"] is not None and row["id"] != view.contact_id]
    channels = list(dict.fromkeys(row["channel"] for row in rows))
    intents = [item["payload"]["intent"] for _, items, _ in contacts for item in items if item["payload"]["intent"]]
    shown = {contact["id"] for contact in (row for row, _, _ in contacts)} | {row["id"] for row in ended}
    other_live = any(row["id"] != view.contact_id for row, _, _ in contacts)
    older = 0 if parts["me"]["loose"] else parts["contact_count"] - len(parts["contacts"] or ())
    return replace(
        view,
        omissions={"contacts": older} if older else {},
        conversation={**view.conversation, "channels": channels, "intent": intents[-1] if intents else ""},
        open_contacts=contacts,
        ended_contacts=ended[:ENDED_MAX],
        facts=_facts(opener, parts, shown, view.as_of_us),
        promises=opener.values(
            [row for row in parts["promises"] or () if row["conversation"] == view.conversation["id"]],
            "promise/what/{conversation}.{key}",
            "what",
        ),
        last_agent=_last_party(view, [*(row for row, _, _ in contacts), *ended], "AGENT"),
        last_queue=_last_party(view, [*(row for row, _, _ in contacts), *ended], "QUEUE"),
        warnings=(*view.warnings, "OTHER_CONTACT_LIVE") if other_live else view.warnings,
    )


def _last_party(view: ContextView, rows: Sequence[Row], kind: str) -> dict[str, Any] | None:
    """The last agent or queue before this contact; a supervisor who listens in is neither."""
    for row in sorted(rows, key=lambda row: row["start"], reverse=True):
        for attendant in reversed(row["payload"].get("attendants", ())):
            if attendant["kind"] == kind and row["id"] != view.contact_id:
                return {**attendant, "time": row["end"] or row["start"], "channel": row["channel"]}
    return None


def _facts(opener: Opener, parts: Row, contacts: set[str] | None, now: int) -> list[dict[str, Any]]:
    """The latest fact of each key, unless it was withdrawn or has expired."""
    latest: dict[str, Row] = {}
    for row in parts["facts"] or ():
        if (contacts is None or row["contact"] in contacts) and row["key"] not in latest:
            latest[row["key"]] = row
    live = [row for row in latest.values() if not row["withdrawn"] and (row["expire"] is None or row["expire"] > now)]
    return opener.values(live, "fact/value/{contact}.{key}")[:FACTS_MAX]


def _with_profile(view: ContextView, opener: Opener, parts: Row, now: int) -> ContextView:
    rows = [opener.contact(row) for row in parts["ended"] or ()]
    ended = [row for row in rows if row["end"] is not None]
    seen = {row["id"] for row in ended}
    ended = sorted(
        [*ended, *(row for row in view.ended_contacts if row["id"] not in seen)],
        key=lambda row: row["start"],
        reverse=True,
    )
    promises = opener.values(parts["promises"], "promise/what/{conversation}.{key}", "what")
    overdue = any(row["due"] is not None and row["due"] < now for row in promises)
    others = list(parts["others"] or ())
    known = {row["key"]: row for row in view.facts} | {row["key"]: row for row in _facts(opener, parts, None, now)}
    live_elsewhere = any(row["end"] is None and row["id"] != view.contact_id for row in rows)
    warnings = dict.fromkeys(view.warnings)
    if live_elsewhere:
        warnings["OTHER_CONTACT_LIVE"] = None
    if overdue:
        warnings["PROMISE_OVERDUE"] = None
    return replace(
        view,
        profile_view=profile_view(opener, parts),
        ended_contacts=ended[:ENDED_MAX],
        others=others[:OTHERS_MAX],
        facts=sorted(known.values(), key=lambda row: row["occur"], reverse=True)[:FACTS_MAX],
        promises=promises,
        last_agent=_last_party(view, [*rows, *(row for row, _, _ in view.open_contacts)], "AGENT"),
        last_queue=_last_party(view, [*rows, *(row for row, _, _ in view.open_contacts)], "QUEUE"),
        warnings=tuple(warnings),
        omissions={**view.omissions, **({"other_conversations": 1} if len(others) > OTHERS_MAX else {})},
    )


def _known(nodes: Sequence[Row], profile: ProfileView | None) -> dict[str, frozenset[str]]:
    known = {row["namespace"]: frozenset({row["id"]}) for row in nodes}
    for survivor in profile.golden if profile else ():
        known[survivor.attribute] = frozenset({survivor.value})
    return known


async def _candidates(
    runtime: Runtime, opener: Opener, parts: Row, policy: Policy
) -> tuple[Sequence[tuple[str, Sequence[str], float]], Ask | None]:
    """Who it may be, and the question that would tell. Ranked as the resolution ranked them."""
    listed = [(row[0], row[1], row[2]) for row in latest_answer(parts["me"]).get("candidates", ())][:CANDIDATES_MAX]
    if not listed:
        return (), None
    known = await known_by(runtime.database, opener, [profile for profile, _, _ in listed])
    facts = [canonical_knowledge(rows) for rows in known.values()]
    ask = separating_question(facts, policy) if len(facts) > 1 else proving_question(facts[0], frozenset(), policy)
    return listed, ask


def canonical_knowledge(rows: Sequence[Row]) -> dict[str, frozenset[str]]:
    """What a candidate is known by: namespace or attribute -> canonical values."""
    known: dict[str, set[str]] = {}
    for row in rows:
        known.setdefault(row["namespace"], set()).add(row["key"])
        for attribute, value in row["attributes"].items():
            known.setdefault(attribute, set()).add(canonical_answer(attribute, value))
    return {key: frozenset(values) for key, values in known.items()}
