"""What customers are known by, and the question that would tell several apart or prove the only one."""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.engine.contact.standing import latest_answer
from profile_service.engine.profile import ProfileView
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.answers import canonical_answer
from profile_service.identity.contact.questions import Ask, proving_question, separating_question
from profile_service.identity.graph.model import Assurance
from profile_service.identity.limits import CONTEXT
from profile_service.identity.policy import Policy
from profile_service.store.queries.opened import Opener
from profile_service.store.queries.parts import ContextParts, StoredPoint
from profile_service.store.queries.profiles import Known, guarded_among, known_by

Candidates = Sequence[tuple[str, Sequence[str], float]]
"""Profile, the namespaces that found it, how likely it is."""


def known_of(nodes: Sequence[StoredPoint], profile: ProfileView | None) -> dict[str, frozenset[str]]:
    known: dict[str, frozenset[str]] = {row.namespace: frozenset({row.id}) for row in nodes}
    for survivor in profile.golden if profile else ():
        known[survivor.attribute] = frozenset({survivor.value})
    return known


async def likely_candidates(
    runtime: Runtime, opener: Opener, parts: ContextParts, policy: Policy
) -> tuple[Candidates, Ask | None]:
    """Who it may be, but for customers who are guarded, and the question that would tell. Ranked as the resolution
    ranked them."""
    listed: Candidates = latest_answer(parts.me).candidates[: CONTEXT.candidates]
    if listed:
        guarded = await guarded_among(runtime.database, opener.tenant, [profile for profile, _, _ in listed])
        listed = [candidate for candidate in listed if candidate[0] not in guarded]
    if not listed:
        return (), None
    known = await known_by(runtime.database, opener, [profile for profile, _, _ in listed])
    facts, asked = [canonical_knowledge(nodes) for nodes in known.values()], asked_of(parts, policy)
    if len(facts) > 1:
        brought = asked.union(claim.namespace for claim in parts.claims or ())
        return listed, separating_question(facts, policy, brought)
    return listed, proving_question(facts[0], asked, policy)


def asked_of(parts: ContextParts, policy: Policy) -> frozenset[str]:
    """What the contact was asked, whether rightly answered or not, what it proved, and what may be asked and it
    said."""
    said = {
        claim.namespace
        for claim in parts.claims or ()
        if claim.assurance is Assurance.VERIFIED or claim.namespace in policy.points
    }
    return frozenset(said | {check.attribute for check in parts.checks or ()})


def canonical_knowledge(nodes: Sequence[Known]) -> dict[str, frozenset[str]]:
    """What a candidate is known by: namespace or attribute -> canonical values."""
    known: dict[str, set[str]] = {}
    for node in nodes:
        known.setdefault(node.namespace, set()).add(node.key)
        for attribute, value in node.attributes.items():
            known.setdefault(attribute, set()).add(canonical_answer(attribute, value))
    return {key: frozenset(values) for key, values in known.items()}
