"""E2: no profile holds two rows of sources of record that contradict each other, in whatever order rows and contacts
come. What contradicts is counted by the model, which knows nothing of the service."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from disclosure import model
from disclosure.journeys import NOW, contact, row
from disclosure.model import CRM_VOUCHED, DAY, Identifier, Method
from disclosure.records import contradict

from profile_service.v1 import GetProfileRequest, SourceKey
from tests.disclosed.conftest import NewDesk
from tests.disclosed.played import Desk

RUNS = int(os.environ.get("PROVE_RUNS", "12"))
SEED = int(os.environ.get("PROVE_SEED", "1")) * 1_000_000
PEOPLE = (("Anna", "1981-03-09"), ("Otto", "1956-11-23"), ("Ruth", "1990-07-14"))
SOURCES = ("crm", "till", "shop")
ISSUED = {"crm": "crm", "till": "card", "shop": "account"}
POOL = (Identifier("phone", "+1"), Identifier("phone", "+2"), Identifier("email", "a@x"), Identifier("email", "b@x"))
POLICIES = tuple(
    replace(
        CRM_VOUCHED,
        vouches=frozenset((source, namespace) for source in vouched for namespace in ("phone", "email")),
        issues=frozenset(ISSUED.items()),
        answer_sources=SOURCES,
    )
    for vouched in ((), ("crm",), SOURCES)
)
PROOFS = {"phone": (Method.PASSWORD, Method.CALLER_ID), "email": (Method.PASSWORD, Method.LOGIN)}


def graph(chance: random.Random) -> list[tuple[model.Fact, ...]]:
    """Rows of two or three people at three sources who share lines and mailboxes, and contacts that show them; in
    random order. Some rows are delivered again with another line."""
    people, facts = PEOPLE[: chance.randint(2, 3)], list[tuple[model.Fact, ...]]()
    for number in range(chance.randint(3, 6)):
        source, (given, born) = chance.choice(SOURCES), chance.choice(people)
        key = Identifier(ISSUED[source], f"{source}{number}")
        for revision in range(1, chance.choice((2, 2, 3))):
            stated = chance.sample(POOL, chance.randint(1, 3))
            made = row(source, f"r{number}", key, *stated, given=given, birth_date=born, revision=revision)
            facts.append((made,))
    for number in range(chance.randint(1, 4)):
        shown = chance.sample(POOL, chance.randint(1, 2))
        proofs = [(chance.choice(PROOFS[identifier.namespace]), identifier) for identifier in shown]
        facts.append(contact(f"c{number}", *proofs))
    chance.shuffle(facts)
    return facts


async def play(desk: Desk, facts: Sequence[tuple[model.Fact, ...]]) -> None:
    """One after the other, an hour apart."""
    for number, group in enumerate(facts):
        at = NOW - DAY + number * 3600
        await desk.play([_at(fact, at) for fact in group])


def _at(fact: model.Fact, at: int) -> model.Fact:
    return (
        replace(fact, begin=at)
        if isinstance(fact, model.Contact)
        else fact._replace(time=at)
        if isinstance(fact, tuple)
        else replace(fact, time=at)
    )


async def profiles_of(desk: Desk) -> Mapping[str, list[model.Node]]:
    """The records of every profile."""
    found: defaultdict[str, list[model.Node]] = defaultdict(list)
    for node in desk.profiles:
        key = SourceKey(source=node.source, id=node.value)
        profile = await desk.client.call(GetProfileRequest(source_key=key, purpose="to count"))
        found[profile.name].append(node)
    return found


async def test_e2_no_profile_holds_two_rows_that_contradict_each_other(new_desk: NewDesk) -> None:
    """Whatever number or mailbox they are seen at, and whatever is proved there."""
    found: list[str] = []
    rows = together = 0
    for number in range(RUNS):
        facts = graph(random.Random(SEED + number))
        desk = await new_desk(POLICIES[number % len(POLICIES)])
        await play(desk, facts)
        said = {made.node: made.attributes for (made, *_) in facts if isinstance(made, model.Delivery)}
        for profile, nodes in (await profiles_of(desk)).items():
            pairs = list(combinations(nodes, 2))
            rows, together = rows + len(nodes), together + len(pairs)
            found += [
                f"seed {SEED + number}: {profile} holds {left} and {right}"
                for left, right in pairs
                if contradict(said[left], said[right])
            ]
    print(f"\nfigure: {RUNS} graphs, {rows} rows, {together} pairs in one profile, {len(found)} contradict each other")
    assert not found, found[:10]
    assert together
