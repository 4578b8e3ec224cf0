"""Card numbers are masked in every text of a request, and in no identifier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from profile_service import v1
from profile_service.rpc.boundary.masking import IDENTIFIERS, NAMES, PACKAGE, is_kept, mask_request
from profile_service.rpc.boundary.permissions import PERMISSIONS

CARD = "4111 1111 1111 1111"
METHODS = [method.rpartition("/")[2] for method in PERMISSIONS]


def fill(message: Message) -> None:
    """Write a card number into every text at any depth; of a oneof, the last field that has one stays."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            getattr(message, field.name)["name"] = CARD
        elif field.message_type is not None:
            value = getattr(message, field.name)
            fill(value.add() if field.is_repeated else value)
        elif field.type == FieldDescriptor.TYPE_STRING and field.is_repeated:
            getattr(message, field.name).append(CARD)
        elif field.type == FieldDescriptor.TYPE_STRING:
            setattr(message, field.name, CARD)


def unmasked(message: Message) -> Iterator[FieldDescriptor]:
    """The fields that still hold the number."""
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from (field for text in value.values() if CARD in text)
        elif field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                yield from unmasked(item)
        elif field.type == FieldDescriptor.TYPE_STRING and CARD in (value if field.is_repeated else [value]):
            yield field


@pytest.mark.parametrize("method", METHODS)
def test_every_text_of_a_request_is_masked(method: str) -> None:
    """By the descriptors, so that a new field is masked too; identifiers and keys stay as they are."""
    request = getattr(v1, f"{method}Request")()
    fill(request)
    mask_request(request)
    left = list(unmasked(request))
    assert all(is_kept(field) for field in left)
    names = {field.full_name.removeprefix(PACKAGE) for field in left} - IDENTIFIERS
    shown = {"name", "parent", "profile", "conversation", "continue_conversation", "correct_profile"} | NAMES
    assert {name.rpartition(".")[2] for name in names} <= shown
