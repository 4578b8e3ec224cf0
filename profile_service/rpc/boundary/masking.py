"""Payment card numbers are masked in every text of a request, before anything else sees it.

What is not to be masked is named here; a text that a later proto adds is masked.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from profile_service.identity.text.cards import SHORTEST, mask_cards

PACKAGE = "profile_service.v1."
IDENTIFIERS = frozenset(
    {
        "Identifier.namespace",
        "Identifier.value",
        "Identifier.scope",
        "SourceKey.source",
        "SourceKey.id",
        "ExternalReference.value",  # never stored or shown; one that holds a card number is dropped
        "SimulatePolicyRequest.policy",
        "SimulatePolicyRequest.model",
    }
)
"""Values of identifiers and keys, and texts that no customer writes."""
NAMES = frozenset({"request_id", "page_token", "channel", "default_region"})
"""Fields of requests whose form the protos prescribe; resource names are among them by their pattern."""


class _Kind(Enum):
    TEXT = auto()
    TEXTS = auto()
    MAP = auto()
    MESSAGE = auto()
    MESSAGES = auto()


def is_kept(field: FieldDescriptor) -> bool:
    """Whether a text stays as it is."""
    if field.full_name.removeprefix(PACKAGE) in IDENTIFIERS:
        return True
    is_name = b"[0-9a-f]{8}(-[0-9a-f]{4})" in field.GetOptions().SerializeToString()
    owner = field.containing_type
    return is_name or (field.name in NAMES and owner is not None and owner.name.endswith("Request"))


@cache
def _plan(descriptor: Descriptor) -> tuple[tuple[str, _Kind], ...]:
    """The fields of a message that can hold a text to mask, and how it is reached."""
    fields: list[tuple[str, _Kind]] = []
    for field in descriptor.fields:
        message = field.message_type
        if field.type == FieldDescriptor.TYPE_STRING and not is_kept(field):
            fields.append((field.name, _Kind.TEXTS if field.is_repeated else _Kind.TEXT))
        elif message is not None and message.GetOptions().map_entry:
            if message.fields_by_name["value"].type == FieldDescriptor.TYPE_STRING:
                fields.append((field.name, _Kind.MAP))
        elif message is not None and _plan(message):
            fields.append((field.name, _Kind.MESSAGES if field.is_repeated else _Kind.MESSAGE))
    return tuple(fields)


def mask_request(message: Message) -> None:
    """Mask card numbers in place."""
    for name, kind in _plan(message.DESCRIPTOR):
        if kind is _Kind.TEXT:
            text: str = getattr(message, name)
            if len(text) >= SHORTEST and (masked := mask_cards(text)) != text:
                setattr(message, name, masked)
        elif kind is _Kind.MESSAGE:
            if message.HasField(name):
                mask_request(getattr(message, name))
        elif kind is _Kind.MESSAGES:
            for item in getattr(message, name):
                mask_request(item)
        else:
            _mask_in_place(getattr(message, name), kind)


def _mask_in_place(value: Any, kind: _Kind) -> None:
    """Mask the texts of a list, or the values of a map."""
    for key, text in list(value.items() if kind is _Kind.MAP else enumerate(value)):
        if len(text) >= SHORTEST and (masked := mask_cards(text)) != text:
            value[key] = masked
