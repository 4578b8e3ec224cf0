"""GetContext: the handoff context of a contact, or of the latest contact of a conversation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from profile_service.engine.caller import Caller
from profile_service.engine.contact.context import build_context, read_context
from profile_service.engine.contact.target import ContactTarget, contact_key
from profile_service.engine.contact.view import ContextView
from profile_service.engine.runtime import Runtime
from profile_service.store.queries.context import ContextQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a context that the caller still has was made of."""

    profile: str
    profile_revision: int
    stamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GetContext:
    """The request, without protobuf: `target` or `conversation`."""

    target: ContactTarget | None = None
    conversation: str | None = None
    automated: bool = True
    kept: Kept | None = None


async def get_context(runtime: Runtime, caller: Caller, request: GetContext) -> ContextView | None:
    """The context; None where the kept one is current, which is asked in the same round trip. Served from the primary,
    so every consistency is strong. Raises ContactNotFound, SourceDenied."""
    read, kept = _query(runtime, caller, request), request.kept
    asked = read if kept is None else replace(read, profile_revision=kept.profile_revision, stamp=kept.stamp)
    parts = await read_context(runtime, caller, asked)
    if parts.parts is None and kept is not None and kept.profile == parts.profile:
        return None
    if parts.parts is None:
        parts = await read_context(runtime, caller, read)
    return await build_context(runtime, caller, parts, automated=request.automated)


def _query(runtime: Runtime, caller: Caller, request: GetContext) -> ContextQuery:
    target = request.target
    if target is None:
        return ContextQuery(conversation_id=request.conversation)
    if target.contact_id is not None:
        return ContextQuery(contact_id=target.contact_id)
    return ContextQuery(key=contact_key(runtime, caller.tenant, target))
