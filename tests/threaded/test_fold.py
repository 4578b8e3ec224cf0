"""The fold beside the model's, on random histories: the same conversations, the same closed."""

from __future__ import annotations

import os
from collections.abc import Sequence

from threads import rules
from threads.histories import history

from profile_service.identity.contact.acts import Act, ActKind, Begun, Name
from profile_service.identity.contact.fold import Threads, fold
from profile_service.identity.contact.model import Direction, Initiation
from profile_service.identity.contact.threads import How, Threading
from profile_service.identity.graph.model import ProfileId

RUNS = int(os.environ.get("PROVE_RUNS", "300")) if os.environ.get("PROVE") else 300
SEED = int(os.environ.get("PROVE_SEED", "1")) * 1_000_000
INITIATIONS = {
    rules.Kind.NORMAL: Initiation.NEW,
    rules.Kind.TRANSFER: Initiation.TRANSFER,
    rules.Kind.CONSULT: Initiation.CONSULT,
    rules.Kind.CAMPAIGN: Initiation.CAMPAIGN,
}
THREADINGS = {rules.Mode.AUTO: Threading.AUTO, rules.Mode.NEW: Threading.NEW, rules.Mode.CONTINUE: Threading.CONTINUE}


def us(seconds: float) -> int:
    """Microseconds."""
    return round(seconds * 1_000_000)


def begun(world: rules.World, policy: rules.Policy, contact: rules.Contact) -> Begun:
    """A contact of the model."""

    def name(how: How, other: str) -> Name:
        known = world.contacts.get(other)
        return Name(how, other, known is not None and policy.desk(known.source) == policy.desk(contact.source))

    def customer(found: str | None) -> ProfileId | None:
        return None if found is None else ProfileId(found)

    names = [] if contact.continues is None else [name(How.CONTINUE, contact.continues)]
    names += [] if contact.code_from is None else [Name(How.CODE, contact.code_from, one_desk=True)]
    return Begun(
        id=contact.id,
        key=contact.id,
        start_time_us=us(contact.begin),
        source=contact.source,
        channel=contact.channel,
        brand=contact.brand,
        customer=customer(world.customer(contact.id)),
        ruled_out=frozenset(map(ProfileId, world.ruled_out(contact.id))),
        initiation=INITIATIONS[contact.kind],
        direction=Direction.INBOUND if contact.inbound else Direction.OUTBOUND,
        threading=THREADINGS[contact.mode],
        names=[*names, *(name(How.PREVIOUS, other) for other in contact.previous)],
        references={
            f"{of.kind} {of.value} {contact.brand if of.kind == 'ticket' else contact.source}": us(contact.begin)
            for of in contact.references
        },
        customers_words=[us(time) for time in world.words(contact.id, rules.Speaker.CUSTOMER)],
        our_words=[us(time) for time in world.words(contact.id, rules.Speaker.OURS)],
    )


def act(world: rules.World, said: rules.Act) -> Act:
    """An act of the model."""
    match said:
        case rules.Close():
            customer = world.profile(said.customer)
            owner = None if customer is None else ProfileId(customer)
            return Act(said.id, ActKind.CLOSE, us(said.time), (said.contact,), owner)
        case rules.Move():
            where = () if said.target is None else (said.target,)
            return Act(said.id, ActKind.MOVE, us(said.time), (said.contact, *where))
        case rules.Join():
            return Act(said.id, ActKind.JOIN, us(said.time), (said.contact, said.other))
        case rules.Split():
            return Act(said.id, ActKind.SPLIT, us(said.time), tuple(sorted(said.contacts)))


def folded(facts: Sequence[rules.Fact], policy: rules.Policy) -> Threads:
    """The same history by the fold."""
    world = rules.World(facts)
    within = dict(policy.continue_within_on)
    return fold(
        [begun(world, policy, contact) for contact in world.contacts.values()],
        [act(world, said) for said in world.acts.values()],
        lambda channel, _: us(within.get(channel, policy.continue_within)),
    )


def test_the_fold_comes_to_what_the_model_says() -> None:
    """Of each history."""
    for number in range(RUNS):
        facts = history(SEED + number)
        policy = rules.Policy(desks=(frozenset({"desk", "bot"}),) if number % 3 == 0 else ())
        whole, threads = rules.Whole(rules.World(facts), policy), folded(facts, policy)
        assert frozenset(threads.conversations) == whole.conversations, SEED + number
        closed = frozenset(group for group in threads.conversations if threads.close_time(group) is not None)
        assert closed == whole.closed, SEED + number
        assert {name: followed.parent for name, followed in threads.followed.items()} == whole.parents, SEED + number
