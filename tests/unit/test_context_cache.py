"""Kept contexts carry their key (I10), and end when time alone would change them."""

from __future__ import annotations

from profile_service.rpc.services.context_cache import CachedContext, ContextCache
from profile_service.usecases.contacts.get_context import Kept
from profile_service.v1 import GetContextResponse

MINE, OTHERS = ("t", None, "a", False, 1), ("t", None, "b", False, 1)


def entry(key: tuple[str, None, str, bool, int], until_us: int = 10) -> CachedContext:
    """An entry."""
    kept = Kept(profile="p", profile_revision=1, stamp=1)
    return CachedContext(key=key, kept=kept, end_us=None, until_us=until_us, response=GetContextResponse())


def test_i10_an_entry_under_another_key_is_no_answer() -> None:
    """Whatever put it there: another customer's bytes are never answered."""
    cache = ContextCache()
    cache.put(entry(MINE))
    assert cache.get(MINE, 0) is not None
    cache._entries[MINE] = entry(OTHERS)  # pyright: ignore[reportPrivateUsage]
    assert cache.get(MINE, 0) is None


def test_an_entry_ends_when_time_alone_would_change_it() -> None:
    """A fact expires, a promise becomes overdue."""
    cache = ContextCache()
    cache.put(entry(MINE, until_us=10))
    assert cache.get(MINE, 9) is not None
    assert cache.get(MINE, 10) is None
