"""The golden record: attributes after survivorship."""

from __future__ import annotations

from profile_service.identity.graph.model import Disclosure
from profile_service.identity.profile.golden import Chosen, RecordValues, Survivor, survivorship


def said(source: str, time: int, **attributes: str) -> RecordValues:
    """What a source said."""
    return RecordValues(source=source, occur_time=time, attributes=attributes)


def last(attribute: str, value: str, source: str, time: int) -> Survivor:
    """A value that a source said last."""
    return Survivor(attribute=attribute, value=value, source=source, occur_time=time, pinned=False)


def test_the_value_that_was_said_last_survives() -> None:
    """With its provenance; an empty value says nothing; attributes stand in order."""
    records = [said("a", 1, name="Old", city="Rome"), said("b", 2, name="New", city="")]
    expected = (last("city", "Rome", "a", 1), last("name", "New", "b", 2))
    assert survivorship(records, {}) == survivorship(reversed(records), {}) == expected
    assert survivorship([], {}) == ()


def test_of_two_at_once_the_source_that_sorts_first_survives() -> None:
    """Whichever came first."""
    records = [said("b", 1, name="B"), said("a", 1, name="A")]
    assert survivorship(records, {}) == survivorship(reversed(records), {}) == (last("name", "A", "a", 1),)


def test_a_pin_wins() -> None:
    """It has no source and no time, and needs no record."""
    pinned = Survivor(attribute="name", value="Pin", source="", occur_time=0, pinned=True)
    other = Survivor(attribute="city", value="Rome", source="", occur_time=0, pinned=True)
    assert survivorship([said("a", 9, name="New")], {"name": Chosen("Pin"), "city": Chosen("Rome")}) == (other, pinned)


def test_values_survive_per_level() -> None:
    """What may be said stands before what was said later, or pinned, and may not be said."""
    known = RecordValues(source="crm", occur_time=1, attributes={"name": "Anna"}, disclosure=Disclosure.SAFE)
    later = RecordValues(
        source="shop", occur_time=2, attributes={"name": "Hanna", "city": "Rome"}, disclosure=Disclosure.VERIFY_FIRST
    )
    found = survivorship([later, known], {"name": Chosen("Pin", Disclosure.VERIFY_FIRST)})
    assert [(value.value, value.disclosure) for value in found] == [
        ("Rome", Disclosure.VERIFY_FIRST),
        ("Anna", Disclosure.SAFE),
    ]
    (pinned,) = survivorship([known], {"name": Chosen("Pin", Disclosure.SAFE)})
    assert (pinned.value, pinned.pinned) == ("Pin", True)
