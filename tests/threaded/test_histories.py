"""Random histories, delivered shuffled, doubled and some at once, through two processes: the same conversations, the
same closed, the same contacts shown, as the model says of the same facts. Who the customer of a contact is is the
service's to say; the model is told it."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from disclosure.model import CRM_VOUCHED
from profile_client import ProfileError
from threads import rules
from threads.histories import UNKNOWN, history

from profile_service.v1 import LookupProfileRequest
from tests.integration.desk import AGENT
from tests.threaded.conftest import InTwo
from tests.threaded.played import Played
from tests.threaded.showing import shown_otherwise

RUNS = int(os.environ.get("PROVE_RUNS", "40")) if os.environ.get("PROVE") else 40
SEED = int(os.environ.get("PROVE_SEED", "1")) * 1_000_000
DOUBLED, AT_ONCE = 0.3, 0.5
DESKS = frozenset({"desk", "bot"})


def deliverable(facts: Iterable[rules.Fact]) -> list[rules.Fact]:
    """What a platform can say: of contacts that there are, in conversations that it was told of."""
    said = (_as_auto(fact) if UNKNOWN in _named(fact) and isinstance(fact, rules.Contact) else fact for fact in facts)
    known = [fact for fact in said if UNKNOWN not in _named(fact)]
    acts = {fact.id for fact in known if isinstance(fact, rules.Move | rules.Join | rules.Split)}
    return [fact for fact in known if not isinstance(fact, rules.Withdrawn) or fact.act in acts]


def _as_auto(contact: rules.Contact) -> rules.Contact:
    """A contact whose platform could not name the conversation that it went on with."""
    return replace(contact, mode=rules.Mode.AUTO, continues=None)


def _named(fact: rules.Fact) -> set[str | None]:
    if isinstance(fact, rules.Contact):
        return {fact.continues}
    return set(rules.about(fact)) if isinstance(fact, rules.Act) else set()


def shuffled(facts: Sequence[rules.Fact], rnd: random.Random) -> list[rules.Fact]:
    """In an order in which they may arrive: what is said of a contact by an agent, or of its conversation, after its
    start; identifications of one contact, and words on one pair of customers, in the order of their times."""
    left = sorted(facts, key=lambda _: rnd.random())
    left.sort(key=lambda fact: isinstance(fact, rules.Ended))
    for kind in (rules.Identified, rules.Merged):
        places = [place for place, fact in enumerate(left) if isinstance(fact, kind)]
        ordered = sorted((left[place] for place in places), key=lambda fact: getattr(fact, "time", 0.0))
        for place, fact in zip(places, ordered, strict=True):
            left[place] = fact
    arrived: list[rules.Fact] = []
    begun: set[str] = set()
    said: set[str] = set()
    while left:
        fact = next((fact for fact in left if _may_come(fact, begun, said)), None)
        if fact is None:  # two contacts that name each other's conversation, which nobody can say
            contacts = ((place, fact) for place, fact in enumerate(left) if isinstance(fact, rules.Contact))
            place, contact = next((place, fact) for place, fact in contacts if fact.continues)
            fact = left[place] = _as_auto(contact)
        left.remove(fact)
        arrived.append(fact)
        begun |= {fact.id} if isinstance(fact, rules.Contact) else set()
        said |= {fact.id} if isinstance(fact, rules.Move | rules.Join | rules.Split) else set()
    return arrived


def _may_come(fact: rules.Fact, begun: set[str], said: set[str]) -> bool:
    return fact.act in said if isinstance(fact, rules.Withdrawn) else _needs(fact) <= begun


def _needs(fact: rules.Fact) -> set[str]:
    """The contacts that have to be known before a fact can be said."""
    if isinstance(fact, rules.Identified | rules.Ended):
        return {fact.contact}
    return {name for name in _named(fact) if name is not None}


def at_once(facts: Iterable[rules.Fact], rnd: random.Random) -> Iterator[list[rules.Fact]]:
    """The facts in their order, those that wait for nothing sometimes along with the one before."""
    together: list[rules.Fact] = []
    for fact in facts:
        free = isinstance(fact, rules.Said) or (isinstance(fact, rules.Contact) and fact.continues is None)
        if together and not (free and rnd.random() < AT_ONCE):
            yield together
            together = []
        together.append(fact)
        if not free:
            yield together
            together = []
    if together:
        yield together


@dataclass(kw_only=True)
class Delivered(Played):
    """A history as it arrived, and what the model has to be told of it."""

    plays: InTwo
    rnd: random.Random
    told: list[rules.Fact] = field(default_factory=list)

    async def call(self, request: Any) -> Any:
        """Make a call to one of the two processes."""
        door = self.rnd.choice(("service", "second"))
        return await self.plays.clients[door].call(request)

    async def deliver(self, facts: Sequence[rules.Fact]) -> None:
        """One fact after the other, some at once, some of them twice."""
        begins = {fact.id: fact for fact in facts if isinstance(fact, rules.Contact)}
        self.sources = {name: contact.source for name, contact in begins.items()}
        self.now = max([0.0, *(getattr(fact, "time", getattr(fact, "begin", 0.0)) for fact in facts)])
        for customer in sorted(
            {fact.customer for fact in facts if isinstance(fact, rules.Identified)} - {None}, key=str
        ):
            await self.customer(str(customer))
        for merged in facts:
            for name in {merged.one, merged.other} - self.profiles.keys() if isinstance(merged, rules.Merged) else ():
                await self.customer(name)
        self.desk.clock.now_us = int((self.desk.at(0) + 100 * rules.DAY + self.now) * 1_000_000) + 1
        for together in at_once(facts, self.rnd):
            await asyncio.gather(*(self.arrive(fact, begins) for fact in together))
            again = [fact for fact in together if self.rnd.random() < DOUBLED]
            words = [self.said(fact, {}) for fact in again if isinstance(fact, rules.Said)]
            starts = [self.call(self.starts[fact.id]) for fact in again if isinstance(fact, rules.Contact)]
            await asyncio.gather(*words, *starts)

    async def arrive(self, fact: rules.Fact, begins: dict[str, rules.Contact]) -> None:
        """Say it, and note what the model has to know. No two acts are of one time: which came first would be
        chance."""
        if isinstance(fact, rules.Act):
            fact = replace(fact, time=fact.time + 0.001 * len(self.told))
        match fact:
            case rules.Contact(continues=str(continued)):
                there = await self.together(continued, begins)
                there_last = min(there, key=lambda name: (-begins[name].begin, self.uuids()[name]))
                fact = await self.presented(replace(fact, continues=there_last))
                self.told.append(fact)
            case rules.Contact():
                fact = await self.presented(fact)
                self.told.append(fact)
            case rules.Close():
                there = await self.together(fact.contact, begins)
                owned = [name for name in there if await self.customer_of(name) is not None] or sorted(there)
                first = min(owned, key=lambda name: (begins[name].begin, self.uuids()[name]))
                self.told.append(replace(fact, contact=first, customer=await self.known_as(first)))
            case rules.Identified() if self.customers.get(fact.contact) is not None:
                before = await self.known_as(fact.contact)
                self.told.append(rules.Identified(fact.id, fact.contact, -1.0, None, before))
            case rules.Identified() | rules.Merged():
                pass
            case _:
                self.told.append(fact)
        if isinstance(fact, rules.Identified) and fact.customer is None and self.customers.get(fact.contact) is None:
            return
        await self.said(fact, {})

    async def presented(self, contact: rules.Contact) -> rules.Contact:
        """A contact with the code that it presents; without, where none could be had of a contact that did not come
        yet, or is over."""
        if contact.code_from not in self.names:
            return replace(contact, code_from=None)
        try:
            self.codes[contact.id] = await self.code(contact)
        except ProfileError as error:
            assert error.reason == "CONTACT_ENDED"
            return replace(contact, code_from=None)
        return contact

    async def together(self, contact: str, begins: dict[str, rules.Contact]) -> set[str]:
        """The contacts that stand with this one, those that began."""
        stands = (await self.conversation(contact)).name
        return {name for name in self.names if name in begins and (await self.conversation(name)).name == stands}

    async def known_as(self, contact: str) -> str | None:
        """Which customer a contact is said to be of, whoever that is one with by now."""
        profile = await self.customer_of(contact)
        return None if profile is None else self.customers.get(contact) or (await self.current())[profile]

    async def as_told(self) -> list[rules.Fact]:
        """What the model is told: ids in the order of the service's keys, customers as the service has them."""
        current: dict[str | None, str] = {}
        for customer in self.profiles:
            looked = await self.call(LookupProfileRequest(identifiers=[self.shown(customer)], audience=AGENT))
            for candidate in looked.candidates[:1]:
                current[customer] = candidate.profile
        known = [rules.Identified(f"final {name}", name, 0.0, await self.customer_of(name)) for name in self.names]
        said = [_as_now(fact, current) for fact in self.told]
        keys = {name: self.key(name) for name in self.sources}
        return [_renamed(fact, keys) for fact in (*said, *known)]

    def key(self, contact: str) -> str:
        """What orders a contact among others of its begin and source."""
        digest = self.plays.runtime.keyring.digest(self.plays.tenant, "contact", self.sources[contact], contact)
        return f"{digest.hex()} {contact}"


def _as_now(fact: rules.Fact, current: dict[str | None, str]) -> rules.Fact:
    """A fact with the profiles of the customers as they are now."""
    match fact:
        case rules.Close():
            return replace(fact, customer=current.get(fact.customer))
        case rules.Identified():
            return replace(fact, ruled_out=current.get(fact.ruled_out))
        case _:
            return fact


def _renamed(fact: rules.Fact, keys: dict[str, str]) -> rules.Fact:
    """A fact under the contacts' keys."""
    match fact:
        case rules.Contact():
            return replace(
                fact,
                id=keys[fact.id],
                continues=None if fact.continues is None else keys[fact.continues],
                code_from=None if fact.code_from is None else keys[fact.code_from],
                previous=tuple(keys.get(name, name) for name in fact.previous),
            )
        case rules.Split():
            return replace(fact, contacts=frozenset(keys[name] for name in fact.contacts))
        case rules.Join():
            return replace(fact, contact=keys[fact.contact], other=keys[fact.other])
        case rules.Move():
            return replace(fact, contact=keys[fact.contact], target=None if fact.target is None else keys[fact.target])
        case rules.Merged() | rules.Withdrawn():
            return fact
        case _:
            return replace(fact, contact=keys[fact.contact])


async def test_t3_histories_in_any_order_come_out_as_the_model_says(in_two: InTwo) -> None:
    """Doubled, late, at once, with corrections, merges and acts."""
    wrong: list[str] = []
    kinds: Counter[str] = Counter()
    for number in range(RUNS):
        seed, rnd = SEED + number, random.Random(SEED + number)
        desks = (DESKS,) if number % 3 == 0 else ()
        facts = shuffled(deliverable(history(seed)), rnd)
        kinds.update(kinds_of(facts))
        played = Delivered(desk=await in_two.desk(replace(CRM_VOUCHED, desks=desks)), plays=in_two, rnd=rnd)
        await played.deliver(facts)
        conversations, closed = await played.conversations()
        whole = rules.Whole(rules.World(await played.as_told()), rules.Policy(desks=desks))
        expected = frozenset(frozenset(name.split()[1] for name in group) for group in whole.conversations)
        if conversations != expected:
            wrong.append(f"seed {seed}: {sorted(map(sorted, conversations))} not {sorted(map(sorted, expected))}")
        elif closed != {name.split()[1] for group in whole.closed for name in group}:
            wrong.append(f"seed {seed}: closed {sorted(closed)} not {whole.closed}")
        else:
            wrong += [f"seed {seed}: {line}" async for line in shown_otherwise(played, whole)]
    shares = ", ".join(f"{name} {count / RUNS:.0%}" for name, count in kinds.most_common())
    print(f"\nfigure: {RUNS} histories, {len(wrong)} wrong; with {shares}")
    assert not wrong, "\n".join(wrong[:10])


def kinds_of(facts: Sequence[rules.Fact]) -> Iterator[str]:
    """What there is in a history, each kind once."""
    yield from {type(fact).__name__.lower() for fact in facts}
    identified = [fact for fact in facts if isinstance(fact, rules.Identified)]
    merges = [fact for fact in facts if isinstance(fact, rules.Merged)]
    several = len({fact.customer for fact in identified} - {None}) > 1
    corrected = len({fact.contact for fact in identified}) < len(identified)
    unmerged = not all(fact.together for fact in merges)
    found = {"two customers": several, "a correction": corrected, "an unmerge": unmerged}
    yield from (name for name, is_so in found.items() if is_so)
    if any(isinstance(fact, rules.Contact) and fact.code_from for fact in facts):
        yield "a carry-over code"
    if several and (corrected or merges):
        yield "two customers and a correction or a merge"
