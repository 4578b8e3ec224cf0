"""ExplainMatch: why two customers are one or not. Reads only; the read is audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.graph.explanation import Reference, Step, links_around, locate, steps_of
from profile_service.engine.matching.search import frequencies_of, open_features
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.graph.plan import Neighbourhood
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.scoring import Score, score
from profile_service.identity.policy import Policy
from profile_service.store.queries.matching import CandidateQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: its profile, its node where it is one record, and what it says."""

    profile: ProfileId
    node: NodeId | None
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchExplained:
    """The score, the limits that both together exceed, and the links where they are one profile."""

    score: Score
    same: bool
    limits: Sequence[str]
    steps: Sequence[Step]


async def explain_match(runtime: Runtime, caller: Caller, left: Reference, right: Reference) -> MatchExplained:
    """Compare two customers or records. Raises ProfileNotFound, SourceDenied."""
    sides = [await _side(runtime, caller, reference) for reference in (left, right)]
    mine, other = sides
    tenant = runtime.tenant(caller)
    frequencies = await frequencies_of(runtime, caller, mine.attributes, [other.attributes], runtime.reader(caller))
    around = await links_around(runtime, caller, [mine.profile, other.profile])
    note_read(runtime, caller, {"explain": sorted({mine.profile, other.profile})})
    same = mine.profile == other.profile
    return MatchExplained(
        score=score(mine.attributes, other.attributes, tenant.model, frequencies),
        same=same,
        limits=() if same else _limits(around, {mine.profile, other.profile}, tenant.policy),
        steps=steps_of(around, mine.profile, tenant.policy) if same else (),
    )


async def _side(runtime: Runtime, caller: Caller, reference: Reference) -> Side:
    profile, node = await locate(runtime, caller, reference)
    rows = await runtime.candidates(caller.tenant, CandidateQuery(profiles=[profile]))
    features = Attributes()
    for record in rows.records.get(profile, ()):
        if node is None or record.node == node:
            features = features.united(open_features(runtime, caller.tenant, record))
    return Side(profile=profile, node=node, attributes=features)


def _limits(around: Neighbourhood, profiles: set[ProfileId], policy: Policy) -> list[str]:
    """The namespaces of which both together have more current values than one profile may."""
    values: dict[tuple[str, str], int] = {}
    for node in around.nodes.values():
        if node.profile in profiles and node.node.current and policy.namespace(node.node.namespace).limit:
            slot = (node.node.namespace, node.node.scope)
            values[slot] = values.get(slot, 0) + 1
    return sorted({name for (name, _), count in values.items() if count > policy.namespace(name).limit})
