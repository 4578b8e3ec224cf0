"""Read what evidence can reach: under locks, or as it is, for a plan that is refused where something moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from profile_service.engine.caller import Caller
from profile_service.engine.graph.evidence import Evidence
from profile_service.engine.graph.reassignment import without_reassigned, without_renewed
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.graph.plan import Neighbourhood, OwnLinks
from profile_service.store.database import Connection
from profile_service.store.queries import graph
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.found import Found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a call found, with everything that its evidence can reach: nothing where all that it brings is new."""

    found: Found
    around: Neighbourhood = field(default_factory=lambda: Neighbourhood(nodes={}, links=()))
    own: OwnLinks = field(default_factory=OwnLinks)


async def load_locked(
    connection: Connection,
    runtime: Runtime,
    caller: Caller,
    query: Find,
    evidence: Evidence,
) -> Reach | None:
    """Lock the keys, then the profiles that the evidence can reach, and read again; None where they moved meanwhile."""
    policy = runtime.tenant(caller).policy
    keys = [item.key for item in evidence.items if item.key is not None]
    await graph.lock_keys(connection, [*keys, *([query.contact_key] if query.contact_key else [])])
    found = without_renewed(
        (await find(connection, caller.tenant, [query]))[0], evidence.items, policy, evidence.occur_time_us
    )
    (found,) = await without_reassigned(connection, runtime, caller, [(found.anew(evidence.anew), evidence)])
    seeds = _seeds(evidence, found)
    around = await graph.neighbourhood(connection, runtime.keyring, caller.tenant, seeds, policy)
    if not await graph.lock_profiles(connection, caller.tenant, around):
        return None
    again = await graph.neighbourhood(connection, runtime.keyring, caller.tenant, seeds, policy)
    if _owners(again) != _owners(around):
        return None
    found = (await find(connection, caller.tenant, [query]))[0].without(found.reassigned, found.renewed)
    if _seeds(evidence, found) != seeds or not _still_there(evidence, again):
        return None
    return Reach(found=found, around=again, own=await graph.own_links(connection, caller.tenant, seeds))


async def load(runtime: Runtime, caller: Caller, found: Found, evidence: Evidence) -> Reach | None:
    """Read what the evidence can reach, without a lock: the plan made on it is refused where a profile moved meanwhile.
    None where that cannot be told."""
    reach = await read_around(runtime, caller, found, evidence)
    return reach if is_steady(evidence, reach) else None


def is_steady(evidence: Evidence, reach: Reach) -> bool:
    """Whether the revisions of profiles tell when the neighbourhood moves: it is whole, and every node is in one."""
    owners = {node.id: node.profile for node in reach.found.nodes.values()}
    steady = all(
        node.profile is not None and owners.get(key, node.profile) == node.profile
        for key, node in reach.around.nodes.items()
    )
    return steady and not reach.around.capped and _still_there(evidence, reach.around)


async def read_around(runtime: Runtime, caller: Caller, found: Found, evidence: Evidence) -> Reach:
    """What the evidence can reach, and the links that fan-out is counted from; without a lock."""
    async with runtime.database.acquire(caller.tenant) as connection:
        return (await read_all_around(connection, runtime, caller, [(found, evidence)]))[0]


async def read_all_around(
    connection: Connection, runtime: Runtime, caller: Caller, calls: Sequence[tuple[Found, Evidence]]
) -> list[Reach]:
    """As `read_around`, for several calls at once."""
    founds = await without_reassigned(connection, runtime, caller, calls)
    seeds = [_seeds(evidence, found) for found, (_, evidence) in zip(founds, calls, strict=True)]
    policy = runtime.tenant(caller).policy
    arounds = await graph.neighbourhoods(connection, runtime.keyring, caller.tenant, seeds, policy)
    own = await graph.own_links(connection, caller.tenant, {node for some in seeds for node in some})
    return [
        Reach(
            found=found,
            around=around,
            own=OwnLinks(by_node={node: own.by_node[node] for node in some}, far_ends=own.far_ends),
        )
        for found, around, some in zip(founds, arounds, seeds, strict=True)
    ]


def _seeds(evidence: Evidence, found: Found) -> list[NodeId]:
    """The known nodes whose links or state the evidence can change."""
    proven = {item.index for item in evidence.items if item.proven}
    known = {node.id for index, node in found.nodes.items() if index in proven}
    known |= {node for node, _ in evidence.earlier} | {scored.node for scored in evidence.scored}
    return sorted(known | found.renewed)


def _still_there(evidence: Evidence, around: Neighbourhood) -> bool:
    """Whether the nodes that were matched by score are in the profiles that were compared."""
    return all(
        scored.node in around.nodes and around.nodes[scored.node].profile == scored.profile
        for scored in evidence.scored
    )


def _owners(around: Neighbourhood) -> set[ProfileId | None]:
    return {node.profile for node in around.nodes.values()}
