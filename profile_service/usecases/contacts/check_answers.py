"""CheckAnswers: compare a customer's answers with what is known, without showing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.contact.answered import (
    Binding,
    identified_by,
    write_bound,
    write_checks,
    write_identified,
)
from profile_service.engine.contact.comparison import Comparison, read_comparison
from profile_service.engine.contact.levels import Levels
from profile_service.engine.contact.refolding import refold
from profile_service.engine.contact.target import ContactTarget, require_contact
from profile_service.engine.graph.evidence import RECORD_CHANNEL
from profile_service.engine.idempotency import Once, once
from profile_service.engine.identifiers import Given, identify, origin_of
from profile_service.engine.runtime import Runtime
from profile_service.errors import ChecksExhausted
from profile_service.identity.contact.checks import Judged, Verdict, are_exhausted, judge_answers
from profile_service.identity.contact.disclosure import as_a_bot_is_told
from profile_service.identity.graph.model import Disclosure, Role
from profile_service.store.database import Connection
from profile_service.store.plan import Plan, PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.contacts import KnownContact
from profile_service.store.queries.context import ContextQuery, read_parts
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.parts import ContextParts


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
    call = _Call(runtime=runtime, caller=caller, request=request, contact=contact, once=key)
    return await runtime.persist(lambda: runtime.transact(caller.tenant, call.attempt))


@dataclass(slots=True)
class _Call:
    runtime: Runtime
    caller: Caller
    request: CheckAnswers
    contact: KnownContact
    once: Once

    async def attempt(self, connection: Connection) -> Checked | None:
        runtime, caller, name = self.runtime, self.caller, self.contact.contact_id
        await _wait_for_others(connection, runtime, caller, [name])
        found = (await find(connection, caller.tenant, [Find(request=self.once.key)]))[0]
        replay = self.once.replay(found, Verdicts)
        parts = await self.parts(connection)
        if parts is None:
            return None
        if replay is not None:
            return self.answer(parts, replay.verdicts, 0)
        compared = await self.compared(connection, parts)
        if are_exhausted(compared.records, compared.failed, compared.policy):
            raise ChecksExhausted(compared.retry_s(runtime.clock()))
        answers = _keyed(runtime, caller, self.request.answers)
        judged = judge_answers(answers, compared.records, compared.failed, compared.policy)
        revision = await self.write(connection, parts, compared, judged)
        after = None if revision is None else await self.parts(connection)
        if after is None or revision is None:
            return None
        return replace(self.answer(after, judged.verdicts, revision), attempts_left=compared.left(judged))

    async def parts(self, connection: Connection) -> ContextParts | None:
        query = ContextQuery(contact_id=self.contact.contact_id)
        read = (await read_parts(connection, self.caller.tenant, [query]))[0]
        return None if read is None else read.parts

    async def compared(self, connection: Connection, parts: ContextParts) -> Comparison:
        """What the answers are compared with, once nobody else guesses about the same customers."""
        runtime, caller, me = self.runtime, self.caller, parts.me
        named = me.anchor if me.corrected else None
        first = await read_comparison(connection, runtime, caller, me.id, named)
        await _wait_for_others(connection, runtime, caller, sorted(first.ties))
        return await read_comparison(connection, runtime, caller, me.id, named)

    async def write(
        self, connection: Connection, parts: ContextParts, compared: Comparison, judged: Judged
    ) -> int | None:
        """Record the verdicts, and what follows from them: whose contact it is, and what is bound; the revision."""
        runtime, caller, request = self.runtime, self.caller, self.request
        plan = self.plan(judged)
        write_checks(plan, runtime, self.contact.contact_id, compared, judged, request.occur_time_us)
        self.once.write(plan, Verdicts(verdicts=dict(judged.verdicts)))
        identified = identified_by(parts.opened_here.answers, compared, judged, runtime.clock())
        if identified is None:
            applied = (await graph.apply_plans(connection, caller.tenant, runtime.clock(), [plan]))[0]
            return applied.revision if applied.status is PlanStatus.APPLIED else None
        write_identified(plan, self.contact, parts.me, identified, request.occur_time_us)
        binding = Binding(self.contact, identified, request.occur_time_us)
        revision = await write_bound(connection, runtime, caller, plan, binding)
        name = self.contact.contact_id
        if revision is None or identified.profile == parts.me.profile:
            return revision
        return revision if await refold(connection, runtime, caller, [name], own=name) else None

    def plan(self, judged: Judged) -> Plan:
        asked = [name for name, verdict in judged.verdicts.items() if verdict is not Verdict.NOT_CHECKED]
        plan = self.runtime.plan(self.caller, {"contact": self.contact.contact_id, "attributes": sorted(asked)})
        plan.touch_conversation(self.contact.conversation_id)
        plan.touch_profile(self.contact.profile_id)
        return plan

    def answer(self, parts: ContextParts, verdicts: Mapping[str, Verdict], revision: int) -> Checked:
        """The answer to a replay, which says nothing of what is left."""
        runtime, caller = self.runtime, self.caller
        automated = caller.role is CallerRole.AUTOMATED
        levels = Levels(parts, runtime.tenant(caller).policy, runtime.clock(), automated)
        disclosure, reason = levels.whole
        if automated:
            disclosure, _ = as_a_bot_is_told(disclosure, reason)
        return Checked(verdicts=verdicts, attempts_left=0, disclosure=disclosure, revision=revision)


async def _wait_for_others(connection: Connection, runtime: Runtime, caller: Caller, about: Sequence[str]) -> None:
    """Checks of one contact, and then of the same cores, wait for each other: no two of them both see the last attempt
    that is left."""
    await graph.lock_keys(connection, [runtime.keyring.digest(caller.tenant, "checks", name) for name in about])


def _keyed(runtime: Runtime, caller: Caller, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers, of which identifiers are keyed as those on file are; one that is none fits nothing."""
    policy, keyed = runtime.tenant(caller).policy, dict(answers)
    for name in answers.keys() & policy.points.keys():
        if policy.registered(name):
            given = Given(namespace=name, value=answers[name], role=Role.SUBJECT)
            (item,) = identify(runtime.keyring, origin_of(runtime, caller, RECORD_CHANNEL, ""), [given])
            keyed[name] = "" if item.key is None else item.key.hex()
    return keyed
