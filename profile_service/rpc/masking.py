"""Payment card numbers are masked in every text of a request, before anything else sees it.

What is not to be masked is named here; a text that a later proto adds is masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from profile_service.identity.cards import mask_cards

PACKAGE = "profile_service.v1."
KEPT = frozenset(
    {
        "Identifier.value",
        "Identifier.scope",
        "SourceKey.id",
        "ExternalReference.value",  # never stored or shown; one that holds a card number is dropped
        "ListInteractionsRequest.page_token",
        "ListProfileInteractionsRequest.page_token",
        "ListReviewsRequest.page_token",
        "SimulatePolicyRequest.policy",
        "SimulatePolicyRequest.model",
    }
)
"""Values of identifiers and keys, and texts that no customer writes."""


def mask_request(message: Message) -> None:
    """Mask card numbers in place."""
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_STRING:
            if not _is_kept(field):
                _mask_texts(message, field.name, value)
        elif field.message_type is None:
            continue
        elif field.message_type.GetOptions().map_entry:
            _mask_map(value)
        elif field.is_repeated:
            for item in value:
                mask_request(item)
        else:
            mask_request(value)


def _mask_texts(message: Message, name: str, value: object) -> None:
    if isinstance(value, str):
        if (masked := mask_cards(value)) != value:
            setattr(message, name, masked)
        return
    texts = getattr(message, name)
    for place, text in enumerate(texts):
        texts[place] = mask_cards(text)


def _mask_map(held: Mapping[str, object]) -> None:
    changed = {name: mask_cards(value) for name, value in held.items() if isinstance(value, str)}
    for name, masked in changed.items():
        if masked != held[name]:
            held[name] = masked  # pyright: ignore[reportIndexIssue] # a map field of a message


@lru_cache(maxsize=1024)
def _is_kept(field: FieldDescriptor) -> bool:
    return field.full_name.removeprefix(PACKAGE) in KEPT
