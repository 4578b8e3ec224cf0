"""Which conversation a contact goes on in, of what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from profile_service.engine.caller import Caller
from profile_service.engine.contact.start import StartContact
from profile_service.engine.contact.target import contact_key
from profile_service.engine.contact.transfer import is_one_desk
from profile_service.engine.contact.verdict import Verdict
from profile_service.engine.graph.evidence import Standing
from profile_service.engine.runtime import Runtime
from profile_service.errors import ConversationNotFound
from profile_service.identity.contact.acts import LEGS
from profile_service.identity.contact.model import Initiation
from profile_service.identity.contact.threads import (
    How,
    Joining,
    Named,
    OpenConversation,
    Thread,
    Threading,
    choose_thread,
)
from profile_service.identity.graph.model import ProfileId
from profile_service.identity.policy import Policy
from profile_service.store.queries.found import Found, FoundConversation

IsDesk = Callable[[str], bool]
"""Whether a source is of one desk with the contact's."""


def thread_of(found: Found, verdict: Verdict, standing: Standing, joining: Joining, desk: tuple[str, IsDesk]) -> Thread:
    """The conversation that the caller names, that of the previous contact, one that a reference names, or the
    customer's. Raises ConversationNotFound where the caller names one that there is none of."""
    if joining.threading is Threading.CONTINUE and not any(not known.by_reference for known in found.named):
        raise ConversationNotFound
    profile = verdict.resolution.profile
    owners = {profile} | {
        standing.before.get(node) for node, state in standing.states.items() if state.profile == profile
    }
    latest = sorted(found.conversations, key=lambda known: known.start_time_us or 0, reverse=True)
    own = [open_conversation(known) for known in latest if profile and known.profile in owners]
    return choose_thread(joining, _named(found, desk, owners, profile), own)


def _named(
    found: Found, desk: tuple[str, IsDesk], owners: set[ProfileId | None], profile: ProfileId | None
) -> Iterator[Named]:
    """What names a conversation; who is one customer with this one from now on counts as this one."""
    source, is_desk = desk

    def customer(owner: ProfileId | None) -> ProfileId | None:
        return profile if owner is not None and owner in owners else owner

    if (carried := found.carried) is not None:
        yield Named(
            id=carried.conversation,
            how=How.CODE,
            channel=carried.channel,
            customer=customer(carried.owner),
            one_desk=True,
            one_source=False,
            ruled_out=frozenset(carried.ruled_out),
        )
    for before in found.previous:
        yield Named(
            id=before.conversation,
            how=How.PREVIOUS,
            channel=before.channel,
            customer=customer(before.owner or before.profile),
            one_desk=is_desk(before.source),
            one_source=before.source == source,
            ruled_out=frozenset(before.ruled_out),
        )
    for known in found.named:
        yield Named(
            id=known.id,
            how=How.REFERENCE if known.by_reference else How.CONTINUE,
            channel=known.channel or "",
            customer=customer(known.owner),
            one_desk=any(map(is_desk, known.sources)),
            one_source=source in known.sources,
            ruled_out=frozenset(known.ruled_out),
        )


def joining_of(request: StartContact, policy: Policy, verdict: Verdict) -> Joining:
    """A contact that starts, as it looks for its conversation."""
    return Joining(
        threading=request.threading,
        brand=request.brand,
        channel=request.channel,
        start_time_us=request.occur_time_us,
        within=policy.continue_within,
        customer=verdict.resolution.profile,
        is_leg=request.initiation in LEGS,
        is_bulk=request.initiation is Initiation.CAMPAIGN,
    )


ContactNamed = tuple[How, bytes, bool]


def names_of(runtime: Runtime, caller: Caller, request: StartContact, found: Found) -> Iterator[ContactNamed]:
    """The contacts that one names: how, the key, and whether their sources are one desk. One of a source that the
    caller does not cover is not named, but by a carry-over code, which chains as a desk does."""
    policy, known = runtime.tenant(caller).policy, {before.id: before for before in found.previous}

    def is_desk(source: str) -> bool:
        return is_one_desk(caller, policy, request.source, source)

    for named in found.named:
        if not named.by_reference and named.key is not None:
            yield How.CONTINUE, named.key, is_desk(named.source or "")
    if found.carried is not None:
        yield How.CODE, found.carried.key, True
    for target in request.previous:
        before = known.get(target.contact_id or "")
        if before is not None:
            yield How.PREVIOUS, before.key, is_desk(before.source)
        elif target.contact_id is None and caller.covers(target.source):
            yield How.PREVIOUS, contact_key(runtime, caller.tenant, target), is_desk(target.source)


def code_of(runtime: Runtime, caller: Caller, request: StartContact) -> tuple[bytes, int] | None:
    """The carry-over code that a contact presents, keyed, and as of when it has to hold."""
    code = request.carry_over_code
    return None if code is None else (code_key(runtime, caller.tenant, code), request.occur_time_us)


def code_key(runtime: Runtime, tenant: str, code: str) -> bytes:
    """The keyed hash of a carry-over code."""
    return runtime.keyring.digest(tenant, "carry-over code", code)


def open_conversation(known: FoundConversation) -> OpenConversation:
    """A conversation that was found."""
    return OpenConversation(
        id=known.id,
        brand=known.brand,
        last_time_us=known.last_time_us,
        channel=known.channel or "",
        is_bulk=bool(known.is_bulk),
    )
