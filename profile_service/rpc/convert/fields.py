"""Single fields of messages: times, names, enums, page sizes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from profile_service.engine.caller import Caller, CallerRole
from profile_service.errors import FieldInvalid
from profile_service.v1 import (
    Audience,
    Disclosure,
    Outcome,
)

Row = Mapping[str, Any]
PAGE_SIZE, PAGE_SIZE_MAX = 50, 500


FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the range of google.protobuf.Timestamp."""


def time_us(message: Any, field: str = "occur_time") -> int:
    """The time in a field, in microseconds since the epoch. Raises FieldInvalid where it is none (the years 1 to 9999,
    less than 10^9 nanoseconds)."""
    time: Timestamp = getattr(message, field)
    if not (FIRST_SECOND <= time.seconds <= LAST_SECOND and 0 <= time.nanos < 1_000_000_000):
        raise FieldInvalid([(field, "is not a time between the years 1 and 9999", "TIMESTAMP_RANGE")])
    return time.seconds * 1_000_000 + time.nanos // 1000


def optional_us(message: Any, field: str) -> int | None:
    """As `time_us`, where it is set."""
    return time_us(message, field) if message.HasField(field) else None


Words = TypeVar("Words", bound=IntEnum)


def word_of(number: int, unknown: Words) -> Words:
    """The word of a number; what it does not say, and what a later release may have added, reads as `unknown`."""
    try:
        return type(unknown)(number)
    except ValueError:
        return unknown


def is_automated(caller: Caller, audience: int) -> bool:
    """Whether the answer may be read out: anything but a stated AGENT, and always for an automated caller."""
    return audience != Audience.AUDIENCE_AGENT or caller.role is CallerRole.AUTOMATED


def page_size(asked: int) -> int:
    """AIP-158: 0 is the default, more than the limit is the limit."""
    return min(asked or PAGE_SIZE, PAGE_SIZE_MAX)


def outcome_value(outcome: int) -> Outcome.ValueType:
    """An outcome of the core as the proto's; the numbers are the same."""
    return Outcome.ValueType(outcome)


def disclosure_value(disclosure: int) -> Disclosure.ValueType:
    """A disclosure of the core as the proto's; the numbers are the same."""
    return Disclosure.ValueType(disclosure)


def level_value(disclosure: int | None) -> Disclosure.ValueType:
    """The level of one item; unspecified where no contact reads it."""
    return Disclosure.ValueType(disclosure or 0)


def timestamp(time_us: int | None) -> Timestamp | None:
    """A Timestamp of microseconds since the epoch; None stays None."""
    return None if time_us is None else Timestamp(seconds=time_us // 1_000_000, nanos=time_us % 1_000_000 * 1000)
