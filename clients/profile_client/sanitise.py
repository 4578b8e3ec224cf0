"""Text that others typed, made safe for a terminal: control, bidi and invisible characters become visible escapes."""

from __future__ import annotations

import unicodedata

KEPT = frozenset({"\n"})
SHOWN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def sanitise(text: str, most: int = 400) -> str:
    """Return the text with every character that could steer a terminal written as `\\u{...}`, at most `most` long."""
    safe = "".join(
        char if char in KEPT or unicodedata.category(char) not in SHOWN else f"\\u{{{ord(char):x}}}"
        for char in unicodedata.normalize("NFC", text[: most * 2])
    )
    return safe if len(safe) <= most else safe[: most - 1] + "…"
