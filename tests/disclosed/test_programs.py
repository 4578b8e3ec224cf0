"""I20: random programs of honest people, attackers and mistakes, by the model's generator, against the API. Every datum
is about somebody; who speaks is told nothing that is about somebody else."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from disclosure import model
from disclosure.model import CRM_NOT_VOUCHED, CRM_VOUCHED, Reader
from disclosure.programs import ATTACKER, Scene, program, recent
from disclosure.said import evaluated

from profile_service.v1 import HandoffContext
from tests.disclosed.conftest import NewDesk
from tests.disclosed.played import Desk
from tests.disclosed.seen import SAFE, Seen, level_of, seen

RUNS = int(os.environ.get("PROVE_RUNS", "6"))
SEED = int(os.environ.get("PROVE_SEED", "1")) * 1_000_000
FOUND_FAULTS = (41_000_550, 41_000_743, 41_001_513, 41_002_514, 41_003_749, 41_004_305)
"""Programs that found faults: words told after a correction, and in a leg after another person's login; a contact that
could not be read any more, since what it stood under came to stand alone; a person whose number had begun anew."""
WORLDS = ((CRM_VOUCHED, False), (CRM_NOT_VOUCHED, False), (CRM_NOT_VOUCHED, True))
READERS = (Reader.AGENT, Reader.AUTOMATED)


def about(scene: Scene, item: Seen) -> frozenset[int] | None:
    """Whom an item is about: any of these (None: nobody in particular)."""
    if isinstance(item.datum, model.Word):
        return frozenset({scene.person_in(item.datum.contact, item.datum.time)})
    if isinstance(item.datum, model.Node):
        return frozenset({scene.person_of_record[item.datum]})
    if isinstance(item.datum, model.Identifier):
        return frozenset[int]().union(*(who for _, who in scene.owners_of.get(item.datum, ()))) or None
    return None


def violations(scene: Scene, desk: Desk, contact: str, context: HandoffContext) -> Iterator[str]:
    """What is SAFE in a context and is about somebody else; in a public one anything that it did not bring. An
    identifier that a record states is about the record's customer."""
    person, items = scene.person_in(contact, scene.now), [item for item in seen(desk, context) if item.level == SAFE]
    stated = {
        identifier
        for delivery in scene.deliveries
        if delivery.node in {item.datum for item in items}
        for identifier in delivery.identifiers
    }
    allowed = {*desk.brought.get(contact, ()), *stated}
    for item in items:
        whom = about(scene, item)
        if whom is not None and person not in whom and item.datum not in allowed:
            yield f"{contact}: {item} is told to {person}, and about {sorted(whom)}"
        is_own = item.origin == contact or item.datum in desk.brought.get(contact, ())
        if scene.contacts[contact].public and item.datum is not None and not is_own:
            yield f"{contact}: {item} in public"


@pytest.mark.parametrize("seed", FOUND_FAULTS)
async def test_i20_programs_that_found_faults_find_none(new_desk: NewDesk, seed: int) -> None:
    """Each was a fault of the service once."""
    policy, typo = WORLDS[seed % 1_000_000 % len(WORLDS)]
    scene = program(seed, policy, typo=typo).scene
    desk = await new_desk(policy)
    await desk.play(scene.facts())
    for contact in recent(scene):
        for reader in READERS:
            context = await desk.context(contact, reader, scene.now)
            assert not list(violations(scene, desk, contact, context))


async def test_i20_nobody_is_told_what_is_about_somebody_else(new_desk: NewDesk) -> None:
    """And the honest reach SAFE as the model says: in how many programs, and how often the levels agree."""
    found: list[str] = []
    reached, levels = 0, Counter[str]()
    for number in range(RUNS):
        policy, typo = WORLDS[number % len(WORLDS)]
        scene = program(SEED + number, policy, typo=typo).scene
        desk = await new_desk(policy)
        await desk.play(scene.facts())
        wished = evaluated(scene.facts(), policy)
        is_safe = False
        for contact in recent(scene):
            for reader in READERS:
                context = await desk.context(contact, reader, scene.now)
                found += [f"seed {SEED + number}: {fault}" for fault in violations(scene, desk, contact, context)]
                level = level_of(context)
                is_safe = is_safe or (reader is Reader.AGENT and level is model.Disclosure.SAFE)
                expected = wished.context(contact, reader, scene.now).level
                levels["as the model" if level is expected else "less" if level < expected else "more"] += 1
        reached += is_safe
    print(
        f"\nfigure: {RUNS} programs, {len(found)} violations, in {reached / RUNS:.0%} somebody reaches SAFE at the end"
    )
    print(f"figure: levels of contexts beside the model's: {dict(levels)}")
    assert not found, found[:10]
    assert reached >= RUNS / 5


def told(desk: Desk, context: HandoffContext, contact: str) -> set[object]:
    """What is SAFE in a context, as two histories compare it. Identifiers that the contact brought itself are left out:
    they are listed only where somebody is known by them, and a shared one alone identifies nobody."""
    brought = desk.brought.get(contact, ())
    return {
        item.datum
        for item in seen(desk, context)
        if item.level == SAFE and item.datum is not None and item.datum not in brought
    }


async def test_i20_nobody_loses_by_anothers_doing(new_desk: NewDesk) -> None:
    """The same history with and without the attackers' steps tells the honest no less."""
    lost: list[str] = []
    looked = 0
    for number in range(RUNS):
        policy, typo = WORLDS[number % len(WORLDS)]
        scene = program(SEED + number, policy, typo=typo).scene
        honest = [
            contact
            for contact in recent(scene)
            if not any(person == ATTACKER for _, person in scene.people_of[contact])
        ]
        contexts: list[dict[str, set[object]]] = []
        for facts in (scene.facts(), scene.honest_facts()):
            desk = await new_desk(policy)
            await desk.play(facts)
            contexts.append(
                {
                    contact: told(desk, await desk.context(contact, Reader.AGENT, scene.now), contact)
                    for contact in honest
                    if contact in desk.contacts
                }
            )
        with_attackers, alone = contexts
        for contact, untroubled in alone.items():
            looked += 1
            lost += [f"seed {SEED + number}: {contact}: {datum}" for datum in untroubled - with_attackers[contact]]
    print(f"\nfigure: {RUNS} programs, {looked} honest contacts, {len(lost)} data lost by others' doing")
    assert not lost, lost[:10]
