"""Score a stored record again under another model: what a simulation asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.matching.description import describe
from profile_service.engine.matching.search import frequencies_of, open_features, whole_of
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import ProfileId
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.decision import Candidate, Judge, Match
from profile_service.identity.matching.model import MatchModel
from profile_service.identity.matching.scoring import score
from profile_service.store.queries.matching import CandidateQuery, StoredRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A match model with its thresholds, that is not in force."""

    model: MatchModel
    join: float
    review: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredAgain:
    """A stored record under another model: the other profiles that it would join, and whether it would still join the
    rest of its own."""

    joined: Sequence[Match]
    stays: bool


async def score_again(
    runtime: Runtime, caller: Caller, record: StoredRecord, own: ProfileId | None, draft: Draft
) -> ScoredAgain:
    """Compare a stored record with everybody, as if it came in now. Writes nothing."""
    tenant, read = caller.tenant, runtime.reader(caller)
    features = open_features(runtime, tenant, record)
    keys = describe(runtime.keyring, tenant, features).keys
    rows = await read(CandidateQuery(keys=keys, profiles=[] if own is None else [own]))
    others = {name: whole_of(runtime, tenant, rows, name, {}) for name in rows.found if name != own}
    mine = [other for other in rows.records.get(own, ()) if other.node != record.node] if own is not None else []
    rest = Attributes()
    for other in mine:
        rest = rest.united(open_features(runtime, tenant, other))
    frequencies = await frequencies_of(runtime, caller, features, [rest, *others.values()], read)
    judge = Judge(model=draft.model, frequencies=frequencies, join=draft.join, review=draft.review)
    decision = judge.decide(
        features,
        rest if mine else None,
        [
            Candidate(profile=name, via=rows.found[name], attributes=attributes)
            for name, attributes in sorted(others.items())
        ],
    )
    stays = not mine or score(features, rest, draft.model, frequencies).probability >= draft.join
    return ScoredAgain(joined=decision.joined, stays=stays)
