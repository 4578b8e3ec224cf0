"""Regular expressions of tenants and policies. They run on RE2, in time linear in the text: `re` can take for ever."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol, cast

import re2  # pyright: ignore[reportMissingTypeStubs]

MEMORY_MAX = 1 << 20
"""Bytes that the program of one pattern may take."""


_ERROR = cast("type[Exception]", re2.error)  # pyright: ignore[reportUnknownMemberType] # it has no types


class PatternInvalid(ValueError):
    """Not a regular expression that RE2 takes (https://github.com/google/re2/wiki/Syntax); the message says why."""


class _Pattern(Protocol):
    """What we use of a compiled pattern of RE2, which has no types."""

    def search(self, text: str, /) -> object | None: ...


@lru_cache(maxsize=512)
def _compiled(text: str) -> _Pattern:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY_MAX
    try:
        return cast("_Pattern", re2.compile(text, options))  # pyright: ignore[reportUnknownMemberType] # it has no types
    except _ERROR as error:
        reason = cast("object", error.args[0]) if error.args else ""
        raise PatternInvalid(f"{text!r}: {reason.decode() if isinstance(reason, bytes) else reason}") from None


def require_pattern(text: str) -> None:
    """Raise PatternInvalid where a text is no pattern."""
    _compiled(text)


def finds(pattern: str, text: str) -> bool:
    """Whether a pattern is found anywhere in a text."""
    return _compiled(pattern).search(text) is not None
