"""An answer to a bot that it is not known who it is leaves at a tick: how long the service looked tells nothing of
whether a customer was found by what was claimed (D10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import Message

from profile_service.engine.caller import Caller
from profile_service.rpc.boundary.permissions import CONTACT, PROFILE
from profile_service.rpc.convert.fields import is_automated
from profile_service.v1 import Audience, Disclosure

TICK_S = 0.03
"""Longer than the service works on such a call (2 to 6 ms), by enough that both kinds fall into the first tick."""
PACED = frozenset(
    {f"{CONTACT}StartContact", f"{CONTACT}AddEvidence", f"{CONTACT}CheckAnswers", f"{PROFILE}LookupProfile"}
)
Behaviour = Callable[[Message, Any], Awaitable[Message]]


def paced(method: str, caller: Caller, behaviour: Behaviour) -> Behaviour:
    """The behaviour of a method, whose answers to claims leave at a tick."""
    if method not in PACED:
        return behaviour

    async def serve(request: Any, context: Any) -> Message:
        loop = asyncio.get_running_loop()
        began = loop.time()
        response: Any = await behaviour(request, context)
        if response.disclosure == Disclosure.DISCLOSURE_WITHHOLD and _is_a_claim_of_a_bot(request, caller):
            await asyncio.sleep(TICK_S - (loop.time() - began) % TICK_S)
        return response

    return serve


def _is_a_claim_of_a_bot(request: Any, caller: Caller) -> bool:
    """Whether something was claimed, and the answer is a bot's."""
    audience = getattr(request, "audience", Audience.AUDIENCE_AGENT)
    said = getattr(request, "identifiers", None) or getattr(request, "answers", None)
    return bool(said) and is_automated(caller, audience)
