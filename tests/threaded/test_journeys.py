"""The journeys of the model, fact by fact in the order of their times: the same conversations, the same closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from disclosure.model import CRM_VOUCHED
from threads import journeys
from threads.journeys import Journey

from tests.disclosed.conftest import NewDesk
from tests.disclosed.later import play
from tests.threaded.later import LATER
from tests.threaded.played import Played


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
