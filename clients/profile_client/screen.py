"""What the next agent sees: a handoff context as a panel. Pure: message in, renderable out; needs rich."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from profile_client.sanitise import sanitise
from profile_service.v1 import (
    Ask,
    Candidate,
    Consent,
    ContactPoint,
    Disclosure,
    Fact,
    HandoffContext,
    Interaction,
    Outcome,
    Profile,
    Promise,
)

COLOURS = {"SAFE": "green", "VERIFY_FIRST": "yellow", "WITHHOLD": "red"}
WORDS = {
    "account": "login name",
    "crm": "customer number",
    "email": "e-mail address",
    "family_name": "family name",
    "given_name": "given name",
    "phone": "phone number",
}
"""What people call a namespace or an attribute, where that is not its name."""
SPEAKERS = {"CUSTOMER": "customer", "AGENT": "agent", "BOT": "bot", "SYSTEM": "system", "PARTICIPANT": "other"}


def _name(profile: Profile) -> str:
    golden = {value.attribute: value.value for value in profile.golden_record}
    full = f"{golden.get('given_name', '')} {golden.get('family_name', '')}".strip()
    return sanitise(golden.get("name") or full or "customer without a name")


def _who(context: HandoffContext) -> Text:
    disclosure = Disclosure.Name(context.disclosure).removeprefix("DISCLOSURE_")
    line = Text()
    known = context.HasField("profile")
    line.append(_name(context.profile) if known else "customer not identified", style="bold")
    line.append(f"   {Outcome.Name(context.outcome).removeprefix('OUTCOME_').lower()}   ", style="dim")
    line.append(f" {disclosure} ", style=f"bold reverse {COLOURS.get(disclosure, 'red')}")
    line.append(f"  {sanitise(context.disclosure_words)}", style="dim")
    return line


def _points(context: HandoffContext) -> str:
    return "   ".join(
        f"{point.namespace} {_value(point)}{' (shared)' if point.shared else ''}{_held(context, point)}"
        for point in context.profile.contact_points
    )


def _when(time: Timestamp) -> str:
    return f"{time.ToDatetime():%d %b %H:%M}"


def _timeline(context: HandoffContext) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1))
    for style in ("dim", "cyan", "magenta", ""):
        table.add_column(style=style, overflow="fold")
    rows: list[tuple[int, str, str, str, str]] = []
    for ended in context.ended_contacts:
        contact = ended.contact
        said = contact.summary or contact.disposition
        if said or not ended.interactions:
            rows.append(
                (contact.start_time.seconds, _when(contact.start_time), contact.channel, "summary", said or "ended")
            )
    for timeline in (*context.ended_contacts, *context.open_contacts):
        for item in timeline.interactions:
            speaker = SPEAKERS.get(Interaction.Speaker.Name(item.speaker).removeprefix("SPEAKER_"), "")
            rows.append(
                (item.occur_time.seconds, _when(item.occur_time), item.channel, speaker, item.text or item.summary)
            )
    for _, when, channel, speaker, text in sorted(rows, key=lambda row: row[0]):
        table.add_row(when, channel, speaker, sanitise(text))
    return table


def _lists(context: HandoffContext) -> list[tuple[str, str]]:
    conversation = context.conversation
    facts = [
        f"{fact.key} = {sanitise(fact.value, 80)} ({fact.channel}){_held(context, fact)}" for fact in context.facts
    ]
    promises = [
        sanitise(promise.what, 120)
        + (f", by {_when(promise.due_time)}" if promise.HasField("due_time") else "")
        + _held(context, promise)
        for promise in context.open_promises
    ]
    warnings = [
        HandoffContext.Warning.Name(item).removeprefix("WARNING_").lower().replace("_", " ")
        for item in context.warnings
    ]
    agent = context.last_agent
    rows = [
        ("subject", sanitise(conversation.intent)),
        ("channels", " → ".join(conversation.channels)),
        ("reachable", _points(context)),
        ("facts", "\n".join(facts)),
        ("checked", ", ".join(map(_word, context.attributes_checked))),
        ("promised", "\n".join(promises)),
        ("consent", ", ".join(map(_consent, context.profile.consents))),
        ("last agent", f"{sanitise(agent.display_name or agent.id)} ({agent.channel})" if agent.id else ""),
        ("warnings", ", ".join(warnings)),
        ("candidates", "\n".join(map(_candidate, context.candidates))),
        ("ask", _ask(context)),
    ]
    return [(name, text) for name, text in rows if text]


def _value(point: ContactPoint) -> str:
    return "on file, ask it" if point.masked else sanitise(point.value, 60)


def _held(context: HandoffContext, item: ContactPoint | Fact | Promise) -> str:
    """A mark on what may not be said yet, where other things may."""
    is_mixed = context.disclosure == Disclosure.DISCLOSURE_SAFE
    return " (verify first)" if is_mixed and item.disclosure == Disclosure.DISCLOSURE_VERIFY_FIRST else ""


def _consent(consent: Consent) -> str:
    """What the customer said to a purpose, and on which channel if it holds for one alone."""
    purpose = f"{consent.purpose} on {consent.channel}" if consent.channel else consent.purpose
    return f"{purpose}: {'yes' if consent.state == Consent.STATE_GRANTED else 'no'}"


def _word(key: str) -> str:
    """A namespace or attribute in the words of people."""
    return WORDS.get(key, key.replace("_", " "))


def _candidate(candidate: Candidate) -> str:
    """A profile by the end of its id: nothing of it may be said yet."""
    likely = f", {candidate.probability:.0%} likely" if candidate.probability else ""
    return f"profile …{candidate.profile[-6:]}, has this {' and '.join(map(_word, candidate.found_by))}{likely}"


def _ask(context: HandoffContext) -> str:
    ask, word = context.ask, _word(context.ask.key)
    texts = {
        Ask.KIND_IDENTIFIER: f"for the {word}",
        Ask.KIND_ANSWER: f"for the {word}, and check the answer",
        Ask.KIND_ONE_TIME_PASSWORD: f"for a one-time password sent to the {word}",
    }
    return texts.get(ask.kind, "") if context.HasField("ask") else ""


def context_panel(context: HandoffContext, title: str) -> RenderableType:
    """A context as the next agent sees it."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(style="bold blue", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _lists(context):
        table.add_row(name, Text(text))
    return Panel(Group(_who(context), table, _timeline(context)), title=Text(title), title_align="left")
