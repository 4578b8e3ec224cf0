"""Read what calls find and what a change can reach; write plans. The locks of a graph change stand here alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec
from msgspec import field as named

from profile_service.identity.graph.model import Assurance, Link, LinkKind, LinkState, Node, NodeId, ProfileId
from profile_service.identity.graph.naming import Name, NameState
from profile_service.identity.graph.plan import GraphNode, Neighbourhood
from profile_service.identity.limits import CONVERSATIONS
from profile_service.identity.policy import Policy
from profile_service.store.database import Connection, run
from profile_service.store.plan import Plan, encode, hexed, lock_of
from profile_service.store.rows.contact import Answer

OWN_LINKS_MAX = 5000
FoundLink = tuple[str, str, str, str, int, int]
AnyLink = tuple[int, str, str, str, str, int, int]


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

    def encode(self, call: int, wanted: dict[str, list[dict[str, object]]]) -> None:
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


class FoundNode(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that is known."""

    call: int = 0
    index: int = named(name="i")
    id: NodeId
    namespace: str
    profile: ProfileId | None
    shared: int
    fan_out: int
    established: bool
    users: tuple[ProfileId, ...] = ()


class FoundConversation(msgspec.Struct, frozen=True, kw_only=True):
    """An open conversation of a profile that was found; the channel is that of its latest contact."""

    call: int = 0
    id: str
    profile: ProfileId
    brand: str
    last_time_us: int = named(name="last")
    channel: str | None


class FoundContact(msgspec.Struct, frozen=True, kw_only=True):
    """The contact of the platform's key; no digest where only an event of it came."""

    call: int = 0
    id: str
    conversation: str
    digest: bytes | None
    answer: Answer | None


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier of a previous contact."""

    node: NodeId
    assurance: Assurance
    namespace: str


class PreviousContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that the platform says came before."""

    call: int = 0
    id: str
    conversation: str
    end_time_us: int | None = named(name="end")
    source: str
    channel: str
    evidence: tuple[Proved, ...] | None


class NamedConversation(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation that the call goes on with; `by_reference` where nothing but a reference names it."""

    call: int = 0
    id: str
    brand: str
    channel: str | None
    by_reference: bool


class FoundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was used before, with what was answered."""

    call: int = 0
    digest: bytes
    answer: msgspec.Raw


class FoundInteraction(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of an interaction."""

    call: int = 0
    revision: int
    digest: bytes
    interaction: str
    conversation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one call found; `given_up` are identifiers that have a new owner from now on."""

    nodes: Mapping[int, FoundNode]
    given_up: Mapping[int, FoundNode] = field(default_factory=dict[int, FoundNode])
    links: frozenset[FoundLink] = frozenset()
    contact: FoundContact | None = None
    conversations: Sequence[FoundConversation] = ()
    previous: Sequence[PreviousContact] = ()
    continued: NamedConversation | None = None
    request: FoundRequest | None = None
    interaction: Sequence[FoundInteraction] = ()

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


Part = TypeVar("Part")


def _decoder(kind: type[Part]) -> msgspec.json.Decoder[list[Part]]:
    return msgspec.json.Decoder(list[kind])


_NODES, _USERS, _LINKS = _decoder(FoundNode), _decoder(tuple[int, int, tuple[ProfileId, ...]]), _decoder(AnyLink)
_CONVERSATIONS, _CONTACTS, _PREVIOUS = _decoder(FoundConversation), _decoder(FoundContact), _decoder(PreviousContact)
_CONTINUED, _REQUESTS, _INTERACTIONS = (
    _decoder(NamedConversation),
    _decoder(FoundRequest),
    _decoder(FoundInteraction),
)


async def find(connection: Connection, tenant: str, calls: Sequence[Find]) -> list[Found]:
    """What the calls' identifiers find, in order; one statement for all."""
    wanted: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for number, call in enumerate(calls):
        call.encode(number, wanted)
    parameters = {"tenant": tenant, "wanted": msgspec.json.encode(wanted).decode(), "conversations": CONVERSATIONS}
    parts: dict[str, str] = {row["part"]: row["body"] for row in await run(connection, "find", parameters)}
    findings = _Findings([_Finding() for _ in calls], parts)
    findings.take_nodes()
    findings.take_rest()
    return [finding.done() for finding in findings.of_calls]


@dataclass(frozen=True, slots=True)
class _Findings:
    """What the calls found, while it is gathered from the answer to all."""

    of_calls: Sequence[_Finding]
    parts: Mapping[str, str]

    def part(self, name: str, decoder: msgspec.json.Decoder[list[Part]]) -> list[Part]:
        """The rows of a part; none where nothing of it was found."""
        body = self.parts.get(name)
        return [] if body is None else decoder.decode(body)

    def take_nodes(self) -> None:
        """Nodes, with the users of those that are shared, and the links among them."""
        users = {(call, index): names for call, index, names in self.part("users", _USERS)}
        for node in self.part("nodes", _NODES):
            names = users.get((node.call, node.index))
            held = node if names is None else msgspec.structs.replace(node, users=names)
            self.of_calls[node.call].nodes[node.index] = held
        for call, a, b, kind, channel, assurance_a, assurance_b in self.part("links", _LINKS):
            self.of_calls[call].links.add((a, b, kind, channel, assurance_a, assurance_b))

    def take_rest(self) -> None:
        """Conversations and contacts, requests and interactions."""
        for conversation in self.part("conversations", _CONVERSATIONS):
            self.of_calls[conversation.call].conversations.append(conversation)
        for contact in self.part("contacts", _CONTACTS):
            self.of_calls[contact.call].contact = contact
        for previous in self.part("previous", _PREVIOUS):
            self.of_calls[previous.call].previous.append(previous)
        for continued in self.part("continued", _CONTINUED):
            self.of_calls[continued.call].continued = continued
        for request in self.part("requests", _REQUESTS):
            self.of_calls[request.call].request = request
        for interaction in self.part("interactions", _INTERACTIONS):
            self.of_calls[interaction.call].interactions.append(interaction)


@dataclass(slots=True)
class _Finding:
    """What one call found so far."""

    nodes: dict[int, FoundNode] = field(default_factory=dict[int, FoundNode])
    links: set[FoundLink] = field(default_factory=set[FoundLink])
    conversations: list[FoundConversation] = field(default_factory=list[FoundConversation])
    contact: FoundContact | None = None
    previous: list[PreviousContact] = field(default_factory=list[PreviousContact])
    continued: NamedConversation | None = None
    request: FoundRequest | None = None
    interactions: list[FoundInteraction] = field(default_factory=list[FoundInteraction])

    def done(self) -> Found:
        return Found(
            nodes=self.nodes,
            links=frozenset(self.links),
            contact=self.contact,
            conversations=sorted(self.conversations, key=lambda one: -one.last_time_us),
            previous=self.previous,
            continued=self.continued,
            request=self.request,
            interaction=self.interactions,
        )


async def apply_plans(connection: Connection, tenant: str, now: int, plans: Sequence[Plan]) -> list[Applied]:
    """Write plans, each whole or not at all; one statement for all."""
    parameters = {"tenant": tenant, "now": now, "count": len(plans), "plans": encode(plans)}
    rows = sorted(await run(connection, "apply_plans", parameters), key=lambda row: row["plan"])
    return [Applied(status=row["status"], revision=row["revision"]) for row in rows]


async def lock_keys(connection: Connection, keys: Iterable[bytes]) -> None:
    """Hold the identifiers until the transaction ends: sorted, so that callers wait for each other in order."""
    await run(connection, "lock_keys", {"locks": sorted({lock_of(key) for key in keys})})


def minima(policy: Policy) -> str:
    """The least assurance per namespace for a link to count, as the neighbourhood query takes it."""
    return msgspec.json.encode({name: int(rules.join) for name, rules in policy.namespaces.items()}).decode()


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


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that stands under another node than before."""

    contact_id: str
    before: NodeId | None
    after: NodeId | None


async def reanchor(
    connection: Connection, tenant: str, now: int, nodes: Iterable[NodeId], policy: Policy
) -> list[Moved]:
    """Derive the anchors of the contacts that brought the nodes; answers those that moved."""
    rules = {
        name: {"strength": held.strength, "anchor": held.anchor, "join": held.join}
        for name, held in policy.namespaces.items()
    }
    parameters = {"tenant": tenant, "now": now, "nodes": sorted(nodes), "rules": msgspec.json.encode(rules).decode()}
    return msgspec.convert(await run(connection, "reanchor", parameters), list[Moved])
