"""Who is there in the legs of one call (D5, D6): against the model, fact by fact."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from disclosure.cases import ANNA, MAIL, NOW, PHONE, account, contact, email, past, shows, texts
from disclosure.model import CRM_NOT_VOUCHED, CRM_VOUCHED, Correction, Ended, Fact, Method, Policy, Reader, Word
from disclosure.said import evaluated

from tests.disclosed.conftest import NewDesk
from tests.disclosed.seen import SAFE, seen

HIS = (Method.LOGIN, account("A9"))
HIS_PAST = past("his", 86_400, HIS, words="HIS")
HERS_PAST = past("hers", 86_400, (Method.PASSWORD, MAIL), words="HERS")
FIRST = contact("first", (Method.PASSWORD, MAIL), at=NOW - 900, words="FIRST")
SECOND = contact("second", (Method.CALLER_ID, PHONE), at=NOW - 600, previous="first", words="SECOND")
WORDS = {"HERS", "HIS", "FIRST", "SECOND", "LATER"}
CALLS: dict[str, Sequence[Fact]] = {
    "corrected, then somebody else's login": (
        *contact("now", (Method.PASSWORD, MAIL), at=NOW - 900, words="FIRST"),
        Correction("now", NOW - 600, None),
        *shows("now", NOW - 300, HIS),
    ),
    "corrected twice, then her login": (
        *contact("now", (Method.PASSWORD, MAIL), at=NOW - 900, words="FIRST"),
        Correction("now", NOW - 600, None),
        *shows("now", NOW - 300, HIS),
        Correction("now", NOW - 200, None),
        *shows("now", NOW - 100, (Method.LOGIN, MAIL)),
    ),
    "corrected, then transferred to somebody else's login": (
        *FIRST,
        Correction("first", NOW - 800, None),
        *contact("now", HIS, at=NOW - 300, previous="first"),
    ),
    "transferred, then somebody else's login": (
        *FIRST,
        *contact("now", (Method.CALLER_ID, PHONE), at=NOW - 600, previous="first"),
        *shows("now", NOW - 300, HIS),
    ),
    "transferred twice, the last with somebody else's login": (
        *FIRST,
        *SECOND,
        *contact("now", HIS, at=NOW - 300, previous="second"),
    ),
    "transferred twice, the last with her own login": (
        *FIRST,
        *SECOND,
        *contact("now", (Method.LOGIN, MAIL), at=NOW - 300, previous="second"),
    ),
    "corrected, transferred twice, the last with somebody else's login": (
        *FIRST,
        Correction("first", NOW - 800, None),
        *SECOND,
        *contact("now", HIS, at=NOW - 300, previous="second"),
    ),
    "transferred, and somebody else goes on in the leg before": (
        *FIRST,
        *contact("now", (Method.CALLER_ID, PHONE), at=NOW - 600, previous="first"),
        *shows("first", NOW - 300, HIS),
    ),
    "transferred, and she proves more in the leg before": (
        *contact("first", (Method.CALLER_ID, PHONE), at=NOW - 900, words="FIRST"),
        *contact("now", (Method.CALLER_ID, PHONE), at=NOW - 600, previous="first"),
        *shows("first", NOW - 300, (Method.PASSWORD, MAIL)),
    ),
    "transferred, and she says more in the leg before": (
        *contact("first", (Method.CALLER_ID, PHONE), at=NOW - 900, words="FIRST"),
        *contact("now", (Method.CALLER_ID, PHONE), at=NOW - 600, previous="first"),
        Word("first", NOW - 300, "fact", "LATER"),
    ),
    "transferred, and ended": (
        *FIRST,
        Ended("first", NOW - 700),
        *contact("now", (Method.CALLER_ID, PHONE), at=NOW - 600, previous="first"),
    ),
    "a fresh mailbox in the leg": (*FIRST, *contact("now", (Method.PASSWORD, email("n@x")), previous="first")),
}


@pytest.mark.parametrize("rules", [CRM_VOUCHED, CRM_NOT_VOUCHED], ids=["vouched", "not_vouched"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_d6_a_leg_tells_of_who_is_there(new_desk: NewDesk, call: Sequence[Fact], rules: Policy) -> None:
    """What may be said of the words of each person, as the model says."""
    facts = [ANNA, *HIS_PAST, *HERS_PAST, *call]
    world, desk = evaluated(facts, rules), await new_desk(rules)
    await desk.play(facts)
    for reader in (Reader.AUTOMATED, Reader.AGENT):
        found = seen(desk, await desk.context("now", reader, NOW))
        texts_safe = {item.text for item in found if item.level == SAFE}
        safe = world.context("now", reader, NOW).safe()
        assert texts_safe & WORDS == {text for datum in safe for text in texts(datum)} & WORDS, reader
