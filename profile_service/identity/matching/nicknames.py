"""Short forms of given names, from the package `nicknames`."""

from __future__ import annotations

from functools import cache, lru_cache

from nicknames import NickNamer


@cache
def _namer() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=50_000)
def canonical_names(name: str) -> frozenset[str]:
    """The name and the full names that it may be short for."""
    return frozenset({name, *_namer().canonicals_of(name)})


@lru_cache(maxsize=200_000)
def are_nicknames(left: str, right: str) -> bool:
    """Whether one may be short for the other, or both for the same name."""
    return not canonical_names(left).isdisjoint(canonical_names(right))


@lru_cache(maxsize=50_000)
def is_listed(name: str) -> bool:
    """Whether it is a given name that the package knows, in full or short."""
    return bool(_namer().canonicals_of(name) or _namer().nicknames_of(name))
