"""Read what a change can reach, and write plans. The locks of a graph change stand here alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from profile_service.identity.graph.anchor import anchor_rules
from profile_service.identity.graph.model import (
    Assurance,
    GraphNode,
    Link,
    LinkKind,
    LinkState,
    Node,
    NodeId,
    ProfileId,
)
from profile_service.identity.graph.naming import Name, NameState
from profile_service.identity.graph.opinions import FormerStatement, Statement
from profile_service.identity.graph.plan import Neighbourhood, OwnLinks
from profile_service.identity.graph.questions import OpenReview
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection, read, run
from profile_service.store.keyring import Keyring
from profile_service.store.plan import Plan, PlanStatus, encode, lock_of
from profile_service.store.rows.record import Unsealed

OWN_LINKS_MAX = 5000


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan, by its place among those that were written together."""

    plan: int
    status: PlanStatus
    revision: int


async def apply_plans(connection: Connection, tenant: str, now: int, plans: Sequence[Plan]) -> list[Applied]:
    """Write plans, each whole or not at all; one statement for all."""
    parameters = {"tenant": tenant, "now": now, "count": len(plans), "plans": encode(plans)}
    return sorted(await read(connection, "apply_plans", parameters, Applied), key=lambda applied: applied.plan)


async def lock_keys(connection: Connection, keys: Iterable[bytes]) -> None:
    """Hold the identifiers until the transaction ends: sorted, so that callers wait for each other in order."""
    await run(connection, "lock_keys", {"locks": sorted({lock_of(key) for key in keys})})


def minima(policy: Policy) -> str:
    """The least assurance per namespace for a link to count, as the neighbourhood query takes it."""
    return msgspec.json.encode({name: int(rules.join) for name, rules in policy.namespaces.items()}).decode()


def core_minima(policy: Policy) -> str:
    """The same for a link that joins cores; a namespace that only finds has none, so none of its links counts."""
    least = {
        name: max(int(rules.join), int(Assurance.ON_FILE)) for name, rules in policy.namespaces.items() if rules.opens
    }
    return msgspec.json.encode(least).decode()


class StoredNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node as it stands; `key` is in hex."""

    id: NodeId
    key: str
    epoch: int
    namespace: str
    scope: str
    superseded: bool
    shared: int
    fan_out: int
    profile: ProfileId | None
    core: NodeId
    established: bool
    ruled_shared: bool | None

    def graph_node(self) -> GraphNode:
        """The node as the core takes it; one that ended and its successor have different keys."""
        node = Node(
            id=self.id,
            key=bytes.fromhex(self.key) + self.epoch.to_bytes(4, "big"),
            namespace=self.namespace,
            scope=self.scope,
            current=not self.superseded,
            ruled_shared=self.ruled_shared,
        )
        return GraphNode(
            node=node,
            profile=self.profile,
            core=self.core,
            shared=self.shared,
            fan_out=self.fan_out,
            established=self.established,
        )


class StoredLink(msgspec.Struct, frozen=True):
    """A link as it stands."""

    node_a: NodeId
    node_b: NodeId
    kind: LinkKind
    channel: str
    assurance_a: Assurance
    assurance_b: Assurance
    state: LinkState
    first_time_us: int
    probability: float | None
    model: str | None
    depends_on: tuple[NodeId, ...]

    def link(self) -> Link:
        """The link as the core takes it."""
        return Link(
            a=self.node_a,
            b=self.node_b,
            kind=self.kind,
            channel=self.channel,
            assurance_a=self.assurance_a,
            assurance_b=self.assurance_b,
            state=self.state,
            first_time=self.first_time_us,
            probability=self.probability,
            model=self.model,
            depends_on=frozenset(self.depends_on),
        )


class _LinkItem(StoredLink, frozen=True, array_like=True):
    """A link as an array of its columns."""


class _StoredName(msgspec.Struct, frozen=True, kw_only=True):
    id: ProfileId
    founder: NodeId
    state: NameState
    revision: int

    def name(self, nodes: Mapping[NodeId, GraphNode]) -> Name:
        """The name as the core takes it, with its nodes among these."""
        own = frozenset(key for key, node in nodes.items() if node.profile == self.id)
        return Name(id=self.id, founder=self.founder, state=self.state, revision=self.revision, nodes=own)


class _StoredNeighbourhood(msgspec.Struct, frozen=True, kw_only=True):
    """What is reachable; nothing but `capped` and `held` where it is too large."""

    capped: bool
    held: bool
    nodes: tuple[StoredNode, ...] | None = None
    links: tuple[_LinkItem, ...] | None = None
    depended_on: Mapping[NodeId, int] | None = None
    names: tuple[_StoredName, ...] | None = None
    reviews: tuple[OpenReview, ...] | None = None
    records: Mapping[NodeId, str] | None = None
    contesting: tuple[Statement, ...] | None = None
    former: tuple[FormerStatement, ...] | None = None

    def neighbourhood(self, keyring: Keyring, tenant: str, *, capped: bool, cores_capped: bool) -> Neighbourhood:
        """As the core takes it."""
        nodes = {node.id: node.graph_node() for node in self.nodes or ()}
        names = tuple(name.name(nodes) for name in self.names or ())
        return Neighbourhood(
            nodes=nodes,
            links=tuple(link.link() for link in self.links or ()),
            names=names,
            reviews=self.reviews or (),
            depended_on=self.depended_on or {},
            records=Unsealed(keyring, tenant, {key: bytes.fromhex(said) for key, said in (self.records or {}).items()}),
            contesting=self.contesting or (),
            former=self.former or (),
            capped=capped,
            cores_capped=cores_capped,
            held=self.held,
        )


class _Reached(msgspec.Struct, frozen=True, kw_only=True):
    """The neighbourhood of one call, as JSON."""

    call: int
    found: str


_NEIGHBOURHOOD = msgspec.json.Decoder(_StoredNeighbourhood)


async def neighbourhood(
    connection: Connection, keyring: Keyring, tenant: str, seeds: Iterable[NodeId], policy: Policy
) -> Neighbourhood:
    """Everything that a change at the seeds can reach; `capped` where it is too large, with what cores are decided on;
    `cores_capped` and only the seeds' own rows where that is too large as well."""
    return (await neighbourhoods(connection, keyring, tenant, [seeds], policy))[0]


async def neighbourhoods(
    connection: Connection, keyring: Keyring, tenant: str, calls: Sequence[Iterable[NodeId]], policy: Policy
) -> list[Neighbourhood]:
    """The neighbourhood of each call's seeds, in one statement."""
    seeds_of = {call: sorted(set(seeds)) for call, seeds in enumerate(calls)}
    reached = await _neighbourhoods(connection, tenant, seeds_of, policy, minima(policy))
    capped = {call: seeds_of[call] for call, stored in reached.items() if stored.capped}
    # Nothing is evaluated in part (R9): of those what strong links reach is read, for cores; else only the seeds, so
    # that the new links can be recorded.
    reached |= await _neighbourhoods(connection, tenant, capped, policy, core_minima(policy))
    cores_capped = {call: seeds for call, seeds in capped.items() if reached[call].capped}
    reached |= await _neighbourhoods(connection, tenant, cores_capped, policy, "{}")
    nobody = Neighbourhood(nodes={}, links=())
    return [
        reached[call].neighbourhood(keyring, tenant, capped=call in capped, cores_capped=call in cores_capped)
        if call in reached
        else nobody
        for call in seeds_of
    ]


async def _neighbourhoods(
    connection: Connection, tenant: str, seeds_of: Mapping[int, Sequence[NodeId]], policy: Policy, least: str
) -> dict[int, _StoredNeighbourhood]:
    pairs = [(call, seed) for call, seeds in seeds_of.items() for seed in seeds]
    if not pairs:
        return {}
    parameters = {
        "tenant": tenant,
        "minima": least,
        "cap": policy.neighbourhood_cap,
        "calls": [call for call, _ in pairs],
        "seeds": [seed for _, seed in pairs],
    }
    rows = await read(connection, "neighbourhoods", parameters, _Reached)
    return {row.call: _NEIGHBOURHOOD.decode(row.found) for row in rows}


async def lock_profiles(connection: Connection, tenant: str, around: Neighbourhood) -> bool:
    """Lock the profiles of a neighbourhood in id order; False where one of them is not live any more."""
    profiles = sorted({node.profile for node in around.nodes.values() if node.profile is not None})
    return len(await run(connection, "lock_profiles", {"tenant": tenant, "profiles": profiles})) == len(profiles)


class _OwnLink(StoredLink, frozen=True):
    """A link with the namespaces of its ends."""

    namespace_a: str
    namespace_b: str


async def own_links(connection: Connection, tenant: str, nodes: Iterable[NodeId]) -> OwnLinks:
    """All links of the nodes, of which fan-out is counted."""
    by_node: dict[NodeId, list[Link]] = {node: [] for node in nodes}
    if not by_node:
        return OwnLinks()
    far_ends: dict[NodeId, Node] = {}
    parameters = {"tenant": tenant, "nodes": sorted(by_node), "cap": OWN_LINKS_MAX}
    for row in await read(connection, "own_links", parameters, _OwnLink):
        link = row.link()
        for end, namespace in ((row.node_a, row.namespace_a), (row.node_b, row.namespace_b)):
            far_ends[end] = Node(id=end, key=end.encode(), namespace=namespace)
            if end in by_node:
                by_node[end].append(link)
    return OwnLinks(by_node=by_node, far_ends=far_ends)


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that stands under another node than before."""

    contact_id: str
    before: NodeId | None
    after: NodeId | None


async def reanchor(
    connection: Connection, tenant: str, now: int, nodes: Iterable[NodeId], policy: Policy
) -> list[Moved]:
    """Derive the anchors of the contacts that brought the nodes; answers those that moved."""
    rules = anchor_rules(policy)
    parameters = {"tenant": tenant, "now": now, "nodes": sorted(nodes), "rules": msgspec.json.encode(rules).decode()}
    return await read(connection, "reanchor", parameters, Moved)


async def rule(connection: Connection, tenant: str, node: NodeId, *, shared: bool) -> None:
    """Write a steward's word on an identifier; where it is one customer's, its links count from now on."""
    await run(connection, "rule_node", {"tenant": tenant, "node": node, "shared": shared})


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    node_id: NodeId
    last_time_us: int | None


async def last_seen(connection: Connection, tenant: str, nodes: Iterable[NodeId]) -> dict[NodeId, int]:
    """When nodes that have not ended were last brought or linked; without those that never were."""
    rows = await read(connection, "last_seen", {"tenant": tenant, "nodes": sorted(nodes)}, _Seen)
    return {row.node_id: row.last_time_us for row in rows if row.last_time_us is not None}
