"""RecordConsent: an appended fact per purpose, channel and brand (I16)."""

from __future__ import annotations

from dataclasses import dataclass

from profile_service.engine.access import Reading, reading_contact
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.context import context_of
from profile_service.engine.contact.target import ContactTarget
from profile_service.engine.graph.evidence import find_keys
from profile_service.engine.graph.rows import write_fresh
from profile_service.engine.idempotency import Done, once
from profile_service.engine.identifiers import Given, Item, one_identifier
from profile_service.engine.runtime import Runtime
from profile_service.errors import ProfileNotFound, PurposeNeeded
from profile_service.identity.graph.model import Assurance, GraphNode, Node, NodeId, Role
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries.contacts import read_brought
from profile_service.store.queries.find import Find
from profile_service.store.rows.profile import ConsentRow
from profile_service.usecases.profiles.update_profile import require_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsent:
    """The request, without protobuf. `given` names the customer where `profile` does not; `contact`: where it was
    said."""

    request_id: str
    occur_time_us: int
    purpose: str
    granted: bool
    channel: str = ""
    brand: str = ""
    profile: str | None = None
    given: Given | None = None
    contact: ContactTarget | None = None


async def record_consent(runtime: Runtime, caller: Caller, request: RecordConsent) -> int:
    """Append a consent; answers the revision. It takes no etag. Idempotent by request_id.

    Raises ProfileNotFound, ProfileSplit, ProfileWithoutIdentifier, IdentifierUnusable, TimeInFuture, KeyReused,
    ContactNotFound, PurposeNeeded.
    """
    await _require_may_say(runtime, caller, request)
    runtime.check_time("consent.occur_time", request.occur_time_us)
    asked = [request.purpose, request.granted, request.channel, request.brand, request.profile]
    given = request.given
    named = None if given is None else [given.namespace, given.value, given.scope]
    key = once(runtime, caller, request.request_id, asked, named)

    async def attempt() -> int | None:
        replay = key.replay(await runtime.find(caller.tenant, Find(request=key.key)), Done)
        if replay is not None:
            return replay.revision
        subject: dict[str, object] = {"consent": request.purpose, "granted": request.granted}
        plan = runtime.plan(caller, subject)
        node, worth = await _consent_node(runtime, caller, request, plan)
        if node is None:
            return None
        subject["node"] = node
        plan.add(
            ConsentRow(
                consent_id=runtime.new_id(),
                node_id=node,
                purpose=request.purpose,
                channel=request.channel,
                brand=request.brand,
                granted=request.granted,
                worth=worth,
                occur_time_us=request.occur_time_us,
            )
        )
        key.write(plan, Done(revision=runtime.clock()))
        applied = await runtime.apply(plan)
        return applied.revision if applied.status is PlanStatus.APPLIED else None

    return await runtime.persist(attempt)


async def _require_may_say(runtime: Runtime, caller: Caller, request: RecordConsent) -> None:
    """Agents say in which contact of theirs; automated callers name no customer."""
    if caller.role is CallerRole.AGENT and request.contact is None:
        raise PurposeNeeded
    if request.contact is not None:
        await reading_contact(runtime, caller, request.contact)
    if request.profile is not None and caller.role is CallerRole.AUTOMATED:
        raise ProfileNotFound


async def _consent_node(
    runtime: Runtime, caller: Caller, request: RecordConsent, plan: Plan
) -> tuple[str | None, Assurance]:
    """The node that the consent hangs on, and how well it is shown that its customer said so; an identifier that nobody
    has used yet is remembered for it."""
    if request.profile is not None:
        profile = await require_profile(
            runtime, caller, request.profile, Reading(contact=request.contact, purpose="consent")
        )
        if profile.view is not None:
            plan.touch_profile(profile.view.id)
        return profile.founder, await _said_by_name(runtime, caller, request.contact)
    if request.given is None:
        raise ProfileNotFound
    item = one_identifier(runtime, caller, request.given, "identifier.value")
    found = await runtime.find(caller.tenant, Find(keys=find_keys([item], request.occur_time_us)))
    node = found.nodes.get(0)
    if node is None:
        return _remember(runtime, plan, item, request.occur_time_us), item.assurance
    if node.profile is not None:
        plan.touch_profile(node.profile)
    return node.id, await _said_in(runtime, caller, request.contact, node.id) or item.assurance


async def _said_by_name(runtime: Runtime, caller: Caller, target: ContactTarget | None) -> Assurance:
    """What it is worth that a caller names the customer: of an agent what the contact has opened, of a service whether
    the policy names a source of its own for consents; stewards decide."""
    if caller.role is CallerRole.AGENT and target is not None:
        contact = await reading_contact(runtime, caller, target)
        shown = await context_of(runtime, caller, contact.contact_id, automated=False)
        proved = shown.until_us is not None
    elif caller.role is CallerRole.SERVICE:
        sources = runtime.tenant(caller).policy.sources
        proved = any(rules.consents and caller.covers(name) for name, rules in sources.items())
    else:
        proved = caller.role is not CallerRole.AUTOMATED
    return min(caller.cap, Assurance.VERIFIED if proved else Assurance.OBSERVED)


async def _said_in(runtime: Runtime, caller: Caller, target: ContactTarget | None, node: NodeId) -> Assurance | None:
    """What the contact in which it was said proved of the identifier, where it proved more than a claim."""
    if target is None:
        return None
    contact = await reading_contact(runtime, caller, target)
    async with runtime.database.acquire(caller.tenant) as connection:
        brought = await read_brought(connection, caller.tenant, contact.contact_id)
    proved = [
        identifier.assurance for identifier in brought if identifier.node_id == node and identifier.role is Role.SUBJECT
    ]
    return max(proved, default=None)


def _remember(runtime: Runtime, plan: Plan, item: Item, time_us: int) -> str | None:
    if item.key is None or item.keyed is None:
        return None
    node = Node(id=NodeId(runtime.new_id()), key=item.key, namespace=item.namespace, scope=item.keyed.scope)
    write_fresh(plan, item, GraphNode(node=node), time_us)
    return node.id
