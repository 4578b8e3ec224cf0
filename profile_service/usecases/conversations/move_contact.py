"""MoveContact: a contact stands where another does, or on its own."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.contact.acting import Acted, Acting, act
from profile_service.engine.runtime import Runtime


async def move_contact(runtime: Runtime, caller: Caller, request: Acting) -> Acted:
    """Obey a person's word, or take it back. Raises as act."""
    return await act(runtime, caller, request)
