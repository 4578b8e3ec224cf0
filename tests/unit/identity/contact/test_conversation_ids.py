"""What conversations are called (T6)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from profile_service.identity.contact.conversation_ids import Told, homes, id_of, lets_go
from profile_service.identity.contact.fold import BEGIN, Place, Threads
from profile_service.identity.graph.model import ProfileId

ANNA, BELA, CARL = (ProfileId(name) for name in ("anna", "bela", "carl"))


def threads(*groups: str) -> Threads:
    """Conversations of contacts, which began in the order of their names."""
    names = sorted("".join(groups))
    places = {name: Place(at, BEGIN, 0, at, "", name) for at, name in enumerate(names)}
    return Threads(conversations=list(map(frozenset, groups)), followed={}, places=places, closed={})


@pytest.mark.parametrize(
    ("heard", "customers", "founders", "home"),
    [
        ({"a": Told("1", ANNA), "b": Told("1", ANNA)}, {"a": ANNA, "b": ANNA}, {"1": "b"}, "a"),
        ({"a": Told("1", ANNA), "b": Told("1", ANNA)}, {"a": BELA, "b": ANNA}, {"1": "a"}, "b"),
        ({"a": Told("1", None), "b": Told("1", ANNA)}, {"a": BELA, "b": ANNA}, {"1": "b"}, "a"),
        ({}, {"a": ANNA, "b": ANNA}, {"1": "b"}, "b"),
        ({"a": Told("1", ANNA)}, {"a": BELA, "b": None}, {"1": "a"}, "a"),
        ({"a": Told("2", BELA), "b": Told("1", ANNA)}, {"a": BELA, "b": CARL}, {"1": "a"}, None),
        ({"a": Told("2", ANNA), "b": Told("1", ANNA)}, {"a": ANNA, "b": CARL}, {"1": "a"}, "a"),
        ({"x": Told("1", ANNA)}, {"a": ANNA}, {"1": "x"}, None),
    ],
    ids=["first", "faithful", "nobody", "founder", "alone", "let go", "still hers", "unknown"],
)
def test_the_home_of_an_id(
    heard: Mapping[str, Told], customers: Mapping[str, ProfileId | None], founders: Mapping[str, str], home: str | None
) -> None:
    """The first that was told it and is of that customer still, else whom it was made for, unless that is another's."""
    assert homes(threads("ab"), heard, customers, founders).get("1") == home


def test_a_conversation_bears_the_oldest_id_at_home_there() -> None:
    """Else a new one."""
    assert id_of("ab", {"2": "a", "1": "b", "0": "c"}) == "1"
    assert id_of("ab", {"0": "c"}) is None


@pytest.mark.parametrize(
    ("groups", "heard", "current", "gives_up"),
    [
        (("a", "b"), {"a": Told("1", ANNA), "b": Told("1", ANNA)}, {"a": "1", "b": "1"}, True),
        (("ab",), {"a": Told("1", ANNA), "b": Told("1", ANNA)}, {"a": "1", "b": "1"}, False),
        (("a", "b"), {"a": Told("1", ANNA), "b": Told("2", ANNA)}, {"a": "1", "b": "1"}, False),
        (("a", "b"), {"a": Told("1", ANNA), "b": Told("1", ANNA)}, {"a": "1", "b": "2"}, False),
        (("a", "b"), {"b": Told("1", ANNA)}, {"a": "1", "b": "1"}, False),
    ],
    ids=["parted", "together", "another id", "elsewhere already", "never told"],
)
def test_who_leaves_others_gives_up_their_id(
    groups: tuple[str, ...], heard: Mapping[str, Told], current: Mapping[str, str], gives_up: bool
) -> None:
    """Where it was parted from them by its own call."""
    assert lets_go("a", threads(*groups), heard, current) is gives_up
