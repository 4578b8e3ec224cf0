"""What a record takes back begins anew (D4): against the model, fact by fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from disclosure.cases import ANNA, MAIL, NOW, PHONE, SHIPPED, answers, contact, crm, email, past, texts
from disclosure.model import (
    CRM_NOT_VOUCHED,
    CRM_VOUCHED,
    DAY,
    Delivery,
    Fact,
    Identifier,
    Method,
    Policy,
    Reader,
    Released,
    ReleaseUndone,
)
from disclosure.said import evaluated

from tests.disclosed.conftest import NewDesk
from tests.disclosed.seen import SAFE, seen

CRM = Identifier("crm", "1")
WORDS = {"Anna", "SECRET", "LATER"}


def row(revision: int, days_ago: float, *stated: Identifier) -> Delivery:
    """Anna's row, as it is from some days ago on."""
    return replace(ANNA, revision=revision, time=NOW - int(days_ago * DAY), identifiers=(CRM, *stated))


def proved(name: str, days_ago: int, *identifiers: Identifier, words: str = "") -> tuple[Fact, ...]:
    """A contact of some days ago that proved identifiers."""
    return past(name, days_ago * DAY, *((Method.PASSWORD, identifier) for identifier in identifiers), words=words)


FIRST = row(1, 60, MAIL, PHONE)
WITHOUT = row(2, 5, MAIL)
TOGETHER = proved("hers", 50, MAIL, PHONE, words="SECRET")
ALONE = proved("hers", 50, PHONE, words="SECRET")
LATER = proved("later", 3, PHONE, words="LATER")
HIS = proved("his", 9, PHONE, email("n@x"), words="LATER")
RELEASED = Released(PHONE, NOW - 5 * DAY, source="crm")
UNDONE = ReleaseUndone(PHONE, NOW - 4 * DAY)
BOUND = (
    *past("hers", 50 * DAY, (Method.PASSWORD, PHONE), words="SECRET"),
    *answers("hers", NOW - 50 * DAY + 5, birth_date="1980-01-01"),
)
MAIL_BOUND = (
    *past("mailed", 45 * DAY, (Method.PASSWORD, MAIL)),
    *answers("mailed", NOW - 45 * DAY + 5, birth_date="1980-01-01"),
)
HISTORIES: dict[str, Sequence[Fact]] = {
    "proved beside her mailbox": (FIRST, *TOGETHER, WITHOUT),
    "on file alone": (FIRST, *ALONE, WITHOUT),
    "bound by an answer": (FIRST, *BOUND, WITHOUT),
    "bound by an answer, as her mailbox is": (FIRST, *BOUND, *MAIL_BOUND, WITHOUT),
    "bound by an answer, as her mailbox is, said again": (FIRST, *BOUND, *MAIL_BOUND, WITHOUT, row(3, 4, MAIL, PHONE)),
    "said again after a day": (FIRST, *TOGETHER, WITHOUT, row(3, 4, MAIL, PHONE)),
    "said again after a day, proved in between": (
        FIRST,
        *TOGETHER,
        WITHOUT,
        *proved("between", 4, PHONE, words="LATER"),
        row(3, 3, MAIL, PHONE),
    ),
    "said again, words of before": (FIRST, *ALONE, WITHOUT, row(3, 4, MAIL, PHONE)),
    "said again after nine days": (FIRST, *TOGETHER, row(2, 20, MAIL), row(3, 11, MAIL, PHONE)),
    "said by another row of hers": (
        FIRST,
        *TOGETHER,
        crm("9", "Anna", "1980-01-01", "10115", MAIL, PHONE, at=NOW - 30 * DAY),
        WITHOUT,
    ),
    "proved later": (FIRST, *TOGETHER, WITHOUT, *LATER),
    "proved later beside her mailbox": (FIRST, *TOGETHER, WITHOUT, *proved("later", 3, MAIL, PHONE, words="LATER")),
    "proved beside another mailbox since": (FIRST, *TOGETHER, *HIS, WITHOUT),
    "proved beside another mailbox since, said again": (FIRST, *TOGETHER, *HIS, WITHOUT, row(3, 4, MAIL, PHONE)),
    "proved alone since": (FIRST, *TOGETHER, *proved("his", 9, PHONE, words="LATER"), WITHOUT),
    "proved alone since, said again": (
        FIRST,
        *TOGETHER,
        *proved("his", 9, PHONE, words="LATER"),
        WITHOUT,
        row(3, 4, MAIL, PHONE),
    ),
    "proved beside another mailbox since, and later": (FIRST, *TOGETHER, *HIS, WITHOUT, *proved("then", 2, PHONE)),
    "released": (FIRST, *TOGETHER, RELEASED),
    "released, proved beside another mailbox before": (FIRST, *TOGETHER, *HIS, RELEASED),
    "released, proved beside another mailbox before and after": (
        FIRST,
        *TOGETHER,
        *HIS,
        RELEASED,
        *proved("then", 2, PHONE),
    ),
    "released, proved beside another mailbox before, undone": (FIRST, *TOGETHER, *HIS, RELEASED, UNDONE),
    "released, undone": (FIRST, *TOGETHER, RELEASED, UNDONE),
    "released, proved alone before": (FIRST, *TOGETHER, *proved("his", 9, PHONE, words="LATER"), RELEASED),
    "taken back twice": (FIRST, *ALONE, row(2, 20, MAIL), row(3, 18, MAIL, PHONE), row(4, 9, MAIL)),
    "a stranger's row has it next": (
        FIRST,
        *TOGETHER,
        WITHOUT,
        crm("8", "Ben", "1979-05-05", "1", PHONE, at=NOW - 2 * DAY),
    ),
}


@pytest.mark.parametrize("rules", [SHIPPED, CRM_VOUCHED, CRM_NOT_VOUCHED], ids=["shipped", "vouched", "not_vouched"])
@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
async def test_d4_taken_back_it_begins_anew(new_desk: NewDesk, history: Sequence[Fact], rules: Policy) -> None:
    """What a password on the number, on her mailbox and on another one let a bot say."""
    shown = {"phone": PHONE, "mail": MAIL, "other": email("n@x")}
    facts = [
        *history,
        *(fact for name, identifier in shown.items() for fact in contact(name, (Method.PASSWORD, identifier))),
    ]
    world, desk = evaluated(facts, rules), await new_desk(rules)
    await desk.play(facts)
    for name in shown:
        context = await desk.context(name, Reader.AUTOMATED, NOW)
        found = {item.text for item in seen(desk, context) if item.level == SAFE}
        safe = world.context(name, Reader.AUTOMATED, NOW).safe()
        assert found & WORDS == {text for datum in safe for text in texts(datum)} & WORDS, name
