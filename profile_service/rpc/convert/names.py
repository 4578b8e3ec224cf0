"""Resource names, and the references to contacts."""

from __future__ import annotations

from typing import Any

from profile_service.engine.access import Reading
from profile_service.engine.contact.target import ContactTarget
from profile_service.v1 import (
    ContactReference,
)


def target_of(message: ContactReference) -> ContactTarget:
    """A contact by name or by the platform's key."""
    if message.HasField("name"):
        return ContactTarget(contact_id=uuid_of(message.name))
    return ContactTarget(source=message.source_key.source, source_contact_id=message.source_key.id)


def contact_name(conversation: str, contact: str) -> str:
    """The resource name of a contact."""
    return f"conversations/{conversation}/contacts/{contact}"


def uuid_of(name: str) -> str:
    """The last part of a resource name."""
    return name.rpartition("/")[2]


def optional_target(message: Any) -> ContactTarget | None:
    """The contact that a request names, where it names one."""
    return target_of(message.contact) if message.HasField("contact") else None


def reading_of(message: Any) -> Reading:
    """Why a request reads a customer."""
    return Reading(contact=optional_target(message), purpose=message.purpose)


def reading_key(reading: Reading) -> list[str | None]:
    """What a page token is bound to of it."""
    contact = reading.contact
    named = [] if contact is None else [contact.contact_id, contact.source, contact.source_contact_id]
    return [*named, reading.purpose]
