"""A context as one flat block of strings, as contact flows and IVR menus take it."""

from __future__ import annotations

from profile_service.engine.contact.view import ContextView
from profile_service.identity.policy import Policy

LANGUAGE = "language"


def routing_of(view: ContextView, policy: Policy) -> dict[str, str]:
    """What a flow branches on, of what the reader may see; what is not known is left out."""
    profile = view.profile_view
    golden = {} if profile is None else {survivor.attribute: survivor.value for survivor in profile.golden}
    language = None if profile is None else profile.preferences.get(LANGUAGE)
    due = [promise.due_time_us for promise in view.promises if promise.due_time_us is not None]
    goes_on = any(timeline.contact.id != view.contact_id for timeline in (*view.open_contacts, *view.ended_contacts))
    known = {
        "disclosure": view.disclosure.name,
        LANGUAGE: "" if language is None else language.value,
        "last_intent": view.intent,
        "last_agent": "" if view.last_agent is None else view.last_agent.id,
        "last_queue": "" if view.last_queue is None else view.last_queue.id,
        "open_matter": "true" if goes_on and view.conversation.state == "open" else "",
        "open_promises": str(len(view.promises)) if view.promises else "",
        "overdue_promise": "true" if due and min(due) < view.as_of_us else "",
        "flags": ",".join(policy.flags_of(golden)),
        "warnings": ",".join(view.warnings),
    }
    return {name: value for name, value in known.items() if value}
