"""SplitConversation: contacts stand together on their own."""

from __future__ import annotations

from profile_service.engine.caller import Caller
from profile_service.engine.contact.acting import Acted, Acting, act
from profile_service.engine.runtime import Runtime


async def split_conversation(runtime: Runtime, caller: Caller, request: Acting) -> Acted:
    """Obey a person's word, or take it back. Raises as act."""
    return await act(runtime, caller, request)
