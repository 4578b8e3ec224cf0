"""Codes that a customer takes from one contact to the next (T1). Pure but for the source of randomness that is
given."""

from __future__ import annotations

from collections.abc import Callable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U (https://www.crockford.com/base32.html)."""
READ_AS = str.maketrans("ILO", "110")
LENGTH, GROUP = 9, 3
"""45 bits: where ten thousand codes hold at once, one guess in 3.5 billion meets one."""


def new_code(choice: Callable[[str], str]) -> str:
    """A code, each character of which is chosen of the alphabet."""
    return "".join(choice(ALPHABET) for _ in range(LENGTH))


def written(code: str) -> str:
    """A code as it is shown, in groups."""
    return "-".join(code[first : first + GROUP] for first in range(0, LENGTH, GROUP))


def read(text: str) -> str | None:
    """The code that a customer wrote, in whatever case and groups; None where it is none."""
    code = "".join(text.split()).replace("-", "").upper().translate(READ_AS)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None
