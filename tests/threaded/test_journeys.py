"""The journeys of the model, fact by fact in the order of their times: the same conversations, the same closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from disclosure.model import CRM_VOUCHED
from threads import journeys, rules
from threads.journeys import NAME_JOURNEYS, Journey
from threads.mutants import MUTANTS

from tests.disclosed.conftest import NewDesk
from tests.disclosed.later import play
from tests.threaded.later import LATER
from tests.threaded.played import Played
from tests.threaded.showing import shown_otherwise


def all_journeys() -> Iterator[Journey]:
    """Each journey and counterexample, once."""
    known: dict[str, Journey] = {}
    for value in vars(journeys).values():
        if isinstance(value, tuple):
            known |= {found.name: found for found in value if isinstance(found, Journey)}
    yield from known.values()


@pytest.mark.parametrize("journey", [play(LATER, found.name, found) for found in all_journeys()])
async def test_a_journey_comes_out_right(new_desk: NewDesk, journey: Journey) -> None:
    """What has to come out stands in the model."""
    played = Played(await new_desk(replace(CRM_VOUCHED, desks=journey.policy.desks)))
    await played.play(journey.facts)
    conversations, closed = await played.conversations()
    assert (conversations, closed) == (journey.expected_conversations(), frozenset(journey.closed.split()))
    whole = rules.Whole(rules.World([*journey.facts, *await played.served()]), journey.policy)
    assert not [line async for line in shown_otherwise(played, whole)]


def test_each_wrong_reading_fails_in_a_journey() -> None:
    """Those of the model: under each of them some journey that is played comes out otherwise."""
    played, named = {journey.name: journey for journey in all_journeys()}, {found.name for found in NAME_JOURNEYS}
    for mutant in MUTANTS:
        for name in mutant.journeys() - named:
            journey = played[name]
            world, model = rules.World(journey.facts), mutant.model
            whole = model.whole(world, journey.policy)
            shown = {reader: model.shown(whole, reader) for reader in journey.shown}
            come_out = (whole.conversations, shown)
            closed = {name for group in whole.closed for name in group}
            expected = {reader: frozenset(names.split()) for reader, names in journey.shown.items()}
            right = (journey.expected_conversations(), expected)
            assert come_out != right or closed != set(journey.closed.split()), (mutant.name, name)
