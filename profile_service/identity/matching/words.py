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
    mailboxes: frozenset[str]
    households: frozenset[str]


_WORDS = msgspec.toml.decode(
    (resources.files("profile_service.identity.matching") / "words.toml").read_bytes(), type=_Words
)
TITLES, SUFFIXES, STREET_WORDS = _WORDS.titles, _WORDS.suffixes, _WORDS.streets
MONTHS, ROLES, HOUSEHOLDS = _WORDS.months, _WORDS.mailboxes, _WORDS.households
