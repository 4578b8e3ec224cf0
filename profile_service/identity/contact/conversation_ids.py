"""How conversations are called (T6): an id stays with the contacts whose callers were told it, under that customer.
Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from profile_service.identity.contact.fold import Threads
from profile_service.identity.graph.model import ProfileId


class Told(NamedTuple):
    """The conversation that a contact's caller was told, and under whom it stood then (None: under nobody)."""

    conversation: str
    customer: ProfileId | None


def homes(
    threads: Threads, heard: Mapping[str, Told], customers: Mapping[str, ProfileId | None], founders: Mapping[str, str]
) -> dict[str, str]:
    """The contact by which each conversation is found: the first that was told it and stands under that customer still,
    else the one that it was made for, but where others were told it for another customer than that stands under."""
    told_for: defaultdict[str, set[ProfileId]] = defaultdict(set)
    for holder, last in heard.items():
        if last.customer is not None and founders.get(last.conversation) != holder:
            told_for[last.conversation].add(last.customer)
    found = {
        name: founder
        for name, founder in founders.items()
        if founder in threads.places and (not told_for[name] or customers.get(founder) in told_for[name])
    }
    faithful = [
        name
        for name, last in heard.items()
        if name in threads.places and last.customer in (None, customers.get(name)) and last.conversation
    ]
    for name in sorted(faithful, key=lambda name: threads.places[name], reverse=True):
        found[heard[name].conversation] = name
    return found


def id_of(contacts: Iterable[str], home_of: Mapping[str, str]) -> str | None:
    """The id of a conversation of these: the oldest that is at home there; None: a new one."""
    there = set(contacts)
    return min((name for name, home in home_of.items() if home in there), default=None)


def lets_go(own: str, threads: Threads, heard: Mapping[str, Told], current: Mapping[str, str]) -> bool:
    """Whether a contact that was corrected or moved itself gives up the id that others hold and that it is parted from
    now."""
    together = next((group for group in threads.conversations if own in group), frozenset[str]())
    if own not in heard:
        return False
    others = (name for name, last in heard.items() if last.conversation == heard[own].conversation and name != own)
    return any(current.get(name) == current.get(own) and name not in together for name in others)
