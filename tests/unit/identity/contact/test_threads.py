"""Which conversation a contact goes on in that is the latest of its customer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from profile_service.identity.contact.threads import (
    How,
    Joining,
    Named,
    OpenConversation,
    Thread,
    Threading,
    choose_thread,
)
from profile_service.identity.graph.model import ProfileId

ANNA, BEN = ProfileId("anna"), ProfileId("ben")


def opened(name: str, brand: str = "a", time: int = 9, channel: str = "app") -> OpenConversation:
    """An open conversation."""
    return OpenConversation(id=name, brand=brand, last_time_us=time, channel=channel)


def named(
    name: str,
    how: How = How.PREVIOUS,
    customer: ProfileId | None = ANNA,
    *,
    one_desk: bool = True,
    one_source: bool = True,
) -> Named:
    """A conversation that something names."""
    return Named(id=name, how=how, channel="app", customer=customer, one_desk=one_desk, one_source=one_source)


def joining(threading: Threading = Threading.AUTO, customer: ProfileId | None = ANNA, **more: object) -> Joining:
    """A contact of brand a on the app."""
    asked: dict[str, object] = {"brand": "a", "channel": "app", "start_time_us": 0, "within": lambda *_: 0, **more}
    return Joining(threading=threading, customer=customer, **asked)  # pyright: ignore[reportArgumentType]


NEW, OLD, OTHER = opened("new", time=9), opened("old", time=5), opened("other", "b", 10)
HERS = (OTHER, NEW, OLD)


def chosen(contact: Joining, *names: Named, conversations: Sequence[OpenConversation] = HERS) -> Thread:
    """The choice of a contact."""
    return choose_thread(contact, names, conversations)


def test_numbers_are_those_of_the_proto() -> None:
    """They are sent."""
    assert {threading.name: threading.value for threading in Threading} == {"AUTO": 1, "NEW": 2, "CONTINUE": 3}


@pytest.mark.parametrize(
    ("contact", "names", "conversation"),
    [
        (joining(), [], "new"),
        (joining(start_time_us=9), [], "new"),
        (joining(start_time_us=10), [], None),
        (joining(start_time_us=10), [named("x")], "x"),
        (joining(Threading.NEW), [], None),
        (joining(Threading.NEW), [named("x")], None),
        (joining(Threading.NEW, is_leg=True), [named("x")], "x"),
        (joining(Threading.NEW, is_leg=True), [named("x", How.REFERENCE)], None),
        (joining(Threading.CONTINUE), [named("x", How.CONTINUE)], "x"),
        (joining(), [named("r", How.REFERENCE), named("p"), named("c", How.CONTINUE)], "c"),
        (joining(), [named("r", How.REFERENCE), named("p")], "p"),
        (joining(), [named("r", How.REFERENCE)], "r"),
    ],
)
def test_t1_the_strongest_name_decides(contact: Joining, names: Sequence[Named], conversation: str | None) -> None:
    """CONTINUE, then the contact before a leg, then NEW, previous contacts, references, and by itself the latest fresh
    one of the brand."""
    assert chosen(contact, *names).conversation == conversation


@pytest.mark.parametrize(
    ("customer", "name", "conversation"),
    [
        (ANNA, named("x", customer=BEN), None),
        (ANNA, named("x", How.CONTINUE, BEN), None),
        (ANNA, named("x", customer=None), "x"),
        (ANNA, named("x", customer=None, one_desk=False), None),
        (ANNA, named("x", one_desk=False), "x"),
        (None, named("x"), "x"),
        (None, named("x", one_desk=False), None),
        (None, named("x", customer=None), "x"),
    ],
)
def test_t4_a_conversation_holds_one_customer(
    customer: ProfileId | None, name: Named, conversation: str | None
) -> None:
    """And nobody where one desk put them there; what does not fit falls to the next, here to a new one."""
    assert chosen(joining(customer=customer), name, conversations=()).conversation == conversation


@pytest.mark.parametrize(
    ("customer", "name", "conversation"),
    [
        (ANNA, named("x", How.REFERENCE, ANNA, one_desk=False, one_source=False), "x"),
        (ANNA, named("x", How.REFERENCE, BEN), None),
        (ANNA, named("x", How.REFERENCE, None), None),
        (None, named("x", How.REFERENCE, ANNA), None),
        (None, named("x", How.REFERENCE, None), "x"),
        (None, named("x", How.REFERENCE, None, one_source=False), None),
    ],
)
def test_t5_references_join_equal_standing(customer: ProfileId | None, name: Named, conversation: str | None) -> None:
    """One customer with herself; nobody with nobody of one source."""
    thread = chosen(joining(customer=customer), name, conversations=())
    assert (thread.conversation, thread.apart) == (conversation, conversation is not None)


def test_the_others_are_offered() -> None:
    """All but the chosen one, in their order, ten at most."""
    assert chosen(joining()).offered == ("other", "old")
    assert chosen(joining(Threading.NEW)).offered == ("other", "new", "old")
    many = [opened(str(number)) for number in range(12)]
    assert chosen(joining(Threading.NEW), conversations=many).offered == tuple("0123456789")
    assert chosen(joining(), conversations=[]).offered == ()


@pytest.mark.parametrize(
    ("threading", "channel", "changed"),
    [(Threading.AUTO, "app", False), (Threading.AUTO, "voice", True), (Threading.NEW, "voice", False)],
)
def test_a_channel_changes_within_a_conversation(threading: Threading, channel: str, changed: bool) -> None:
    """A new conversation has none before."""
    assert chosen(joining(threading, channel=channel)).channel_change is changed
