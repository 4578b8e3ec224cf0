"""Read what evidence can reach: under locks, or as it is, for a plan that is refused where something moved."""

from __future__ import annotations

from collections.abc import Sequence

from profile_service.engine.caller import Caller
from profile_service.engine.graph.evidence import Evidence
from profile_service.engine.graph.reassignment import without_given_up
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.graph.plan import Neighbourhood
from profile_service.store.database import Connection
from profile_service.store.queries import graph
from profile_service.store.queries.find import Find, Found, find
from profile_service.store.queries.graph import OwnLinks


async def load_locked(
    connection: Connection,
    runtime: Runtime,
    caller: Caller,
    wanted: Find,
    evidence: Evidence,
) -> tuple[Found, Neighbourhood, OwnLinks] | None:
    """Lock the keys, then the profiles that the evidence can reach, and read again; None where they moved meanwhile."""
    policy = runtime.tenant(caller).policy
    keys = [item.key for item in evidence.items if item.key is not None]
    await graph.lock_keys(connection, [*keys, *([wanted.contact_key] if wanted.contact_key else [])])
    found = (await find(connection, caller.tenant, [wanted]))[0]
    (found,) = await without_given_up(connection, runtime, caller, [(found, evidence)])
    seeds = _seeds(evidence, found)
    around = await graph.neighbourhood(connection, caller.tenant, seeds, policy)
    if not await graph.lock_profiles(connection, caller.tenant, around):
        return None
    again = await graph.neighbourhood(connection, caller.tenant, seeds, policy)
    if _owners(again) != _owners(around):
        return None
    found = (await find(connection, caller.tenant, [wanted]))[0].without(found.given_up)
    if _seeds(evidence, found) != seeds or not _still_there(evidence, again):
        return None
    return found, again, await graph.own_links(connection, caller.tenant, seeds)


async def load(
    runtime: Runtime, caller: Caller, found: Found, evidence: Evidence
) -> tuple[Found, Neighbourhood, OwnLinks] | None:
    """Read what the evidence can reach, without a lock: the plan made on it is refused where a profile moved meanwhile.
    None where that cannot be told."""
    loaded = await read_around(runtime, caller, found, evidence)
    return loaded if is_steady(evidence, loaded[0], loaded[1]) else None


def is_steady(evidence: Evidence, found: Found, around: Neighbourhood) -> bool:
    """Whether the revisions of profiles tell when the neighbourhood moves: it is whole, and every node is in one."""
    owners = {node.id: node.profile for node in found.nodes.values()}
    steady = all(
        held.profile is not None and owners.get(key, held.profile) == held.profile for key, held in around.nodes.items()
    )
    return steady and not around.capped and _still_there(evidence, around)


async def read_around(
    runtime: Runtime, caller: Caller, found: Found, evidence: Evidence
) -> tuple[Found, Neighbourhood, OwnLinks]:
    """What the evidence can reach, and the links that fan-out is counted from; without a lock."""
    async with runtime.database.acquire(caller.tenant) as connection:
        return (await read_all_around(connection, runtime, caller, [(found, evidence)]))[0]


async def read_all_around(
    connection: Connection, runtime: Runtime, caller: Caller, calls: Sequence[tuple[Found, Evidence]]
) -> list[tuple[Found, Neighbourhood, OwnLinks]]:
    """As `read_around`, for several calls at once."""
    founds = await without_given_up(connection, runtime, caller, calls)
    seeds = [_seeds(evidence, found) for found, (_, evidence) in zip(founds, calls, strict=True)]
    policy = runtime.tenant(caller).policy
    arounds = await graph.neighbourhoods(connection, caller.tenant, seeds, policy)
    own = await graph.own_links(connection, caller.tenant, {node for some in seeds for node in some})
    return [
        (found, around, OwnLinks(by_node={node: own.by_node[node] for node in some}, far_ends=own.far_ends))
        for found, around, some in zip(founds, arounds, seeds, strict=True)
    ]


def _seeds(evidence: Evidence, found: Found) -> list[NodeId]:
    """The known nodes whose links or state the evidence can change."""
    proven = {item.index for item in evidence.items if item.proven}
    known = {node.id for index, node in found.nodes.items() if index in proven}
    return sorted(known | {node for node, _ in evidence.earlier} | {one.node for one in evidence.scored})


def _still_there(evidence: Evidence, around: Neighbourhood) -> bool:
    """Whether the nodes that were matched by score are in the profiles that were compared."""
    return all(one.node in around.nodes and around.nodes[one.node].profile == one.profile for one in evidence.scored)


def _owners(around: Neighbourhood) -> set[ProfileId | None]:
    return {held.profile for held in around.nodes.values()}
