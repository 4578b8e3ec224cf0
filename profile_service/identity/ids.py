"""UUIDv7 (RFC 9562): ids that sort by age and hold no personal data. Time and randomness are arguments."""

from __future__ import annotations

NIL = "00000000-0000-0000-0000-000000000000"
"""Sorts before every id."""


def uuid7(time_us: int, random_bits: int) -> str:
    """Build a UUIDv7 from microseconds since the epoch and 62 random bits.

    The 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562, method 3), so that ids of one
    process sort by age within a millisecond too.
    """
    milliseconds, rest = divmod(time_us, 1000)
    fraction = (rest << 12) // 1000
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random_bits & ((1 << 62) - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def uuid_from(digest: bytes) -> str:
    """A UUIDv8 (RFC 9562) of a keyed hash: what is said twice under one key is one thing."""
    value = int.from_bytes(digest[:16], "big")
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 8 << 76 | 2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
