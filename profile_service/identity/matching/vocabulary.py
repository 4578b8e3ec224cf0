"""The words of matching: what is compared, and how well two values can agree."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Comparison(StrEnum):
    """What two customers are compared by; the names of the model document."""

    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    MIDDLE_NAME = "middle_name"
    MAILBOX_NAME = "mailbox_name"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"
    BIRTH_PLACE = "birth_place"
    GENDER = "gender"
    OCCUPATION = "occupation"
    ORGANISATION = "organisation"
    EMAIL = "email"
    PHONE = "phone"
    HANDLE = "handle"
    DEVICE = "device"
    GOVERNMENT_ID = "government_id"
    USER_NAME = "user_name"


class Level(StrEnum):
    """How well two values agree; the names of the model document. What each means is said where it is decided."""

    EXACT = "exact"
    NICKNAME = "nickname"
    CLOSE = "close"
    INITIAL = "initial"
    SIMILAR = "similar"
    DIFFERENT = "different"
    DIFFERENT_AT_HOME = "different_at_home"
    NEAR = "near"
    PARTIAL = "partial"
    TWO_PARTS = "two_parts"
    YEAR = "year"
    WITHIN_YEAR = "within_year"
    PARTIAL_DIFFERENT = "partial_different"
    STREET = "street"
    STREET_NEAR = "street_near"
    HOUSEHOLD = "household"
    POSTCODE = "postcode"
    POSTCODE_AREA = "postcode_area"
    CITY = "city"
    CITY_NEAR = "city_near"
    SLIP = "slip"
    LOCAL = "local"
    ROLE = "role"
    MASKED = "masked"
    SEVEN_DIGITS = "seven_digits"


_WORD = (
    Level.EXACT,
    Level.NICKNAME,
    Level.CLOSE,
    Level.INITIAL,
    Level.SIMILAR,
    Level.DIFFERENT,
    Level.DIFFERENT_AT_HOME,
)
_TEXT = (Level.EXACT, Level.CLOSE, Level.SIMILAR, Level.DIFFERENT)
LEVELS: Mapping[Comparison, tuple[Level, ...]] = {
    Comparison.GIVEN_NAME: _WORD,
    Comparison.FAMILY_NAME: _WORD,
    Comparison.MIDDLE_NAME: (Level.EXACT, Level.INITIAL, Level.DIFFERENT),
    Comparison.MAILBOX_NAME: (Level.EXACT, Level.DIFFERENT),
    Comparison.BIRTH_DATE: (
        Level.EXACT,
        Level.NEAR,
        Level.PARTIAL,
        Level.TWO_PARTS,
        Level.YEAR,
        Level.WITHIN_YEAR,
        Level.PARTIAL_DIFFERENT,
        Level.DIFFERENT,
    ),
    Comparison.ADDRESS: (
        Level.STREET,
        Level.STREET_NEAR,
        Level.HOUSEHOLD,
        Level.POSTCODE,
        Level.POSTCODE_AREA,
        Level.CITY,
        Level.CITY_NEAR,
        Level.DIFFERENT,
    ),
    Comparison.BIRTH_PLACE: _TEXT,
    Comparison.GENDER: (Level.EXACT, Level.DIFFERENT),
    Comparison.OCCUPATION: _TEXT,
    Comparison.ORGANISATION: _TEXT,
    Comparison.EMAIL: (
        Level.EXACT,
        Level.SLIP,
        Level.LOCAL,
        Level.CLOSE,
        Level.ROLE,
        Level.MASKED,
        Level.DIFFERENT,
    ),
    Comparison.PHONE: (Level.EXACT, Level.SEVEN_DIGITS, Level.CLOSE, Level.DIFFERENT),
    Comparison.HANDLE: (Level.EXACT, Level.CLOSE, Level.DIFFERENT),
    Comparison.DEVICE: (Level.EXACT, Level.DIFFERENT),
    Comparison.GOVERNMENT_ID: (Level.EXACT, Level.CLOSE, Level.DIFFERENT),
    Comparison.USER_NAME: (Level.EXACT, Level.DIFFERENT),
}
"""The levels that each comparison can answer, the best first. A model has a weight for each, and for nothing else."""
RANKS: Mapping[Comparison, Mapping[Level, int]] = {
    comparison: {level: rank for rank, level in enumerate(levels)} for comparison, levels in LEVELS.items()
}
"""The place of every level among those of its comparison: 0 is the best."""
