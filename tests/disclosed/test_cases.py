"""The minimal counterexamples of the model of disclosure, against the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from disclosure.cases import CASES, Case, Check, with_more
from disclosure.model import CRM_VOUCHED, Reader

from profile_service.v1 import HandoffContext
from tests.disclosed import later
from tests.disclosed.conftest import NOW, NewDesk
from tests.disclosed.later import play
from tests.disclosed.played import Desk
from tests.disclosed.seen import SAFE, Seen, level_of, seen

PLAYS = [
    play(later.CASES, f"{case.name}-{number}", case, check)
    for case in CASES
    for number, check in enumerate(case.checks, 1)
]
ALIKE = [pytest.param(case, left, right, id=case.name) for case in CASES for left, right in case.alike]


def faults(check: Check, desk: Desk, context: HandoffContext) -> Iterator[str]:
    """What a context has, or lacks, against a check."""
    items = list(seen(desk, context))
    news = [item for item in items if item.origin != check.contact]
    safe, there = _texts(item for item in news if item.level == SAFE), _texts(items)
    yield from (f"{text} is not SAFE" for text in check.safe if text not in safe)
    yield from (f"{text} is SAFE" for text in check.not_safe if text in safe)
    yield from (f"{text} is not there" for text in check.seen if text not in there)
    yield from (f"{text} is there" for text in check.unseen if text in there)
    if check.nothing_safe and safe - _brought(desk, check.contact):
        yield f"SAFE: {sorted(safe)}"
    if check.level is not None and level_of(context) is not check.level:
        yield f"{level_of(context).name} instead of {check.level.name}"


def _texts(items: Iterator[Seen] | list[Seen]) -> set[str]:
    return {item.text or item.origin for item in items}


def _brought(desk: Desk, contact: str) -> set[str]:
    """What a contact showed itself is no news."""
    return {identifier.value for identifier in desk.brought.get(contact, ())}


@pytest.mark.parametrize(("case", "check"), PLAYS)
async def test_case(new_desk: NewDesk, case: Case, check: Check) -> None:
    """What a reader has to get, and may not."""
    desk = await new_desk(check.policy)
    await desk.play(with_more(case.facts, check.more))
    context = await desk.context(check.contact, check.reader, check.at)
    assert not list(faults(check, desk, context)), case.why


@pytest.mark.parametrize(("case", "left", "right"), ALIKE)
async def test_alike(new_desk: NewDesk, case: Case, left: str, right: str) -> None:
    """Two contacts that a bot may not tell apart: names and times aside, their contexts are the same bytes."""
    desk = await new_desk(CRM_VOUCHED)
    await desk.play(case.facts)
    contexts = [_nameless(await desk.context(contact, Reader.AUTOMATED, NOW)) for contact in (left, right)]
    assert contexts[0] == contexts[1]


def _nameless(context: HandoffContext) -> HandoffContext:
    """Without the names of the contact and its conversation, and its times."""
    for contact in (context.contact, *(timeline.contact for timeline in context.open_contacts)):
        contact.ClearField("name")
        contact.ClearField("reply_address")
    context.conversation.ClearField("name")
    return context
