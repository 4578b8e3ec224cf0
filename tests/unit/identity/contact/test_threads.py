"""Which conversation a contact goes on in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from profile_service.identity.contact.threads import Joining, OpenConversation, Thread, Threading, choose_thread


def opened(name: str, brand: str = "a", time: int = 9, channel: str = "app") -> OpenConversation:
    """An open conversation."""
    return OpenConversation(id=name, brand=brand, last_time_us=time, channel=channel)


NEW, OLD, OTHER = opened("new", time=9), opened("old", time=5), opened("other", "b", 10)
HELD = (OTHER, NEW, OLD)


def chosen(
    threading: Threading,
    named: OpenConversation | None = None,
    conversations: Sequence[OpenConversation] = HELD,
    since_us: int = 0,
    channel: str = "app",
) -> Thread:
    """The choice of a contact of brand a."""
    joining = Joining(threading=threading, brand="a", channel=channel, since_us=since_us)
    return choose_thread(joining, named=named, open_conversations=conversations)


def test_numbers_are_those_of_the_proto() -> None:
    """They are sent."""
    assert {threading.name: threading.value for threading in Threading} == {"AUTO": 1, "NEW": 2, "CONTINUE": 3}


@pytest.mark.parametrize(
    ("threading", "named", "since_us", "conversation"),
    [
        (Threading.AUTO, None, 0, "new"),
        (Threading.AUTO, None, 9, "new"),
        (Threading.AUTO, None, 10, None),
        (Threading.AUTO, OLD, 10, "old"),
        (Threading.AUTO, OTHER, 0, "other"),
        (Threading.NEW, None, 0, None),
        (Threading.NEW, OLD, 0, None),
        (Threading.CONTINUE, OLD, 0, "old"),
        (Threading.CONTINUE, None, 0, None),
    ],
)
def test_a_conversation_is_chosen(
    threading: Threading, named: OpenConversation | None, since_us: int, conversation: str | None
) -> None:
    """AUTO takes the one that is named, else the latest fresh one of the brand; NEW takes none, CONTINUE the named."""
    assert chosen(threading, named, since_us=since_us).conversation == conversation


def test_the_others_are_offered() -> None:
    """All but the chosen one, in their order, ten at most."""
    assert chosen(Threading.AUTO).offered == ("other", "old")
    assert chosen(Threading.NEW).offered == ("other", "new", "old")
    many = [opened(str(number)) for number in range(12)]
    assert chosen(Threading.NEW, conversations=many).offered == tuple("0123456789")
    assert chosen(Threading.AUTO, conversations=[]).offered == ()


@pytest.mark.parametrize(
    ("threading", "channel", "changed"),
    [
        (Threading.AUTO, "app", False),
        (Threading.AUTO, "voice", True),
        (Threading.NEW, "voice", False),
    ],
)
def test_a_channel_changes_within_a_conversation(threading: Threading, channel: str, changed: bool) -> None:
    """A new conversation has none before."""
    assert chosen(threading, channel=channel).channel_change is changed


def test_a_reference_alone_proves_nothing() -> None:
    """The contact is in the conversation that it names, loosely; not where the caller or the customer names it."""
    referred = OpenConversation(id="ref", brand="", last_time_us=0, channel="app", by_reference=True)
    assert chosen(Threading.AUTO, referred) == Thread(
        conversation="ref", offered=("other", "new", "old"), channel_change=False, by_reference=True
    )
    assert not chosen(Threading.CONTINUE, referred).by_reference
    assert not chosen(Threading.NEW, referred).by_reference
    assert not chosen(Threading.AUTO, OLD).by_reference
    assert not chosen(Threading.AUTO).by_reference
