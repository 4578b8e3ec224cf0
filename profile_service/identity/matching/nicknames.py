"""Given names (given_names.toml), and their short forms, from the package `nicknames`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

import msgspec
from nicknames import NickNamer

_NAMER = NickNamer()
_LONGER: Mapping[str, set[str]] = _NAMER.canonical_lookup
_OF_LANGUAGES = msgspec.toml.decode(
    (resources.files("profile_service.identity.matching") / "given_names.toml").read_bytes(), type=dict[str, str]
)
_LISTED = frozenset(_LONGER) | frozenset(_NAMER.nickname_lookup)
_KNOWN = _LISTED.union(*(names.split() for names in _OF_LANGUAGES.values()))


def canonical_names(name: str) -> frozenset[str]:
    """The name and the full names that it may be short for."""
    return frozenset({name, *_LONGER.get(name, ())})


def are_nicknames(left: str, right: str) -> bool:
    """Whether one may be short for the other, or both for the same name: not for one that is as much short for either
    of them (Bill, between William and Robert)."""
    if left not in _LONGER and right not in _LONGER:
        return left == right
    mine, other = canonical_names(left), canonical_names(right)
    if left in other or right in mine:
        return True
    return any(not (_is_short_for(name, left) and _is_short_for(name, right)) for name in mine & other)


def _is_short_for(name: str, longer: str) -> bool:
    return longer in _LONGER.get(name, ())


def is_listed(name: str) -> bool:
    """Whether it is a given name that the package knows, in full or short: two of them that are spelled alike are two
    names, and no slip."""
    return name in _LISTED


def is_given_name(name: str) -> bool:
    """Whether it is a given name somewhere."""
    return name in _KNOWN
