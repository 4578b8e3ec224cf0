"""Words that sources write in names and addresses (words.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

import msgspec


class _Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """words.toml."""

    titles: frozenset[str]
    suffixes: Mapping[str, str]
    streets: Mapping[str, str]
    months: tuple[str, ...]
    in_dates: frozenset[str]
    mailboxes: frozenset[str]
    households: frozenset[str]


_WORDS = msgspec.toml.decode(
    (resources.files("profile_service.identity.matching") / "words.toml").read_bytes(), type=_Words
)
TITLES, SUFFIXES, STREET_WORDS = _WORDS.titles, _WORDS.suffixes, _WORDS.streets
ROLES, HOUSEHOLDS, IN_DATES = _WORDS.mailboxes, _WORDS.households, _WORDS.in_dates
LETTERS_OF_A_MONTH = 3
"""So many letters of its name may stand for a month."""


def _months() -> dict[str, int]:
    """The number of a month by what it is called, and by every beginning of that which no other month has."""
    found: dict[str, set[int]] = {}
    names = [(name, number) for number, line in enumerate(_WORDS.months, start=1) for name in line.split()]
    for name, number in names:
        for length in range(LETTERS_OF_A_MONTH, len(name) + 1):
            found.setdefault(name[:length], set()).add(number)
    return {beginning: min(numbers) for beginning, numbers in found.items() if len(numbers) == 1} | dict(names)


MONTHS = _months()
