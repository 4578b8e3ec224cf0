"""Why a value is no identifier."""

from __future__ import annotations

import re
import string
import unicodedata

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class IdentifierInvalid(ValueError):
    """The value is not one of its namespace; the message holds no part of it."""


class IdentifierBlocked(IdentifierInvalid):
    """The value is of its form, and nobody's: a placeholder, a word for a number that is not shown."""


def refuse_hidden(value: str, mask: re.Pattern[str]) -> None:
    """What a system shows of a value that it hides is many customers' (eva***@example.org); libraries read on, as if
    nothing was missing."""
    if mask.search(value):
        raise IdentifierInvalid("part of the value is hidden")


def fold_ascii(text: str) -> str:
    """Lower-case ASCII letters only: no other character may become an ASCII one (U+212A would with str.lower)."""
    return text.translate(_ASCII_LOWER)


def without_marks(text: str) -> str:
    """Without characters that nobody sees (Cf): zero-width spaces, byte order marks, directions, soft hyphens."""
    if text.isascii():
        return text.strip()
    return "".join(char for char in text if unicodedata.category(char) != "Cf").strip()


def composed(text: str) -> str:
    """In composed form (NFC). Raises IdentifierInvalid where that would make another character of one: a Kelvin sign is
    no K, and whose account it would be is another's."""
    if text.isascii():
        return text
    for char in text:
        alone = unicodedata.normalize("NFC", char)
        if len(alone) == 1 and alone != char:
            raise IdentifierInvalid("a character that looks like another one")
    return unicodedata.normalize("NFC", text)
