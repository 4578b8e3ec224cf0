"""Random facts for the identity graph, and the service's incremental evaluation without a database."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from profile_service.identity.graph.counting import pairs
from profile_service.identity.graph.model import (
    Assurance,
    Decisions,
    GraphNode,
    Link,
    LinkKind,
    LinkState,
    Node,
    NodeId,
    ProfileId,
)
from profile_service.identity.graph.naming import Name, NameState
from profile_service.identity.graph.partition import Partition, partition
from profile_service.identity.graph.plan import Neighbourhood, OwnLinks, plan_graph
from profile_service.identity.policies import shipped_policy
from profile_service.identity.policy import FanOut, Policy
from tests.property.neighbourhoods import restrict

POLICY = shipped_policy("default")
TIGHT = replace(
    POLICY,
    namespaces={
        **POLICY.namespaces,
        "phone": replace(
            POLICY.namespaces["phone"],
            fan_out=(
                FanOut(of=frozenset({"email"}), max=2),
                FanOut(of=frozenset({"record", "crm"}), max=2, within_us=3, quarantine=True),
            ),
        ),
        "device": replace(POLICY.namespaces["device"], fan_out=(FanOut(of=frozenset({"email", "phone"}), max=2),)),
        "email": replace(POLICY.namespaces["email"], fan_out=(FanOut(of=frozenset({"record"}), max=1),)),
    },
)
"""The default policy with fan-out limits that small random graphs reach."""

NAMESPACES = ("crm", "account", "record/crm", "email", "phone", "device")
NAMES = [f"{namespace}:{number}" for namespace in NAMESPACES for number in range(3)]


def node(name: str) -> Node:
    """A node whose id and key are its name."""
    return Node(id=NodeId(name), key=name.encode(), namespace=name.partition(":")[0])


NODES = {NodeId(name): node(name) for name in NAMES}


@dataclass(frozen=True)
class Presentation:
    """One contact's set, or what one record presents: `contested` are the namespaces in which it does not fit the
    owner. Two records of one set were matched by score; where `depending`, because of the identifiers that they have in
    common.
    """

    members: tuple[tuple[str, Assurance], ...]
    time: int
    contested: frozenset[str] = frozenset()
    depending: bool = False

    def links(self) -> list[Link]:
        """Its pairs."""
        members = [(NodeId(name), assurance) for name, assurance in self.members]
        return [self._seen(link) for link in pairs(members, channel="voice", occur_time=self.time)]

    def _depends_on(self) -> frozenset[NodeId]:
        """The identifiers of the set that join: those that a record depends on are linked to it."""
        if not self.depending:
            return frozenset()
        return frozenset(
            NodeId(name)
            for name, assurance in self.members
            if name.startswith(("email", "phone")) and assurance >= Assurance.OBSERVED
        )

    def _seen(self, link: Link) -> Link:
        namespaces = {node(link.a).namespace, node(link.b).namespace}
        if namespaces == {"record/crm"}:
            scored = replace(link, assurance_a=Assurance.OBSERVED, assurance_b=Assurance.OBSERVED)
            return replace(scored, kind=LinkKind.SCORED, depends_on=self._depends_on())
        return replace(link, state=LinkState.CONTESTED) if namespaces & self.contested else link


def presentations(most: int = 14) -> st.SearchStrategy[list[Presentation]]:
    """Lists of sets of up to four identifiers."""
    worth = st.sampled_from(
        [Assurance.VERIFIED, Assurance.OBSERVED, Assurance.ON_FILE, Assurance.VERIFIED, Assurance.CLAIMED]
    )
    member = st.tuples(st.sampled_from(NAMES), worth)
    shown = st.builds(
        lambda members, time, contested, depending: Presentation(
            tuple({name: (name, a) for name, a in members}.values()), time, contested, depending
        ),
        st.lists(member, min_size=2, max_size=4),
        st.integers(0, 9),
        st.sampled_from([frozenset[str](), frozenset[str](), frozenset({"email"}), frozenset({"email", "phone"})]),
        st.booleans(),
    )
    return st.lists(shown, min_size=min(most, 4), max_size=most)


def links_of(facts: Iterable[Presentation]) -> list[Link]:
    """The links of all sets."""
    return [link for fact in facts for link in fact.links()]


def whole(facts: Iterable[Presentation], decisions: Decisions | None = None, policy: Policy = TIGHT) -> Partition:
    """The evaluation of everything at once."""
    return partition(NODES, links_of(facts), decisions or Decisions(), policy)


def together(decided: Partition) -> set[frozenset[str]]:
    """The parts as sets of names, for comparing."""
    return {frozenset(part) for part in decided.parts}


@dataclass
class Incremental:
    """What the service does, call by call: neighbourhood, plan, write."""

    policy: Policy = TIGHT
    nodes: dict[NodeId, GraphNode] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    names: dict[ProfileId, Name] = field(default_factory=dict)
    minted: itertools.count[int] = field(default_factory=itertools.count)

    def present(self, fact: Presentation) -> None:
        """Take one set in."""
        added = fact.links()
        assurances = dict(fact.members)
        for name, assurance in fact.members:
            known = self.nodes.get(NodeId(name)) or GraphNode(node=node(name))
            established = known.established or assurance >= self.policy.namespace(known.node.namespace).anchor
            self.nodes[NodeId(name)] = replace(known, established=established)
        depending = self._decide([NodeId(name) for name in assurances], added)
        if depending:
            self._decide(sorted({end for link in depending for end in link.pair}), [])

    def _decide(self, seeds: Sequence[NodeId], added: Sequence[Link]) -> list[Link]:
        """One change; answers the links that depended on what was quarantined by it."""
        around = restrict(self.neighbourhood(), seeds, self.policy)
        own: defaultdict[NodeId, list[Link]] = defaultdict(list)
        for link in self.links:
            for end in (link.a, link.b):
                own[end].append(link)
        plan = plan_graph(
            around,
            added,
            OwnLinks(
                by_node={seed: own[seed] for seed in seeds},
                far_ends={key: stood.node for key, stood in self.nodes.items()},
            ),
            strongest=lambda part: max(part, key=lambda key: (self.policy.strength(node(key).namespace), key)),
            mint=lambda: ProfileId(f"{next(self.minted):08d}"),
            policy=self.policy,
        )
        self.links += added
        self.nodes.update(plan.nodes)
        for name in plan.names:
            self.names[name.id] = replace(name, nodes=frozenset())
        return [link for link in self.links if link.depends_on & plan.quarantined]

    def neighbourhood(self) -> Neighbourhood:
        """Everything."""
        owned: defaultdict[ProfileId, set[NodeId]] = defaultdict(set)
        for key, state in self.nodes.items():
            if state.profile is not None:
                owned[state.profile].add(key)
        names = tuple(replace(name, nodes=frozenset(owned[name.id])) for name in self.names.values())
        return Neighbourhood(nodes=self.nodes, links=tuple(self.links), names=names)

    def parts(self) -> set[frozenset[str]]:
        """The nodes by profile; those of nobody each by themselves."""
        owned: defaultdict[str, set[str]] = defaultdict(set)
        for key, state in self.nodes.items():
            owned[state.profile or f"alone {key}"].add(key)
        return {frozenset(part) for part in owned.values()}

    def live(self) -> set[ProfileId]:
        """The ids that name somebody."""
        return {name.id for name in self.names.values() if name.state is NameState.LIVE}


def run(facts: Sequence[Presentation], policy: Policy = TIGHT) -> Incremental:
    """All sets, one after the other."""
    engine = Incremental(policy=policy)
    for fact in facts:
        engine.present(fact)
    return engine
