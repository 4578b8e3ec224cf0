"""CheckAnswers: compare a customer's answers with what is known, without showing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.contact.levels import Levels
from profile_service.engine.contact.target import ContactTarget, require_contact
from profile_service.engine.idempotency import once
from profile_service.engine.runtime import Runtime
from profile_service.errors import ChecksExhausted
from profile_service.identity.contact.answers import answer_matches
from profile_service.identity.graph.model import Disclosure, NodeId, Role
from profile_service.identity.policy import RECORD_PREFIX, UNNAMED
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.contacts import KnownContact
from profile_service.store.queries.context import ContextParts, ContextQuery, Parts, read_parts
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.opened import Opener
from profile_service.store.queries.profiles import known_by
from profile_service.store.rows.profile import AnswerCheckRow

Records = Mapping[NodeId, NodeId]
"""Records, each with its core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswers:
    """The request, without protobuf."""

    target: ContactTarget
    request_id: str
    occur_time_us: int
    answers: Mapping[str, str]


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay answers: which answers matched."""

    verdicts: dict[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Which answers matched, and what that permits."""

    verdicts: Mapping[str, bool]
    attempts_left: int
    disclosure: Disclosure
    revision: int


async def check_answers(runtime: Runtime, caller: Caller, request: CheckAnswers) -> Checked:
    """Check answers in a contact. Idempotent by request_id.

    Raises ContactNotFound, SourceDenied, TimeInFuture, KeyReused, ChecksExhausted, Contention.
    """
    runtime.check_time("occur_time", request.occur_time_us)
    contact = await require_contact(runtime, caller, request.target, occur_time_us=request.occur_time_us)
    key = once(runtime, caller, request.request_id, contact.contact_id, dict(request.answers))

    name = contact.contact_id

    async def attempt(connection: Connection) -> Checked | None:
        # Checks of one contact wait for each other, so that no two of them both see the last attempt left.
        await graph.lock_keys(connection, [runtime.keyring.digest(caller.tenant, "checks", name)])
        replay = key.replay((await find(connection, caller.tenant, [Find(request=key.key)]))[0], Verdicts)
        read = (await read_parts(connection, caller.tenant, [ContextQuery(contact_id=name)]))[0]
        if read is None or read.parts is None:
            return None
        checks = read.parts.checks or ()
        if replay is not None:
            return _answer(runtime, caller, read.parts, replay.verdicts, 0)
        if sum(not check.matched for check in checks) >= runtime.tenant(caller).policy.checks_failed_max:
            raise ChecksExhausted
        found = await _compare(connection, runtime, caller, read, request.answers)
        verdicts = {attribute: bool(records) for attribute, records in found.items()}
        plan = _plan(runtime, caller, contact, request, found)
        key.write(plan, Verdicts(verdicts=verdicts))
        applied = (await graph.apply_plans(connection, caller.tenant, runtime.clock(), [plan]))[0]
        if applied.status is not PlanStatus.APPLIED:
            return None
        after = (await read_parts(connection, caller.tenant, [ContextQuery(contact_id=name)]))[0]
        if after is None or after.parts is None:
            return None
        return _answer(runtime, caller, after.parts, verdicts, applied.revision)

    return await runtime.persist(lambda: runtime.transact(caller.tenant, attempt))


def _plan(
    runtime: Runtime, caller: Caller, contact: KnownContact, request: CheckAnswers, found: Mapping[str, Records]
) -> Plan:
    """The checks, recorded by attribute, with the record whose value matched; never the answers. What fits the records
    of several cores tells none of them apart."""
    plan = runtime.plan(caller, {"contact": contact.contact_id, "attributes": sorted(found)})
    plan.touch_conversation(contact.conversation_id)
    for attribute, records in found.items():
        plan.add(
            AnswerCheckRow(
                check_id=runtime.new_id(),
                contact_id=contact.contact_id,
                attribute=attribute,
                matched=bool(records),
                node_id=min(records) if len(set(records.values())) == 1 else None,
                occur_time_us=request.occur_time_us,
            )
        )
    return plan


def _answer(
    runtime: Runtime,
    caller: Caller,
    parts: ContextParts,
    verdicts: Mapping[str, bool],
    revision: int,
) -> Checked:
    policy = runtime.tenant(caller).policy
    failed = sum(not check.matched for check in parts.checks or ())
    return Checked(
        verdicts=verdicts,
        attempts_left=max(0, policy.checks_failed_max - failed),
        disclosure=Levels(parts, policy, runtime.clock()).whole[0],
        revision=revision,
    )


async def _compare(
    connection: Connection, runtime: Runtime, caller: Caller, read: Parts, answers: Mapping[str, str]
) -> dict[str, Records]:
    """Compare with the profile that the contact stands under, or with the one that its claims find: the records whose
    value matches, of sources that may answer."""
    opener = Opener(runtime.keyring, caller.tenant)
    parts, profile = read.parts, read.profile
    if parts is not None and parts.me.anchor is None:
        claims = (claim for claim in parts.claims or () if claim.role is Role.SUBJECT)
        profiles = {claim.profile for claim in claims if claim.profile is not None}
        profile = next(iter(profiles)) if len(profiles) == 1 else profile
    sources = runtime.tenant(caller).policy.sources
    records = [
        node
        for node in (await known_by(connection, opener, [profile]))[profile]
        if sources.get(node.namespace.removeprefix(RECORD_PREFIX), UNNAMED).answers
    ]
    return {
        attribute: {
            record.node: record.core
            for record in records
            if attribute in record.attributes and answer_matches(attribute, answer, [record.attributes[attribute]])
        }
        for attribute, answer in answers.items()
    }
