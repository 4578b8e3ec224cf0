"""What a reader was given, in the model's words: texts with their levels, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from disclosure import model
from disclosure.journeys import Told

from profile_service.v1 import Disclosure, HandoffContext
from tests.disclosed.played import ATTRIBUTES, CORRECTED, Desk, mark, value_of

NAMES = {ours: theirs for theirs, ours in ATTRIBUTES.items()}
SAFE = Disclosure.DISCLOSURE_SAFE


class Seen(NamedTuple):
    """A text, its level, and the record or contact that it comes from (empty: another); `datum` is the model's: the
    node of a record, a word, an identifier."""

    text: str
    level: int
    origin: str = ""
    datum: model.Node | model.Word | model.Identifier | None = None


def _id(name: str) -> str:
    """The last part of a contact's name, which stays when it goes to another conversation."""
    return name.rpartition("/")[2]


def level_of(context: HandoffContext) -> model.Disclosure:
    """The level of the whole."""
    return model.Disclosure(context.disclosure - Disclosure.DISCLOSURE_WITHHOLD)


def seen(desk: Desk, context: HandoffContext) -> Iterator[Seen]:
    """All that a context says."""
    records = {mark(node): node for node in desk.profiles}
    for value in context.profile.golden_record:
        name = NAMES.get(value.attribute, value.attribute)
        if name in records:
            node = records[name]
            yield Seen("", value.disclosure, f"{node.source}/{node.value}", node)
            continue
        yield Seen(name, value.disclosure)
        if not value.masked:
            yield Seen(value.value, value.disclosure)
    for point in context.profile.contact_points:
        for identifier in _identifiers(desk, point.namespace, point.value):
            yield Seen(identifier.value, point.disclosure, "", identifier)
    contacts = {_id(name): contact for contact, name in desk.contacts.items()}
    for timeline in (*context.open_contacts, *context.ended_contacts):
        contact = contacts[_id(timeline.contact.name)]
        if timeline.contact.disposition:
            yield Seen(timeline.contact.disposition, timeline.contact.disclosure, contact)
        yield from (
            Seen(said.text, said.disclosure, contact) for said in timeline.interactions if said.text != CORRECTED
        )
    for fact in context.facts:
        yield Seen(fact.value, fact.disclosure, desk.words[fact.key].contact, desk.words[fact.key])
    for promise in context.open_promises:
        yield Seen(promise.what, promise.disclosure, desk.words[promise.key].contact, desk.words[promise.key])
    if context.disclosure_reason == HandoffContext.DISCLOSURE_REASON_FOUND_BY_CLAIM:
        yield Seen("found", Disclosure.DISCLOSURE_VERIFY_FIRST)


def _identifiers(desk: Desk, namespace: str, value: str) -> Iterator[model.Identifier]:
    """The identifiers of the model that a value stands for."""
    for identifier in desk.identifiers:
        if identifier.namespace == namespace and value_of(identifier) == value:
            yield identifier


def told(desk: Desk, context: HandoffContext, own: set[str]) -> Told:
    """As the journeys say what a reader gets: records, and contacts that are not the reader's own."""
    origins = {
        level: " ".join(
            sorted({item.origin for item in seen(desk, context) if item.origin and item.level == level} - own)
        )
        for level in (SAFE, Disclosure.DISCLOSURE_VERIFY_FIRST)
    }
    return Told(level_of(context), *origins.values())
