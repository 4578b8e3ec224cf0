"""Who could be meant: how likely each candidate is, and the question that would tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from profile_service.engine.caller import Caller
from profile_service.engine.contact.knowledge import canonical_knowledge
from profile_service.engine.identifiers import Item
from profile_service.engine.matching.description import features_of
from profile_service.engine.matching.search import frequencies_of, presented_by, whole_of
from profile_service.engine.runtime import ReadCandidates, Runtime
from profile_service.identity.contact.questions import Ask, proving_question, separating_question
from profile_service.identity.contact.resolution import CANDIDATES_MAX
from profile_service.identity.graph.model import ProfileId
from profile_service.identity.matching.scoring import share_of_each
from profile_service.store.queries.found import Found
from profile_service.store.queries.matching import CandidateQuery
from profile_service.store.queries.opened import Opener
from profile_service.store.queries.profiles import known_by


async def probabilities(
    runtime: Runtime,
    caller: Caller,
    items: Sequence[Item],
    found: Found,
    candidates: Sequence[ProfileId],
    read: ReadCandidates,
) -> Mapping[ProfileId, float]:
    """How likely each candidate is by what was presented, as matching weighs it; together with nobody of them they
    make 1. Only the first 5 are compared."""
    compared = list(candidates[:CANDIDATES_MAX])
    if len(compared) < 2:
        return {}
    features = features_of({}, items, claims=True)
    rows = await read(CandidateQuery(profiles=compared))
    presented = presented_by(items, found, claims=True)
    others = [whole_of(runtime, caller.tenant, rows, name, presented) for name in compared]
    frequencies = await frequencies_of(runtime, caller, features, others, read)
    shares = share_of_each(features, others, runtime.tenant(caller).model, frequencies)
    return dict(zip(compared, shares, strict=True))


async def question(runtime: Runtime, caller: Caller, candidates: Sequence[str]) -> Ask | None:
    """The cheapest question that tells several candidates apart, or that would prove the only one."""
    opener = Opener(runtime.keyring, caller.tenant)
    known = await known_by(runtime.database, opener, list(candidates[:CANDIDATES_MAX]))
    facts = [canonical_knowledge(rows) for rows in known.values()]
    policy = runtime.tenant(caller).policy
    if len(facts) > 1:
        return separating_question(facts, policy)
    return proving_question(facts[0], frozenset(), policy) if facts else None
