"""The address that a contact can be answered on."""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.engine.identifiers import Item
from profile_service.identity.graph.model import Role

STATED = "STATED"
REPLY_NAMESPACES = {
    "voice": ("phone", "sip"),
    "sms": ("phone",),
    "rcs": ("phone",),
    "whatsapp": ("whatsapp", "phone"),
}
"""Which identifier a contact arrived on, where the namespace is not named as the channel is."""


def reply_address(channel: str, items: Sequence[Item]) -> tuple[str, str] | None:
    """Namespace and value of the customer's own identifier that the channel delivered from, or that we reached; never
    one that was typed."""
    reachable = REPLY_NAMESPACES.get(channel, (channel,))
    for item in items:
        if item.given.role is not Role.SUBJECT or item.given.method == STATED or item.namespace not in reachable:
            continue
        if item.key is not None and item.keyed is not None:
            return item.namespace, item.keyed.value
    return None
