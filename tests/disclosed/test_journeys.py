"""The ordinary journeys of the model of disclosure, against the API: what an agent and a bot get in the contact."""

from __future__ import annotations

import pytest
from disclosure.journeys import JOURNEYS, NOW, Expected, Journey
from disclosure.model import Policy, Reader
from disclosure.said import evaluated

from tests.disclosed import later
from tests.disclosed.conftest import NewDesk
from tests.disclosed.later import play
from tests.disclosed.seen import told

PLAYS = [
    play(later.JOURNEYS, f"{journey.name}-{setting}", journey, policy, expected)
    for journey in JOURNEYS
    for setting, policy, expected in journey.plays()
]


@pytest.mark.parametrize(("journey", "policy", "expected"), PLAYS)
async def test_journey(new_desk: NewDesk, journey: Journey, policy: Policy, expected: Expected) -> None:
    """Levels, and where what is told comes from."""
    desk = await new_desk(policy)
    await desk.play(journey.facts)
    own = {"now", *evaluated(journey.facts, policy).handed_over("now")}
    for reader, wanted_of in zip((Reader.AGENT, Reader.AUTOMATED), expected, strict=True):
        assert told(desk, await desk.context("now", reader, NOW), own) == wanted_of, reader
