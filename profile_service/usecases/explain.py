"""Why two customers are one or not, and how a profile came to be. Reads only; the read is audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profile_service.errors import ProfileNotFound
from profile_service.identity.graph_plan import Neighbourhood
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.scoring import Score, score
from profile_service.identity.model import Decisions, Link, LinkState, NodeId, ProfileId
from profile_service.identity.normalise import Keyed
from profile_service.identity.partition import partition
from profile_service.identity.policy import RECORD_PREFIX, Policy
from profile_service.store import graph
from profile_service.store.graph import Find
from profile_service.store.matching import CandidateQuery
from profile_service.usecases.get_profile import resolve_profile_id
from profile_service.usecases.identify import key_of
from profile_service.usecases.matching import frequencies_of, open_features
from profile_service.usecases.read_context import note_read
from profile_service.usecases.runtime import Caller, Runtime

LINKS_MAX = 1000
DOUBTED = "doubted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A profile by id, or one source record by (source, id)."""

    profile: str | None = None
    record: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: its profile, its node where it is one record, and what it says."""

    profile: ProfileId
    node: NodeId | None
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A link with what it does: it unites two parts, or both ends were together, or it may not join (`refusal`)."""

    link: Link
    namespaces: tuple[str, str]
    joined: bool
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchExplained:
    """The score, the limits that both together exceed, and the links where they are one profile."""

    score: Score
    same: bool
    limits: Sequence[str]
    steps: Sequence[Step]


async def explain_match(runtime: Runtime, caller: Caller, left: Reference, right: Reference) -> MatchExplained:
    """Compare two customers or records. Raises ProfileNotFound, SourceDenied."""
    sides = [await _side(runtime, caller, one) for one in (left, right)]
    mine, other = sides
    tenant = runtime.tenant(caller)
    frequencies = await frequencies_of(runtime, caller, mine.attributes, [other.attributes], runtime.reader(caller))
    around = await _around(runtime, caller, [mine.profile, other.profile])
    note_read(runtime, caller, {"explain": sorted({mine.profile, other.profile})})
    same = mine.profile == other.profile
    return MatchExplained(
        score=score(mine.attributes, other.attributes, tenant.model, frequencies),
        same=same,
        limits=() if same else _limits(around, {mine.profile, other.profile}, tenant.policy),
        steps=_steps(around, mine.profile, tenant.policy) if same else (),
    )


async def explain_profile(runtime: Runtime, caller: Caller, wanted: Reference) -> tuple[ProfileId, Sequence[Step]]:
    """How a profile came to be. Raises ProfileNotFound, SourceDenied."""
    profile, _ = await _locate(runtime, caller, wanted)
    around = await _around(runtime, caller, [profile])
    note_read(runtime, caller, {"explain": [profile]})
    return profile, _steps(around, profile, runtime.tenant(caller).policy)


async def _locate(runtime: Runtime, caller: Caller, wanted: Reference) -> tuple[ProfileId, NodeId | None]:
    if wanted.record is not None:
        caller.speak_for(wanted.record[0])
        keyed = Keyed(namespace=f"{RECORD_PREFIX}{wanted.record[0]}", value=wanted.record[1])
        key = key_of(runtime.keyring, caller.tenant, keyed)
        node = (await runtime.find(caller.tenant, Find(keys=[(0, key, runtime.clock())]))).nodes.get(0)
        if node is None or node.profile is None:
            raise ProfileNotFound
        return node.profile, node.id
    resolved = await resolve_profile_id(runtime, caller, wanted.profile or "")
    if resolved is None or resolved.target is None:
        raise ProfileNotFound
    return ProfileId(resolved.target), None


async def _side(runtime: Runtime, caller: Caller, wanted: Reference) -> Side:
    profile, node = await _locate(runtime, caller, wanted)
    rows = await runtime.candidates(caller.tenant, CandidateQuery(profiles=[profile]))
    held = Attributes()
    for record in rows.records.get(profile, ()):
        if node is None or record.node == node:
            held = held.united(open_features(runtime, caller.tenant, record))
    return Side(profile=profile, node=node, attributes=held)


async def _around(runtime: Runtime, caller: Caller, profiles: Sequence[ProfileId]) -> Neighbourhood:
    wanted = {"profiles": list(profiles), "most": LINKS_MAX}
    rows = await runtime.database.rows(caller.tenant, "profile_nodes", wanted)
    async with runtime.database.acquire(caller.tenant) as connection:
        nodes = [NodeId(str(row["node_id"])) for row in rows]
        return await graph.neighbourhood(connection, caller.tenant, nodes, runtime.tenant(caller).policy)


def _limits(around: Neighbourhood, profiles: set[ProfileId], policy: Policy) -> list[str]:
    """The namespaces of which both together have more current values than one profile may."""
    values: dict[tuple[str, str], int] = {}
    for held in around.nodes.values():
        if held.profile in profiles and held.node.current and policy.namespace(held.node.namespace).limit:
            slot = (held.node.namespace, held.node.scope)
            values[slot] = values.get(slot, 0) + 1
    return sorted({name for (name, _), count in values.items() if count > policy.namespace(name).limit})


def _steps(around: Neighbourhood, profile: ProfileId, policy: Policy) -> list[Step]:
    """The links that touch the profile, in the order in which they join; then those that may not."""
    nodes = {key: held.node for key, held in around.nodes.items()}
    levels = {key: held.fan_out for key, held in around.nodes.items()}
    decided = partition(nodes, around.links, Decisions(), policy, levels)
    part_of = {key: key for key in nodes}
    found: list[Step] = []
    for link in decided.joined:
        ends = (_root(part_of, link.a), _root(part_of, link.b))
        part_of[ends[0]] = ends[1]
        if around.nodes[link.a].profile == profile:
            found.append(_step(around, link, joined=ends[0] != ends[1]))
    for refused in decided.refused:
        if profile in (around.nodes[refused.link.a].profile, around.nodes[refused.link.b].profile):
            found.append(_step(around, refused.link, joined=False, refusal=refused.reason.value))
    for link in around.links:
        if link.state is LinkState.DOUBTED and profile in (
            around.nodes[link.a].profile,
            around.nodes[link.b].profile,
        ):
            found.append(_step(around, link, joined=False, refusal=DOUBTED))
    return found[:LINKS_MAX]


def _root(part_of: Mapping[NodeId, NodeId], node: NodeId) -> NodeId:
    while part_of[node] != node:
        node = part_of[node]
    return node


def _step(around: Neighbourhood, link: Link, *, joined: bool, refusal: str = "") -> Step:
    namespaces = (around.nodes[link.a].node.namespace, around.nodes[link.b].node.namespace)
    return Step(link=link, namespaces=namespaces, joined=joined, refusal=refusal)
