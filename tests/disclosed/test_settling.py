"""Values that come to a row which had one of their namespace: an observation, until they have settled (D1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from disclosure.cases import ANNA, MAIL, NOW, SHIPPED, contact, past, phone
from disclosure.model import DAY, Delivery, Fact, Identifier, Method, Reader
from disclosure.said import Attribute, evaluated

from tests.disclosed.conftest import NewDesk
from tests.disclosed.seen import SAFE, seen

NUMBER = phone("+77")
STATED = (Identifier("crm", "1"), MAIL)


def row(revision: int, days_ago: float, *stated: Identifier, **said: str) -> Delivery:
    """Anna's row, as it is from some days ago on."""
    time = NOW - int(days_ago * DAY)
    return replace(
        ANNA,
        revision=revision,
        time=time,
        identifiers=(*STATED, *stated),
        attributes={**ANNA.attributes, **said},
    )


HAD_ONE = row(1, 60, phone("+1"))
SETTLED = {
    "after its days": ([HAD_ONE, row(2, 3.5, NUMBER)], True),
    "not before": ([HAD_ONE, row(2, 2.5, NUMBER)], False),
    "said again it does not begin again": ([HAD_ONE, row(2, 4, NUMBER), row(3, 1, NUMBER, city="Graz")], True),
    "said again it is worth no more": ([HAD_ONE, row(2, 2, NUMBER), row(3, 1, NUMBER, city="Graz")], False),
    "taken back it does not settle": ([HAD_ONE, row(2, 5, NUMBER), row(3, 4, phone("+1"))], False),
    "a row that had none": ([row(1, 60), row(2, 1, NUMBER)], True),
    "a row that is new": ([row(1, 0.1, NUMBER)], True),
    "beside the one that it had": ([HAD_ONE, row(2, 2, phone("+1"), NUMBER)], False),
    "a part of it": ([HAD_ONE, replace(row(2, 2, NUMBER), partial=True)], False),
    "proved beside her mailbox": (
        [HAD_ONE, row(2, 2, NUMBER), *past("both", DAY, (Method.LOGIN, MAIL), (Method.PASSWORD, NUMBER))],
        True,
    ),
}


@pytest.mark.parametrize(("facts", "is_open"), SETTLED.values(), ids=SETTLED)
async def test_d1_a_value_settles(new_desk: NewDesk, facts: Sequence[Fact], is_open: bool) -> None:
    """A password on the number opens her record, or does not; the model says the same."""
    history = [*facts, *contact("now", (Method.PASSWORD, NUMBER))]
    safe = evaluated(history, SHIPPED).context("now", Reader.AUTOMATED, NOW).safe()
    assert any(isinstance(datum, Attribute) and datum.value == "Anna" for datum in safe) is is_open
    desk = await new_desk(SHIPPED)
    await desk.play(history)
    found = seen(desk, await desk.context("now", Reader.AUTOMATED, NOW))
    assert any(item.text == "Anna" and item.level == SAFE for item in found) is is_open
