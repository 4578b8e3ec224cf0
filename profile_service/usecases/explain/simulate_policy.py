"""SimulatePolicy: what a draft of the policy or of the match model would make of what is recorded. Writes nothing."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from profile_service.engine.caller import Caller
from profile_service.engine.matching.rescoring import Draft, score_again
from profile_service.engine.reads import note_read
from profile_service.engine.runtime import Runtime
from profile_service.errors import FieldInvalid
from profile_service.identity.graph.model import Link, LinkKind, NodeId
from profile_service.identity.graph.simulation import (
    Change,
    Component,
    Pair,
    Rescored,
    Simulated,
    rescored,
    scored_link,
    simulate,
    with_blocked,
)
from profile_service.identity.matching.model import MatchModel, ModelError, load_model
from profile_service.identity.policy import DAY_US, RECORD_PREFIX, Policy, PolicyError
from profile_service.identity.policy_document import parse_policy
from profile_service.identity.text.normalise import is_blocked, normalise
from profile_service.identity.text.refusal import IdentifierInvalid
from profile_service.store.queries.matching import StoredRecord
from profile_service.store.queries.simulation import (
    Components,
    count_contacts,
    graph_pages,
    graph_size,
    read_components,
    read_records,
    score_reviews,
)
from profile_service.store.rows.graph import NODE_VALUE

BATCH_NODES = 2000
SCORED_AT_ONCE = 32
CHANGES_MAX = 100_000
"""Merges and splits whose contacts are counted; beyond it the report counts them alone."""
TELL_EVERY_S = 1.0
Held = TypeVar("Held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a stage is."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The end: the sums, the changes that concern most contacts (each with its number), and all contacts concerned."""

    policy: str
    model: str
    simulated: Simulated
    samples: Sequence[tuple[Change, int]]
    contacts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatePolicy:
    """The request, without protobuf. An empty text stands for what is in force; 0 days for all of time."""

    policy_text: str = ""
    model_text: str = ""
    last_days: int = 0
    samples: int = 20


async def simulate_policy(
    runtime: Runtime, caller: Caller, request: SimulatePolicy
) -> AsyncGenerator[Progress | Report, None]:
    """Try a draft: progress on the way, the report at the end. Raises FieldInvalid."""
    simulation = await asyncio.to_thread(Simulation, runtime, caller, request)
    async with aclosing(simulation.run()) as steps:
        async for step in steps:
            yield step


@dataclass(slots=True)
class Simulation:
    """One call."""

    runtime: Runtime
    caller: Caller
    request: SimulatePolicy
    policy: Policy = field(init=False)
    model: MatchModel = field(init=False)
    _told: float = 0.0

    def __post_init__(self) -> None:
        tenant = self.runtime.tenant(self.caller)
        self.policy, self.model = tenant.policy, tenant.model
        try:
            if self.request.policy_text:
                self.policy = parse_policy(self.request.policy_text)
            if self.request.model_text:
                self.model = load_model(self.request.model_text)
        except (PolicyError, ModelError) as error:
            place = "policy" if isinstance(error, PolicyError) else "model"
            raise FieldInvalid([(place, str(error), f"{place.upper()}_INVALID")]) from None
        missing = sorted(tenant.policy.namespaces.keys() - self.policy.namespaces.keys())
        if missing:
            raise FieldInvalid([("policy", f"namespaces.{missing[0]} is in force and missing here", "POLICY_INVALID")])

    async def run(self) -> AsyncGenerator[Progress | Report, None]:
        """Read, score again where the model is another, decide; progress on the way, the report at the end."""
        note_read(self.runtime, self.caller, {"simulate": self.policy.label, "model": self.model.label})
        components, reviews = Components(), await score_reviews(self.runtime.database, self.caller.tenant)
        async for progress in self._read(components):
            yield progress
        recent = components.recent()
        scores = Rescored()
        if self.request.model_text:
            async for step in self._score(recent):
                if isinstance(step, Progress):
                    yield step
                else:
                    scores = step
            _join_all(components, scores.links)
        else:
            _join_all(components, self._rescored((), reviews).links)
        simulated = Simulated()
        async for progress in self._decide(components.recent(), reviews, scores, simulated):
            yield progress
        counted: list[tuple[Change, int]] = []
        for change in simulated.changes[:CHANGES_MAX]:
            counted.append((change, await count_contacts(self.runtime.database, self.caller.tenant, change.nodes)))
            if self._is_time():
                yield Progress(stage="counting", done=len(counted), total=len(simulated.changes))
        yield self._report(simulated, counted)

    async def _decide(
        self,
        components: Sequence[Sequence[NodeId]],
        reviews: Mapping[Pair, float],
        scores: Rescored,
        simulated: Simulated,
    ) -> AsyncIterator[Progress]:
        """Decide component after component, each in a thread: other calls are answered meanwhile."""
        total, done = sum(len(nodes) for nodes in components), 0
        asked, linked = _by_node(reviews, lambda pair: pair), _by_node(scores.links, lambda link: link.pair)
        for batch in _batches(components):
            for component in await self._components(batch):
                if self.request.model_text:
                    links = {link for key in component.nodes for link in linked[key]}
                    scored = Rescored(gone=scores.gone, links=tuple(sorted(links, key=lambda link: link.pair)))
                else:
                    scored = self._rescored(
                        component.links, {pair: reviews[pair] for key in component.nodes for pair in asked[key]}
                    )
                simulated.add(await asyncio.to_thread(simulate, component, self.policy, scored))
            done += sum(len(nodes) for nodes in batch)
            if self._is_time():
                yield Progress(stage="deciding", done=done, total=total)

    def _rescored(self, links: Iterable[Link], reviews: Mapping[Pair, float]) -> Rescored:
        policies = (self.runtime.tenant(self.caller).policy, self.policy)
        return rescored(links, reviews, self.model.label, policies, self.runtime.clock())

    async def _read(self, components: Components) -> AsyncIterator[Progress]:
        total, done = await graph_size(self.runtime.database, self.caller.tenant), 0
        since = self.runtime.clock() - self.request.last_days * DAY_US if self.request.last_days else 0
        async for page in graph_pages(self.runtime.database, self.caller.tenant):
            for node in page:
                components.add(node.node_id, recent=node.last_time_us >= since)
                for other in node.linked or ():
                    components.join(node.node_id, other)
            done += len(page)
            if self._is_time():
                yield Progress(stage="reading", done=done, total=total)

    async def _score(self, components: Sequence[Sequence[NodeId]]) -> AsyncIterator[Progress | Rescored]:
        """Compare every record in reach with everybody under the draft model."""
        draft = Draft(model=self.model, join=self.policy.matching.join, review=self.policy.matching.review)
        total, done = sum(len(nodes) for nodes in components), 0
        gone: set[Pair] = set()
        links: list[Link] = []
        for batch in _batches(components):
            for component in await self._components(batch):
                answer = await self._score_component(component, draft)
                gone |= answer.gone
                links += answer.links
            done += sum(len(nodes) for nodes in batch)
            if self._is_time():
                yield Progress(stage="scoring", done=done, total=total)
        yield Rescored(gone=frozenset(gone), links=tuple(links))

    async def _score_component(self, component: Component, draft: Draft) -> Rescored:
        nodes = component.nodes
        records = await read_records(self.runtime.database, self.caller.tenant, component.records)
        gone: set[Pair] = set()
        links: list[Link] = []
        for first in range(0, len(records), SCORED_AT_ONCE):
            some: list[StoredRecord] = records[first : first + SCORED_AT_ONCE]
            answers = await asyncio.gather(
                *(score_again(self.runtime, self.caller, record, nodes[record.node].profile, draft) for record in some)
            )
            for record, answer in zip(some, answers, strict=True):
                links += [
                    scored_link(
                        _pair(record.node, NodeId(match.candidate.via)),
                        match.score.probability,
                        self.model.label,
                        record.occur_time_us,
                    )
                    for match in answer.joined
                ]
                if not answer.stays:
                    scored = (link for link in component.links if link.kind is LinkKind.SCORED)
                    gone |= {link.pair for link in scored if record.node in link.pair}
        return Rescored(gone=frozenset(gone), links=tuple(links))

    async def _components(self, batch: Sequence[Sequence[NodeId]]) -> list[Component]:
        """Components, with the values that the draft blocks and the policy in force does not."""
        runtime = self.runtime
        components, values = await read_components(runtime.database, runtime.keyring, self.caller.tenant, batch)
        current = runtime.tenant(self.caller).policy
        if (self.policy.blocked, self.policy.blocked_patterns) == (current.blocked, current.blocked_patterns):
            return components
        return [
            with_blocked(
                component, frozenset(key for key in component.nodes if self._blocks(component, key, values[key]))
            )
            for component in components
        ]

    def _blocks(self, component: Component, key: NodeId, sealed: bytes) -> bool:
        node, tenant = component.nodes[key].node, self.runtime.tenant(self.caller)
        if node.namespace.startswith(RECORD_PREFIX) or node.namespace not in self.policy.namespaces:
            return False
        value = NODE_VALUE.open(self.runtime.keyring, self.caller.tenant, sealed, key)
        try:
            keyed = normalise(node.namespace, value, node.scope, tenant.default_region)
        except IdentifierInvalid:
            return False
        return is_blocked(keyed, self.policy, frozenset(), ())

    def _report(self, simulated: Simulated, counted: list[tuple[Change, int]]) -> Report:
        counted.sort(key=lambda counted_sample: (-counted_sample[1], counted_sample[0].profiles))
        return Report(
            policy=self.policy.label,
            model=self.model.label,
            simulated=simulated,
            samples=counted[: self.request.samples],
            contacts=sum(contacts for _, contacts in counted),
        )

    def _is_time(self) -> bool:
        """Whether to tell how far it is."""
        now = time.monotonic()
        if now - self._told < TELL_EVERY_S:
            return False
        self._told = now
        return True


def _by_node(values: Iterable[Held], pair_of: Callable[[Held], Pair]) -> defaultdict[NodeId, list[Held]]:
    """What concerns a node, by node."""
    by_node: defaultdict[NodeId, list[Held]] = defaultdict(list)
    for value in values:
        for end in pair_of(value):
            by_node[end].append(value)
    return by_node


def _pair(a: NodeId, b: NodeId) -> Pair:
    return (min(a, b), max(a, b))


def _join_all(components: Components, links: Sequence[Link]) -> None:
    for link in links:
        components.join(link.a, link.b)


def _batches(components: Sequence[Sequence[NodeId]]) -> list[list[Sequence[NodeId]]]:
    """Components together, at most BATCH_NODES nodes unless one is larger."""
    batches: list[list[Sequence[NodeId]]] = []
    size = BATCH_NODES
    for nodes in components:
        if size + len(nodes) > BATCH_NODES:
            batches, size = [*batches, []], 0
        batches[-1].append(nodes)
        size += len(nodes)
    return batches
