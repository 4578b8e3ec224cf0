"""CheckAnswers: compare a customer's answers with what is known, without showing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from profile_service.errors import ChecksExhausted
from profile_service.identity.answers import answer_matches
from profile_service.identity.model import Disclosure
from profile_service.identity.resolution import disclose
from profile_service.store.contexts import Opener, Parts, Wanted, known_by
from profile_service.store.graph import Find
from profile_service.usecases.contacts import require_contact
from profile_service.usecases.once import once
from profile_service.usecases.read_context import contact_standing
from profile_service.usecases.runtime import Caller, Runtime
from profile_service.usecases.start_contact import ContactTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswers:
    """The request, without protobuf."""

    target: ContactTarget
    request_id: str
    occur_time_us: int
    answers: Mapping[str, str]


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
    key = once(runtime, caller, request.request_id, contact["contact_id"], dict(request.answers))

    async def attempt() -> Checked | None:
        replay = key.replay(await runtime.find(caller.tenant, Find(request=key.key)))
        parts = await runtime.contexts.submit(caller.tenant, Wanted(contact_id=contact["contact_id"]))
        if parts is None or parts.parts is None:
            return None
        checks = parts.parts["checks"] or []
        if replay is not None:
            return _answer(runtime, caller, parts.parts, checks, replay["verdicts"], 0)
        failed = sum(not matched for _, matched in checks)
        most = runtime.tenant(caller).policy.checks_failed_max
        if failed >= most:
            raise ChecksExhausted
        verdicts = await _compare(runtime, caller, parts, request.answers)
        return await write(parts, verdicts)

    async def write(parts: Parts, verdicts: Mapping[str, bool]) -> Checked | None:
        plan = runtime.plan(caller, {"contact": contact["contact_id"], "attributes": sorted(verdicts)})
        plan.touch_conversation(contact["conversation_id"])
        for attribute, matched in verdicts.items():
            plan.add(
                "answer_check",
                check_id=runtime.new_id(),
                contact_id=contact["contact_id"],
                attribute=attribute,
                matched=matched,
                occur_time_us=request.occur_time_us,
            )
        key.write(plan, {"verdicts": dict(verdicts)})
        applied = await runtime.apply(plan)
        if applied.status != "applied":
            return None
        held = parts.parts or {}
        checks = [*(held["checks"] or ()), *([name, matched] for name, matched in verdicts.items())]
        return _answer(runtime, caller, held, checks, verdicts, applied.revision)

    return await runtime.persist(attempt)


def _answer(
    runtime: Runtime,
    caller: Caller,
    parts: Mapping[str, Any],
    checks: list[Any],
    verdicts: Mapping[str, bool],
    revision: int,
) -> Checked:
    policy = runtime.tenant(caller).policy
    failed = sum(not matched for _, matched in checks)
    standing = contact_standing(parts["me"], parts["claims"] or [], checks)
    return Checked(
        verdicts=verdicts,
        attempts_left=max(0, policy.checks_failed_max - failed),
        disclosure=disclose(standing, policy)[0],
        revision=revision,
    )


async def _compare(runtime: Runtime, caller: Caller, read: Parts, answers: Mapping[str, str]) -> dict[str, bool]:
    """Compare with the profile that the contact stands under, or with the one that its claims find."""
    opener = Opener(runtime.keyring, caller.tenant)
    parts = read.parts or {}
    profile = read.profile
    if parts["me"]["anchor"] is None:
        found = {row["profile"] for row in parts["claims"] or () if row["role"] == 1 and row["profile"] is not None}
        profile = next(iter(found)) if len(found) == 1 else profile
    rows = (await known_by(runtime.database, opener, [profile]))[profile]
    return {
        attribute: answer_matches(
            attribute, answer, [row["attributes"][attribute] for row in rows if attribute in row["attributes"]]
        )
        for attribute, answer in answers.items()
    }
