"""The fold beside the model: its journeys and counterexamples, and a few hundred histories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from threads import rules
from threads.histories import history
from threads.shown import groups_of_nobody

from tests.threaded.test_fold import folded
from tests.threaded.test_journeys import all_journeys

HISTORIES = 150
DESKS = (frozenset({"desk", "bot"}),)


def told() -> Iterator[tuple[Sequence[rules.Fact], rules.Policy]]:
    """What is folded."""
    yield from ((journey.facts, journey.policy) for journey in all_journeys())
    for number in range(HISTORIES):
        yield history(number), rules.Policy(desks=DESKS if number % 3 == 0 else ())


def test_it_comes_to_what_the_model_says() -> None:
    """Conversations, whom each contact follows, what is closed."""
    for facts, policy in told():
        whole, threads = rules.Whole(rules.World(facts), policy), folded(facts, policy)
        assert frozenset(threads.conversations) == whole.conversations
        assert {name: followed.parent for name, followed in threads.followed.items()} == whole.parents
        assert {group for group in threads.conversations if threads.close_time(group) is not None} == whole.closed


def test_what_is_between_customers_is_apart() -> None:
    """And nothing else but what a reference led there."""
    for facts, policy in told():
        whole, threads = rules.Whole(rules.World(facts), policy), folded(facts, policy)
        between = {
            member
            for group in groups_of_nobody(whole)
            for member in group.members
            if len(group.customers) > 1
            or group.ruled_out & {whole.world.customer(name) for name in whole.conversation(member)}
        }
        for name, followed in threads.followed.items():
            by_reference = followed.parent is not None and whole.world.contacts[name].references
            assert followed.apart or name not in between
            assert not followed.apart or name in between or by_reference


@pytest.mark.parametrize(("chained", "apart"), [(False, True), (True, False)])
def test_a_reference_alone_keeps_apart(chained: bool, apart: bool) -> None:
    """Of what a desk chains as well, the words are shown."""
    mail = frozenset({rules.Reference("mid", "1")})
    first = rules.Contact("a", 0, references=mail)
    second = rules.Contact("b", 60, references=mail)
    third = rules.Contact("c", 120, previous=("b",) if chained else ())
    assert folded([first, second, third], rules.Policy()).followed["b"].apart is apart
