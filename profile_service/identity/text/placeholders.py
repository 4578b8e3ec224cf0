"""Values that mean nothing (E8): what systems, forms and people write where there is none. The words are data, by
language, in `placeholders.toml`; here is how they are recognised, and what is one by its form."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from anyascii import anyascii

LONGEST = 40
"""Longer values are no placeholders."""
_TEMPLATE = re.compile(
    r"\{\{.*\}\}|\$\{.*\}|#\{.*\}|<%.*%>|\[\[.*\]\]|%[A-Z_]{2,}%|%\(?\w*\)?[sd]"
    r"|\{[\w.]*\}|\[[\w .]+\]|<[\w .]+>|\*\|.*\|\*"
)
"""A field of a template that was not filled in: Mustache, shells, Ruby, ERB, Windows, printf, Python, mail merges."""
_AROUND = re.compile(r"[^\w]+")
_NOTHING = re.compile(r"[\W_]*")
_NO_NUMBER = re.compile(r"[0-]+|-1")


class _Placeholders(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: dict[str, frozenset[str]]
    codes: frozenset[str]


@cache
def _listed() -> tuple[frozenset[str], frozenset[str]]:
    """The words that mean nothing anywhere, and those that mean nothing as identifiers and codes."""
    text = (Path(__file__).parent / "placeholders.toml").read_text()
    listed = msgspec.toml.decode(text, type=_Placeholders)
    return frozenset(_bare(word) for words in listed.words.values() for word in words), listed.codes


def _bare(text: str) -> str:
    """In lower case, without what stands around and between words; Latin letters without accents."""
    spaced = _AROUND.sub(" ", text.replace("_", " ").casefold()).strip()
    return spaced if spaced.isascii() or anyascii(spaced) == spaced else _latin(spaced)


def _latin(text: str) -> str:
    return "".join(anyascii(char) if char.isalpha() and ord(char) < 0x250 else char for char in text).lower()


@lru_cache(maxsize=16_384)
def means_nothing(text: str) -> bool:
    """Whether a value of any attribute or namespace stands for none."""
    stripped = text.strip()
    if len(stripped) > LONGEST:
        return _TEMPLATE.fullmatch(stripped) is not None
    if _NOTHING.fullmatch(stripped) or _TEMPLATE.fullmatch(stripped):
        return True
    return _bare(stripped) in _listed()[0]


@lru_cache(maxsize=16_384)
def is_no_code(text: str) -> bool:
    """Whether an identifier or a code stands for none: also words that a person may be called, and digits that count
    nothing (0000, 00000000-0000, -1)."""
    stripped = text.strip()
    return means_nothing(stripped) or _bare(stripped) in _listed()[1] or _NO_NUMBER.fullmatch(stripped) is not None
