"""The links of profiles, as an explanation shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.identifiers import key_of
from profile_service.engine.profile import resolve_profile_id
from profile_service.engine.runtime import Runtime
from profile_service.errors import ProfileNotFound
from profile_service.identity.graph.model import Decisions, Link, LinkState, NodeId, ProfileId
from profile_service.identity.graph.opinions import Saying, opinions_of
from profile_service.identity.graph.partition import partition
from profile_service.identity.graph.plan import Neighbourhood
from profile_service.identity.policy import RECORD_PREFIX, Policy
from profile_service.identity.text.normalise import Keyed
from profile_service.store.queries import graph
from profile_service.store.queries.find import Find
from profile_service.store.queries.profiles import nodes_of

LINKS_MAX = 1000


CONTESTED = "contested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A profile by id, or one source record by (source, id)."""

    profile: str | None = None
    record: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A link with what it does: it unites two parts, or both ends were together, or it may not join (`refusal`)."""

    link: Link
    namespaces: tuple[str, str]
    joined: bool
    refusal: str = ""


async def locate(runtime: Runtime, caller: Caller, reference: Reference) -> tuple[ProfileId, NodeId | None]:
    if reference.record is not None:
        caller.require_source(reference.record[0])
        keyed = Keyed(namespace=f"{RECORD_PREFIX}{reference.record[0]}", value=reference.record[1])
        key = key_of(runtime.keyring, caller.tenant, keyed)
        node = (await runtime.find(caller.tenant, Find(keys=[(0, key, runtime.clock())]))).nodes.get(0)
        if node is None or node.profile is None:
            raise ProfileNotFound
        return node.profile, node.id
    resolved = await resolve_profile_id(runtime, caller, reference.profile or "")
    if resolved is None or resolved.target is None:
        raise ProfileNotFound
    return ProfileId(resolved.target), None


async def links_around(runtime: Runtime, caller: Caller, profiles: Sequence[ProfileId]) -> Neighbourhood:
    nodes = await nodes_of(runtime.database, caller.tenant, profiles, LINKS_MAX)
    async with runtime.database.acquire(caller.tenant) as connection:
        return await graph.neighbourhood(
            connection, runtime.keyring, caller.tenant, nodes, runtime.tenant(caller).policy
        )


def steps_of(around: Neighbourhood, profile: ProfileId, policy: Policy) -> list[Step]:
    """The links that touch the profile, in the order in which they join; then those that may not."""
    nodes = {key: node.node for key, node in around.nodes.items()}
    levels = {key: node.fan_out for key, node in around.nodes.items()}
    saying = Saying(around.records, contesting=around.contesting, former=around.former)
    opinions = opinions_of(nodes, around.links, saying, policy)
    decided = partition(nodes, around.links, Decisions(), policy, levels, opinions)
    part_of = {key: key for key in nodes}
    steps: list[Step] = []
    for link in decided.joined:
        ends = (_root(part_of, link.a), _root(part_of, link.b))
        part_of[ends[0]] = ends[1]
        if around.nodes[link.a].profile == profile:
            steps.append(_step(around, link, joined=ends[0] != ends[1]))
    for refused in decided.refused:
        if profile in (around.nodes[refused.link.a].profile, around.nodes[refused.link.b].profile):
            steps.append(_step(around, refused.link, joined=False, refusal=refused.reason.value))
    for link in around.links:
        if link.state is LinkState.CONTESTED and profile in (
            around.nodes[link.a].profile,
            around.nodes[link.b].profile,
        ):
            steps.append(_step(around, link, joined=False, refusal=CONTESTED))
    return steps[:LINKS_MAX]


def _root(part_of: Mapping[NodeId, NodeId], node: NodeId) -> NodeId:
    while part_of[node] != node:
        node = part_of[node]
    return node


def _step(around: Neighbourhood, link: Link, *, joined: bool, refusal: str = "") -> Step:
    namespaces = (around.nodes[link.a].node.namespace, around.nodes[link.b].node.namespace)
    return Step(link=link, namespaces=namespaces, joined=joined, refusal=refusal)
