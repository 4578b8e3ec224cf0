"""The words of contacts and interactions as enums; the numbers are those of the protos, which a test compares."""

from __future__ import annotations

from enum import IntEnum


class Direction(IntEnum):
    """Who began: the customer (INBOUND) or we."""

    UNSPECIFIED = 0
    INBOUND = 1
    OUTBOUND = 2


class Initiation(IntEnum):
    """Why a contact began."""

    UNSPECIFIED = 0
    NEW = 1
    TRANSFER = 2
    CALLBACK = 3
    CHANNEL_CHANGE = 4
    CONSULT = 5
    CAMPAIGN = 6


class Visibility(IntEnum):
    """Who reads along in a contact: as its channel is, others too, or nobody."""

    AS_CHANNEL = 0
    PUBLIC = 1
    PRIVATE = 2


class InteractionKind(IntEnum):
    """What an interaction is."""

    MESSAGE = 1
    CALL = 2
    MAIL = 3
    VISIT = 4
    NOTE = 5
    EVENT = 6


class Speaker(IntEnum):
    """Whose words an interaction holds."""

    UNSPECIFIED = 0
    CUSTOMER = 1
    AGENT = 2
    BOT = 3
    SYSTEM = 4
    PARTICIPANT = 5


class HowKnown(IntEnum):
    """How a fact came to be known."""

    STATED = 1
    CHECKED = 2
    INFERRED = 3


class PromiseState(IntEnum):
    """What became of a promise."""

    OPEN = 1
    KEPT = 2
    BROKEN = 3
