"""Resource names, and the references to contacts."""

from __future__ import annotations

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
