"""Which conversation a contact goes on in, of what was found."""

from __future__ import annotations

from profile_service.engine.contact.verdict import Verdict
from profile_service.engine.graph.evidence import Standing
from profile_service.errors import ConversationNotFound
from profile_service.identity.contact.threads import Joining, OpenConversation, Thread, Threading, choose_thread
from profile_service.store.queries.found import Found, FoundConversation


def thread_of(found: Found, verdict: Verdict, standing: Standing, joining: Joining) -> Thread:
    """The conversation that the caller names, that of the previous contact, one that a reference names, or the
    customer's. Raises ConversationNotFound where the caller names one that there is none of."""
    if joining.threading is Threading.CONTINUE and found.continued is None:
        raise ConversationNotFound
    profile = verdict.resolution.profile
    owners = {profile} | {
        standing.before.get(node) for node, state in standing.states.items() if state.profile == profile
    }
    own = [_open(known) for known in found.conversations if profile and known.profile in owners]
    return choose_thread(joining, named=_named(found, joining.threading), open_conversations=own)


def _named(found: Found, threading: Threading) -> OpenConversation | None:
    if found.previous and threading is not Threading.CONTINUE:
        last = found.previous[0]
        return OpenConversation(id=last.conversation, brand="", last_time_us=0, channel=last.channel)
    named = found.continued
    if named is None:
        return None
    return OpenConversation(
        id=named.id, brand="", last_time_us=0, channel=named.channel or "", by_reference=named.by_reference
    )


def _open(known: FoundConversation) -> OpenConversation:
    return OpenConversation(
        id=known.id, brand=known.brand, last_time_us=known.last_time_us, channel=known.channel or ""
    )
