"""E4: the same delivery again changes nothing, whoever else has come meanwhile; E3: revisions count, not arrival."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import replace

from disclosure import model
from disclosure.model import CRM_NOT_VOUCHED, CRM_VOUCHED, Reader
from disclosure.programs import Scene, program, recent

from profile_service.v1 import GetProfileRequest, HandoffContext
from tests.disclosed.conftest import NewDesk
from tests.disclosed.played import Desk

RUNS = int(os.environ.get("PROVE_RUNS", "6"))
SEED = int(os.environ.get("PROVE_SEED", "1")) * 1_000_000
TELL_EVERY = 100
WORLDS = ((CRM_VOUCHED, False), (CRM_NOT_VOUCHED, True))
READERS = (Reader.AGENT, Reader.AUTOMATED)


def settled(context: HandoffContext) -> HandoffContext:
    """A context without the time of the answer and the revision of the profile."""
    context.ClearField("as_of_time")
    context.profile.ClearField("etag")
    return context


async def standing(desk: Desk, scene: Scene, now: int) -> dict[str, object]:
    """The contexts of all contacts, and the profile with its golden record of every record."""
    found: dict[str, object] = {}
    for contact in recent(scene):
        for reader in READERS:
            found[f"{contact} {reader}"] = settled(await desk.context(contact, reader, now))
    for node, name in sorted(desk.profiles.items()):
        profile = await desk.client.call(GetProfileRequest(name=name, purpose="to compare"))
        profile.ClearField("etag")
        found[f"{node.source}/{node.value}"] = profile
    return found


def restated(scene: Scene, chance: random.Random, now: int) -> list[model.Delivery]:
    """The last word of every record again: twice as it was, and under a new revision; older words in between."""
    last: dict[model.Node, model.Delivery] = {}
    for delivery in sorted(scene.deliveries, key=lambda delivery: (delivery.revision, delivery.time)):
        last[delivery.node] = delivery
    again: list[model.Delivery] = [*scene.deliveries, *last.values(), *last.values()]
    chance.shuffle(again)
    anew = [replace(delivery, revision=delivery.revision + 100, time=now - 5) for delivery in last.values()]
    chance.shuffle(anew)
    return [*again, *anew]


def differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """What is not as it was."""
    return [name for name in before if before[name] != after.get(name)]


async def deliver(desk: Desk, deliveries: Sequence[model.Delivery], now: int) -> None:
    """One after the other, at a time."""
    desk.clock.now_us = int(desk.at(now) * 1_000_000)
    profiles = dict(desk.profiles)
    for delivery in deliveries:
        await desk.delivery(delivery)
    desk.profiles = profiles


async def test_e4_a_delivery_again_changes_nothing(new_desk: NewDesk) -> None:
    """Of random histories with records, contacts, corrections and attackers: in random order, doubled and restated
    under new revisions, the partition, contexts and golden records stay."""
    changed: list[str] = []
    compared = delivered = 0
    for number in range(RUNS):
        policy, typo = WORLDS[number % len(WORLDS)]
        scene = program(SEED + number, policy, typo=typo).scene
        desk = await new_desk(policy)
        await desk.play(scene.facts())
        before = await standing(desk, scene, scene.now)
        again = restated(scene, random.Random(SEED + number), scene.now)
        await deliver(desk, again, scene.now)
        after = await standing(desk, scene, scene.now)
        compared, delivered = compared + len(before), delivered + len(again)
        if number % TELL_EVERY == TELL_EVERY - 1:
            print(f"{number + 1} of {RUNS} worlds, {compared} answers compared, {len(changed)} changed", flush=True)
        changed += [f"seed {SEED + number}: {name}" for name in differences(before, after)]
    print(f"\nfigure: {RUNS} worlds, {delivered} deliveries again, {compared} answers compared, {len(changed)} changed")
    assert not changed, changed[:10]
    assert compared > RUNS
