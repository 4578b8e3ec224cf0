"""The model's journeys of names, fact by fact in their order of arrival: the same conversations keep the first id
(T6)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from disclosure.model import CRM_VOUCHED
from threads.journeys import NAME_JOURNEYS, NameJourney
from threads.rules import Contact

from tests.disclosed.conftest import NewDesk
from tests.threaded.played import Played


@pytest.mark.parametrize("journey", NAME_JOURNEYS, ids=lambda journey: journey.name)
async def test_a_conversation_keeps_its_id(new_desk: NewDesk, journey: NameJourney) -> None:
    """What has to come out stands in the model; its id 1 is the one that the first contact was told."""
    played = Played(await new_desk(replace(CRM_VOUCHED, desks=())))
    await played.play(journey.arrivals, as_they_arrive=True)
    first = next(fact.id for fact in journey.arrivals if isinstance(fact, Contact))
    name_of_first = played.heard[first]
    expected: dict[int, set[str]] = {}
    for contact, number in journey.expected_names().items():
        expected.setdefault(number, set()).add(contact)
    names = {contact: (await played.conversation(contact)).name for contact in played.names}
    found: dict[str, set[str]] = {}
    for contact, name in names.items():
        found.setdefault(name, set()).add(contact)
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, expected.values()))
    assert found.get(name_of_first) == expected.get(1)
