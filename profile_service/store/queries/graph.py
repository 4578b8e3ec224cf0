"""Read what calls find and what a change can reach; write plans. The locks of a graph change stand here alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from profile_service.identity.graph.model import Assurance, Link, LinkKind, LinkState, Node, NodeId, ProfileId
from profile_service.identity.graph.naming import Name, NameState
from profile_service.identity.graph.plan import GraphNode, Neighbourhood
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection, run
from profile_service.store.plan import Plan, encode, hexed, lock_of

OWN_LINKS_MAX = 5000
FoundLink = tuple[str, str, str, str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """What one call looks for."""

    keys: Sequence[tuple[int, bytes, int]] = ()
    contact_key: bytes | None = None
    previous: Sequence[tuple[bytes | None, str | None]] = ()
    references: Sequence[bytes] = ()
    continued: str | None = None
    request: bytes | None = None
    interaction: bytes | None = None

    def encode(self, call: int, wanted: dict[str, list[dict[str, Any]]]) -> None:
        """Add what the call looks for to the tables that the query takes."""
        for index, key, as_of in self.keys:
            wanted["keys"].append({"call": call, "i": index, "key": hexed(key), "as_of_us": as_of})
        for place, (key, name) in enumerate(self.previous):
            row = {"call": call, "place": place, "key": None if key is None else hexed(key), "id": name}
            wanted["previous"].append(row)
        for place, key in enumerate(self.references):
            wanted["references"].append({"call": call, "place": place, "key": hexed(key)})
        if self.continued is not None:
            wanted["continued"].append({"call": call, "id": self.continued})
        for part, key in (
            ("contacts", self.contact_key),
            ("requests", self.request),
            ("interactions", self.interaction),
        ):
            if key is not None:
                wanted[part].append({"call": call, "key": hexed(key)})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNode:
    """An identifier that is known."""

    index: int
    id: NodeId
    namespace: str
    profile: ProfileId | None
    shared: int
    fan_out: int
    established: bool
    users: tuple[ProfileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one call found; `given_up` are identifiers that have a new owner from now on."""

    nodes: Mapping[int, FoundNode]
    given_up: Mapping[int, FoundNode] = field(default_factory=dict[int, FoundNode])
    links: frozenset[FoundLink] = frozenset()
    contact: Mapping[str, Any] | None = None
    conversations: Sequence[Mapping[str, Any]] = ()
    previous: Sequence[Mapping[str, Any]] = ()
    continued: Mapping[str, Any] | None = None
    request: Mapping[str, Any] | None = None
    interaction: Sequence[tuple[int, str, str, str]] = ()

    def without(self, given_up: Mapping[int, FoundNode]) -> Found:
        """The same but for identifiers that have a new owner."""
        gone = {node.id for node in given_up.values()}
        kept = {index: node for index, node in self.nodes.items() if node.id not in gone}
        return replace(self, nodes=kept, given_up=given_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of a plan: applied, stale, exists or conflict."""

    status: str
    revision: int


def _node_found(item: Mapping[str, Any], users: Mapping[tuple[int, int], Sequence[ProfileId]]) -> FoundNode:
    return FoundNode(
        index=item["i"],
        id=item["id"],
        namespace=item["namespace"],
        profile=item["profile"],
        shared=item["shared"],
        fan_out=item["fan_out"],
        established=item["established"],
        users=tuple(users.get((item["call"], item["i"]), ())),
    )


async def find(connection: Connection, tenant: str, calls: Sequence[Find]) -> list[Found]:
    """What the calls' identifiers find, in order; one statement for all."""
    wanted: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, call in enumerate(calls):
        call.encode(number, wanted)
    rows = await run(connection, "find", {"tenant": tenant, "wanted": orjson.dumps(wanted).decode()})
    parts = {row["part"]: row["body"] for row in rows}
    users = {(call, index): names for call, index, names in parts.get("users", ())}
    found = [_Finding() for _ in calls]
    for item in parts.get("nodes", ()):
        found[item["call"]].nodes[item["i"]] = _node_found(item, users)
    for call, *link in parts.get("links", ()):
        found[call].links.add((link[0], link[1], link[2], link[3], link[4], link[5]))
    for call, *held in parts.get("interactions", ()):
        found[call].interactions.append((held[0], held[1], held[2], held[3]))
    for name in ("contacts", "conversations", "previous", "continued", "requests"):
        for item in parts.get(name, ()):
            found[item["call"]].rows[name].append(item)
    return [held.done() for held in found]


@dataclass(slots=True)
class _Finding:
    """What one call found, while it is gathered from the answer to all."""

    nodes: dict[int, FoundNode] = field(default_factory=dict[int, FoundNode])
    links: set[FoundLink] = field(default_factory=set[FoundLink])
    interactions: list[tuple[int, str, str, str]] = field(default_factory=list[tuple[int, str, str, str]])
    rows: defaultdict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def done(self) -> Found:
        def only(part: str) -> Mapping[str, Any] | None:
            return next(iter(self.rows[part]), None)

        return Found(
            nodes=self.nodes,
            links=frozenset(self.links),
            contact=only("contacts"),
            conversations=sorted(self.rows["conversations"], key=lambda held: -held["last"]),
            previous=self.rows["previous"],
            continued=only("continued"),
            request=only("requests"),
            interaction=self.interactions,
        )


async def apply_plans(connection: Connection, tenant: str, now: int, plans: Sequence[Plan]) -> list[Applied]:
    """Write plans, each whole or not at all; one statement for all."""
    parameters = {"tenant": tenant, "now": now, "plans": encode(plans)}
    rows = sorted(await run(connection, "apply_plans", parameters), key=lambda row: row["plan"])
    return [Applied(status=row["status"], revision=row["revision"]) for row in rows]


async def lock_keys(connection: Connection, keys: Iterable[bytes]) -> None:
    """Hold the identifiers until the transaction ends: sorted, so that callers wait for each other in order."""
    await run(connection, "lock_keys", {"locks": sorted({lock_of(key) for key in keys})})


def minima(policy: Policy) -> str:
    """The least assurance per namespace for a link to count, as the neighbourhood query takes it."""
    return orjson.dumps({name: int(rules.join) for name, rules in policy.namespaces.items()}).decode()


def node_of(item: Mapping[str, Any]) -> GraphNode:
    """A node from its row."""
    key = bytes.fromhex(item["key"]) + int(item["epoch"]).to_bytes(4, "big")
    node = Node(
        id=item["id"],
        key=key,
        namespace=item["namespace"],
        scope=item["scope"],
        current=not item["superseded"],
        ruled_shared=item["ruled_shared"],
    )
    return GraphNode(
        node=node,
        profile=item["profile"],
        shared=item["shared"],
        fan_out=item["fan_out"],
        established=item["established"],
    )


def link_of(item: Sequence[Any]) -> Link:
    """A link from its columns in order."""
    return Link(
        a=item[0],
        b=item[1],
        kind=LinkKind(item[2]),
        channel=item[3],
        assurance_a=Assurance(item[4]),
        assurance_b=Assurance(item[5]),
        state=LinkState(item[6]),
        first_time=item[7],
        probability=item[8],
        model=item[9],
        leans=frozenset(NodeId(str(node)) for node in item[10]),
    )


async def neighbourhood(connection: Connection, tenant: str, seeds: Iterable[NodeId], policy: Policy) -> Neighbourhood:
    """Everything that a change at the seeds can reach; `capped` and only the seeds' own rows where it is too large."""
    return (await neighbourhoods(connection, tenant, [seeds], policy))[0]


async def neighbourhoods(
    connection: Connection, tenant: str, calls: Sequence[Iterable[NodeId]], policy: Policy
) -> list[Neighbourhood]:
    """The neighbourhood of each call's seeds, in one statement."""
    wanted = {call: sorted(set(seeds)) for call, seeds in enumerate(calls)}
    read = await _neighbourhoods(connection, tenant, wanted, policy, minima(policy))
    capped = {call: wanted[call] for call, found in read.items() if found["capped"]}
    # Nothing is evaluated in part (R9): of those only the seeds are read, so that the new links can be recorded.
    read |= await _neighbourhoods(connection, tenant, capped, policy, "{}")
    nobody = Neighbourhood(nodes={}, links=())
    return [_neighbourhood(read[call], capped=call in capped) if call in read else nobody for call in wanted]


async def _neighbourhoods(
    connection: Connection, tenant: str, wanted: Mapping[int, Sequence[NodeId]], policy: Policy, least: str
) -> dict[int, Mapping[str, Any]]:
    pairs = [(call, seed) for call, seeds in wanted.items() for seed in seeds]
    if not pairs:
        return {}
    parameters = {"tenant": tenant, "minima": least, "cap": policy.neighbourhood_cap}
    of_calls, seeds = zip(*pairs, strict=True)
    rows = await run(connection, "neighbourhoods", {**parameters, "calls": list(of_calls), "seeds": list(seeds)})
    return {row["call"]: row["found"] for row in rows}


def _neighbourhood(found: Mapping[str, Any], *, capped: bool) -> Neighbourhood:
    nodes = {item["id"]: node_of(item) for item in found["nodes"] or ()}
    names = tuple(
        Name(
            id=item["id"],
            founder=item["founder"],
            state=NameState(item["state"]),
            revision=item["revision"],
            nodes=frozenset(key for key, held in nodes.items() if held.profile == item["id"]),
        )
        for item in found["names"] or ()
    )
    return Neighbourhood(
        nodes=nodes,
        links=tuple(link_of(item) for item in found["links"] or ()),
        names=names,
        reviews=tuple((item[0], item[1], item[2], item[3]) for item in found["reviews"] or ()),
        leaned_on=found.get("leaned_on") or {},
        capped=capped,
        held=bool(found["held"]),
    )


async def lock_profiles(connection: Connection, tenant: str, held: Neighbourhood) -> bool:
    """Lock the profiles of a neighbourhood in id order; False where one of them is not live any more."""
    wanted = sorted({node.profile for node in held.nodes.values() if node.profile is not None})
    rows = await run(connection, "lock_profiles", {"tenant": tenant, "profiles": wanted})
    return len(rows) == len(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLinks:
    """All links of the nodes whose links change, and the far ends."""

    by_node: Mapping[NodeId, Sequence[Link]] = field(default_factory=dict[NodeId, Sequence[Link]])
    far_ends: Mapping[NodeId, Node] = field(default_factory=dict[NodeId, Node])


async def own_links(connection: Connection, tenant: str, nodes: Iterable[NodeId]) -> OwnLinks:
    """All links of the nodes, of which fan-out is counted."""
    wanted = set(nodes)
    parameters = {"tenant": tenant, "nodes": sorted(wanted), "cap": OWN_LINKS_MAX}
    by_node: dict[NodeId, list[Link]] = {node: [] for node in wanted}
    far: dict[NodeId, Node] = {}
    for row in await run(connection, "own_links", parameters) if wanted else ():
        ends = (NodeId(str(row["node_a"])), NodeId(str(row["node_b"])))
        link = link_of([*ends, *(row[name] for name in _LINK_COLUMNS)])
        for end, namespace in zip(ends, (row["namespace_a"], row["namespace_b"]), strict=True):
            far[end] = Node(id=end, key=end.encode(), namespace=namespace)
            if end in wanted:
                by_node[end].append(link)
    return OwnLinks(by_node=by_node, far_ends=far)


_LINK_COLUMNS = (
    "kind",
    "channel",
    "assurance_a",
    "assurance_b",
    "state",
    "first_time_us",
    "probability",
    "model",
    "leans",
)


async def reanchor(connection: Connection, tenant: str, now: int, nodes: Iterable[NodeId], policy: Policy) -> int:
    """Derive the anchors of the contacts that brought the nodes; answers how many moved."""
    parameters = {
        "tenant": tenant,
        "now": now,
        "nodes": sorted(nodes),
        "strengths": orjson.dumps({name: rules.strength for name, rules in policy.namespaces.items()}).decode(),
        "anchors": orjson.dumps({name: int(rules.anchor) for name, rules in policy.namespaces.items()}).decode(),
    }
    return int((await run(connection, "reanchor", parameters))[0]["moved"])
