"""UUIDv7 (RFC 9562): ids that sort by age and hold no personal data. Time and randomness are arguments."""

from __future__ import annotations

from uuid import UUID

NIL = str(UUID(int=0))
"""Sorts before every id."""


def uuid7(time_us: int, random_bits: int) -> UUID:
    """Build a UUIDv7 from microseconds since the epoch and 62 random bits.

    The 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562, method 3), so that ids of one
    process sort by age within a millisecond too.
    """
    milliseconds, rest = divmod(time_us, 1000)
    fraction = (rest << 12) // 1000
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random_bits & ((1 << 62) - 1)
    return UUID(int=value)
