"""CheckAnswers: compare a customer's answers with what is known, without showing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.levels import Levels
from profile_service.engine.contact.target import ContactTarget, require_contact
from profile_service.engine.graph.evidence import RECORD_CHANNEL
from profile_service.engine.idempotency import once
from profile_service.engine.identifiers import Given, identify, origin_of
from profile_service.engine.runtime import Runtime
from profile_service.errors import ChecksExhausted
from profile_service.identity.contact.checks import Answerable, Judged, Verdict, are_exhausted, judge_answers
from profile_service.identity.contact.disclosure import as_a_bot_is_told
from profile_service.identity.graph.model import Assurance, Disclosure, NodeId, Role
from profile_service.identity.policy import DAY_US, RECORD_PREFIX, UNNAMED, Policy
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.contacts import KnownContact
from profile_service.store.queries.context import ContextParts, ContextQuery, read_parts
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.opened import Opener
from profile_service.store.queries.profiles import Known, failed_checks, known_by
from profile_service.store.rows.profile import AnswerCheckRow


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswers:
    """The request, without protobuf."""

    target: ContactTarget
    request_id: str
    occur_time_us: int
    answers: Mapping[str, str]


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay answers: what came of each answer."""

    verdicts: dict[str, Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of each answer, and what that permits."""

    verdicts: Mapping[str, Verdict]
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
        await _wait_for_others(connection, runtime, caller, name)
        replay = key.replay((await find(connection, caller.tenant, [Find(request=key.key)]))[0], Verdicts)
        read = (await read_parts(connection, caller.tenant, [ContextQuery(contact_id=name)]))[0]
        if read is None or read.parts is None:
            return None
        if replay is not None:
            return _answer(runtime, caller, read.parts, replay.verdicts, 0)
        await _wait_for_others(connection, runtime, caller, _in_question(read.parts) or name)
        compared = await _Comparison.of(connection, runtime, caller, read.parts)
        if are_exhausted(compared.records, compared.failed, compared.policy):
            raise ChecksExhausted
        answers = _keyed(runtime, caller, request.answers)
        judged = judge_answers(answers, compared.records, compared.failed, compared.policy)
        plan = _plan(runtime, caller, contact, request, judged, compared.worth)
        key.write(plan, Verdicts(verdicts=dict(judged.verdicts)))
        applied = (await graph.apply_plans(connection, caller.tenant, runtime.clock(), [plan]))[0]
        if applied.status is not PlanStatus.APPLIED:
            return None
        after = (await read_parts(connection, caller.tenant, [ContextQuery(contact_id=name)]))[0]
        if after is None or after.parts is None:
            return None
        left = compared.left(judged)
        return replace(_answer(runtime, caller, after.parts, judged.verdicts, applied.revision), attempts_left=left)

    return await runtime.persist(lambda: runtime.transact(caller.tenant, attempt))


async def _wait_for_others(connection: Connection, runtime: Runtime, caller: Caller, about: str) -> None:
    """Checks of one contact, and then of one customer, wait for each other: no two of them both see the last attempt
    that is left."""
    await graph.lock_keys(connection, [runtime.keyring.digest(caller.tenant, "checks", about)])


def _plan(
    runtime: Runtime, caller: Caller, contact: KnownContact, request: CheckAnswers, judged: Judged, worth: Assurance
) -> Plan:
    """The checks, recorded by attribute, with the records that they are about; never the answers."""
    asked = [name for name, verdict in judged.verdicts.items() if verdict is not Verdict.NOT_CHECKED]
    plan = runtime.plan(caller, {"contact": contact.contact_id, "attributes": sorted(asked)})
    plan.touch_conversation(contact.conversation_id)
    plan.touch_profile(contact.profile_id)
    found = [(attribute, True, node) for attribute, node in judged.matched.items()]
    found += [(attribute, False, node) for attribute, nodes in judged.failed.items() for node in nodes]
    for attribute, matched, node in found:
        plan.add(
            AnswerCheckRow(
                check_id=runtime.new_id(),
                contact_id=contact.contact_id,
                attribute=attribute,
                matched=matched,
                node_id=node,
                worth=worth,
                occur_time_us=request.occur_time_us,
            )
        )
    return plan


def _answer(
    runtime: Runtime, caller: Caller, parts: ContextParts, verdicts: Mapping[str, Verdict], revision: int
) -> Checked:
    """The answer to a replay, which says nothing of what is left."""
    disclosure, reason = Levels(parts, runtime.tenant(caller).policy, runtime.clock()).whole
    if caller.role is CallerRole.AUTOMATED:
        disclosure, _ = as_a_bot_is_told(disclosure, reason)
    return Checked(verdicts=verdicts, attempts_left=0, disclosure=disclosure, revision=revision)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """What answers are compared with: the records of the customer under whom the contact stands, or whom its claims
    find, of sources that may answer; and how many answers failed within a day, by core."""

    policy: Policy
    records: Sequence[Answerable]
    failed: Mapping[NodeId, int]
    worth: Assurance

    @classmethod
    async def of(cls, connection: Connection, runtime: Runtime, caller: Caller, parts: ContextParts) -> _Comparison:
        """What a contact's answers are compared with. Those that a bot was given on a claim, with nothing."""
        policy, profile = runtime.tenant(caller).policy, _in_question(parts)
        worth = Assurance.CLAIMED if parts.me.anchor is None else parts.me.assurance
        records: list[Answerable] = []
        if profile is not None and (worth > Assurance.CLAIMED or caller.role is not CallerRole.AUTOMATED):
            opener = Opener(runtime.keyring, caller.tenant)
            nodes = (await known_by(connection, opener, [profile]))[profile]
            records = [
                Answerable(node=known.node, core=known.core, values={**_keys_of(known.core, nodes), **known.attributes})
                for known in nodes
                if policy.sources.get(known.namespace.removeprefix(RECORD_PREFIX), UNNAMED).answers
            ]
        since_us = runtime.clock() - DAY_US
        about = [record.node for record in records]
        times = await failed_checks(connection, caller.tenant, about, worth, since_us) if about else {}
        failed = Counter[NodeId]()
        for record in records:
            failed[record.core] += times.get(record.node, 0)
        return cls(policy=policy, records=records, failed=failed, worth=worth)

    def left(self, judged: Judged) -> int:
        """How many more answers may fail about the customer today."""
        most = max((self.failed.get(record.core, 0) for record in self.records), default=0)
        return max(0, self.policy.checks_per_day - most - len(judged.failed))


def _keys_of(core: NodeId, nodes: Sequence[Known]) -> dict[str, str]:
    """The identifiers of a core by their namespaces, as keys: an account is an answer too."""
    return {known.namespace: known.key for known in nodes if known.core == core}


def _keyed(runtime: Runtime, caller: Caller, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers, of which identifiers are keyed as those on file are; one that is none fits nothing."""
    policy, keyed = runtime.tenant(caller).policy, dict(answers)
    for name in answers.keys() & policy.points.keys():
        if policy.registered(name):
            given = Given(namespace=name, value=answers[name], role=Role.SUBJECT)
            (item,) = identify(runtime.keyring, origin_of(runtime, caller, RECORD_CHANNEL, ""), [given])
            keyed[name] = "" if item.key is None else item.key.hex()
    return keyed


def _in_question(parts: ContextParts) -> str | None:
    if parts.me.anchor is not None:
        return parts.me.profile
    claims = (claim for claim in parts.claims or () if claim.role is Role.SUBJECT)
    profiles = {claim.profile for claim in claims if claim.profile is not None}
    return next(iter(profiles)) if len(profiles) == 1 else None
