"""The body of a call: bounded before it is parsed, parsed before it is counted, counted before it is validated.

Each step keeps the next one cheap: a megabyte of empty items is half a million messages, and rules that are checked on
each of them would take minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import grpc
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from profile_service.errors import FieldInvalid, RequestMalformed, RequestTooLarge
from profile_service.rpc.boundary.masking import mask_request
from profile_service.rpc.boundary.validation import TURN_ITEMS, validate

BODY_S = 10.0
"""How long a caller may take to send a body."""
MASKED_HERE_BYTES = 8192
"""Card numbers are looked for beside the event loop where a request is larger: text that was made for it costs up to
2 ms a KiB, any other 10 us."""
ITEMS_MAX = 500
"""The most items of a list whose proto says nothing: such lists are output only."""
BATCHES = ("BatchRecordInteractions", "BatchResolveProfiles", "SimulatePolicy")
"""Methods whose requests may be large."""
EACH_BY_ITSELF = ("BatchRecordInteractions", "BatchResolveProfiles")
"""Methods that validate their items themselves: one that is wrong is an error of its own."""


@dataclass(frozen=True, slots=True)
class BodyReader:
    """Reads requests. `request_max_bytes` counts for all methods but those of BATCHES."""

    request_max_bytes: int = 262_144
    batch_max_bytes: int = 4_194_304

    async def read(self, method: str, context: grpc.aio.ServicerContext, parse: Callable[[bytes], Message]) -> Message:
        """The request of a call, checked. Raises RequestTooLarge, RequestMalformed, FieldInvalid, TimeoutError."""
        left = context.time_remaining()
        if left is not None and left <= BODY_S:
            raw: Any = await context.read()
        else:
            async with asyncio.timeout(BODY_S):
                raw = await context.read()
        if not isinstance(raw, bytes):
            raise RequestMalformed("It has no message.")
        most = self.batch_max_bytes if method.endswith(BATCHES) else self.request_max_bytes
        if len(raw) > most:
            raise RequestTooLarge(bytes=str(len(raw)), limit_bytes=str(most))
        try:
            request = parse(raw)
        except DecodeError:
            raise RequestMalformed from None
        count_items(request)
        await _validate(method, request)
        if len(raw) <= MASKED_HERE_BYTES:
            mask_request(request)
        else:
            await asyncio.to_thread(mask_request, request)
        return request


async def _validate(method: str, request: Message) -> None:
    """Validate a request; the items of a batch one by one, the first that breaks a rule ends it, and others get their
    turn in between."""
    items: list[Message] = list(getattr(request, "requests", ()))
    if items and method.endswith(EACH_BY_ITSELF):
        return
    if not items:
        validate(request)
    for place, item in enumerate(items):
        validate(item, f"requests[{place}].")
        if place % TURN_ITEMS == 0:
            await asyncio.sleep(0)


def count_items(message: Message) -> None:
    """Raise FieldInvalid where a list or map has more items than its proto allows; what is in it is not looked at."""
    for name, most, holds_lists in _countable(message.DESCRIPTOR):
        if most is None:
            if message.HasField(name):
                count_items(getattr(message, name))
            continue
        value = getattr(message, name)
        if len(value) > most:
            raise FieldInvalid([(name, f"must have at most {most} items", "TOO_MANY_ITEMS")])
        if holds_lists:
            for item in value:
                count_items(item)


@cache
def _countable(descriptor: Descriptor) -> tuple[tuple[str, int | None, bool], ...]:
    """The fields of a message that are lists or maps, with the most items (None: a message that has some in it), and
    whether their items have lists."""
    fields: list[tuple[str, int | None, bool]] = []
    for field in descriptor.fields:
        kind = field.message_type
        holds_lists = kind is not None and not kind.GetOptions().map_entry and bool(_countable(kind))
        if field.is_repeated or holds_lists:
            fields.append((field.name, _items_max(field) if field.is_repeated else None, holds_lists))
    return tuple(fields)


def _items_max(field: FieldDescriptor) -> int:
    """How many items a list or map may have, by the rules in its proto (buf.validate.field is number 1159; in it
    RepeatedRules are 18 and MapRules 19, which have the most items as number 2); ITEMS_MAX where it says nothing."""
    rules = _parts(_parts(field.GetOptions().SerializeToString()).get(1159, b""))
    counts = _parts(rules.get(18, b"")) | _parts(rules.get(19, b""))
    return int(counts.get(2, ITEMS_MAX))


def _parts(raw: bytes) -> dict[int, Any]:
    return {part.field_number: part.data for part in UnknownFieldSet(Empty.FromString(raw))}
