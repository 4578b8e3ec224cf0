"""LookupProfile: find by identifiers with no effect; hit and miss have the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profile_service.engine.budgets import spend
from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.graph.evidence import Evidence, find_keys, known_standing
from profile_service.engine.identifiers import Given, identify, origin_of
from profile_service.engine.matching.likelihood import probabilities, question
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.disclosure import Opened, Standing, disclose
from profile_service.identity.contact.questions import Ask
from profile_service.identity.contact.resolution import CANDIDATES_MAX, Resolution, resolve_contact
from profile_service.identity.graph.model import Disclosure, ProfileId
from profile_service.store.queries.find import Find
from profile_service.store.queries.profiles import guarded_among

BUDGETED = frozenset({CallerRole.AGENT, CallerRole.AUTOMATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The answer: candidates with the namespaces that found them, and how likely each is."""

    disclosure: Disclosure
    candidates: Sequence[tuple[str, Sequence[str], float]]
    ask: Ask | None


async def lookup_profile(
    runtime: Runtime, caller: Caller, given: Sequence[Given], *, as_of_us: int | None, region: str, automated: bool
) -> Looked:
    """Look identifiers up as of a time; an agent or a bot so often an hour, whether they are found or not.

    Raises NotRegistered, BudgetSpent.
    """
    tenant = runtime.tenant(caller)
    if caller.role in BUDGETED:
        await spend(runtime, caller, "misses", tenant.policy.misses_per_hour)
    items = identify(runtime.keyring, origin_of(runtime, caller, "record", "", region=region), given)
    if automated:  # who is told nothing either way takes no time that tells (D10)
        note_read(runtime, caller, {"lookup": len(items), "profiles": []})
        return Looked(disclosure=Disclosure.WITHHOLD, candidates=(), ask=None)
    as_of = runtime.clock() if as_of_us is None else as_of_us
    found = await runtime.find(caller.tenant, Find(keys=find_keys(items, as_of)))
    evidence = Evidence(subject="", items=items, channel="record", occur_time_us=as_of)
    standing = known_standing(evidence, found)
    resolution = resolve_contact(standing.presented, standing.states, tenant.policy)
    note_read(runtime, caller, {"lookup": len(items), "profiles": _named(resolution)})
    candidates = await _shown(runtime, caller, resolution, sorted({item.namespace for item in items}))
    disclosure = _disclosure(resolution) if candidates else Disclosure.WITHHOLD
    listed = [profile for profile, _ in candidates]
    likely = await probabilities(runtime, caller, items, found, listed, runtime.reader(caller))
    ranked = sorted(candidates, key=lambda candidate: -likely.get(candidate[0], 0.0))
    is_open = len(ranked) > 1 or disclosure is Disclosure.VERIFY_FIRST
    return Looked(
        disclosure=disclosure,
        candidates=[(str(profile), list(found_by), likely.get(profile, 0.0)) for profile, found_by in ranked],
        ask=await question(runtime, caller, [str(profile) for profile in listed]) if is_open else None,
    )


def _disclosure(resolution: Resolution) -> Disclosure:
    """What may be said of whom a look-up found: no contact, no proof, and nothing is open."""
    stands = Standing(
        profile=resolution.profile,
        candidates=len(resolution.candidates),
        shared=resolution.shared,
        ambiguous=resolution.ambiguous,
    )
    return disclose(stands, Opened(), is_news=False)[0]


async def _shown(
    runtime: Runtime, caller: Caller, resolution: Resolution, names: Sequence[str]
) -> Sequence[tuple[ProfileId, Sequence[str]]]:
    """Whom a look-up may show, with what found them: of guarded customers an agent learns nothing."""
    found: Sequence[tuple[ProfileId, Sequence[str]]] = resolution.candidates[:CANDIDATES_MAX]
    if resolution.profile is not None:
        found = [(resolution.profile, names)]
    if caller.role not in BUDGETED:
        return found
    guarded = await guarded_among(runtime.database, caller.tenant, [profile for profile, _ in found])
    return [candidate for candidate in found if candidate[0] not in guarded]


def _named(resolution: Resolution) -> list[str]:
    """The customers whom a look-up found."""
    found = {str(profile) for profile, _ in resolution.candidates}
    return sorted(found | {str(resolution.profile)} if resolution.profile else found)
