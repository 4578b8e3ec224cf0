"""Resolve several records together: read at once, decided in order, written in one statement.

A record that depends on one before it which the database does not show yet (it shares an identifier with it, resembles
it, or is compared with a profile that changes) waits for the next round, and so does one whose read no longer held.
What needs the locks of profiles is resolved by itself, right after its round; so is, one after the other, whatever is
left after a few rounds: many records of one customer would else be compared with each other again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from profile_service.engine.caller import Caller
from profile_service.engine.graph import neighbourhood
from profile_service.engine.graph.change import reshares_known
from profile_service.engine.graph.evidence import Evidence, is_fresh
from profile_service.engine.graph.neighbourhood import Reach
from profile_service.engine.graph.rows import rely_on
from profile_service.engine.matching.search import NOBODY, Matching
from profile_service.engine.resolution.ahead import WAITING, Ahead, Turn
from profile_service.engine.resolution.answer import Resolved
from profile_service.engine.resolution.single import Drafted, Resolving
from profile_service.engine.runtime import Runtime
from profile_service.errors import ServiceError
from profile_service.identity.graph.model import ProfileId
from profile_service.store.database import Connection
from profile_service.store.plan import PlanStatus
from profile_service.store.queries import graph
from profile_service.store.queries.find import find
from profile_service.store.queries.found import Found
from profile_service.store.queries.matching import CandidateQuery, CandidateRows
from profile_service.store.queries.threads import with_contacts
from profile_service.store.rows.contact import Answer

TOGETHER_MAX, LOCKS_MAX = 64, 2000
"""Records that are decided together, and their keys; PostgreSQL has room for 6,400 locks as it comes."""
BREATH = 8
"""After so many records other calls get their turn."""
ROUNDS = 3
Answered = Resolved | ServiceError


async def resolve_together(runtime: Runtime, caller: Caller, calls: Sequence[Resolving]) -> list[Answered]:
    """Resolve calls of one caller; each is whole or not at all, and its error its own."""
    together = Together(runtime, caller, waiting=dict(enumerate(calls)))
    for _ in range(ROUNDS):
        if together.waiting:
            with suppress(ServiceError):  # what one call breaks for all is its own once each has its own turn
                await together.play_round()
            await together.resolve_alone()
    together.alone += together.waiting
    await together.resolve_alone()
    return [await together.watched(place) for place in range(len(calls))]


@dataclass(slots=True)
class Together:
    """Some calls by their places: those that wait, those that have to be resolved by themselves, and the answers of
    those that are done."""

    runtime: Runtime
    caller: Caller
    waiting: dict[int, Resolving]
    alone: list[int] = field(default_factory=list[int])
    answers: dict[int, Answered] = field(default_factory=dict[int, Answered])
    by_themselves: set[int] = field(default_factory=set[int])
    calls: dict[int, Resolving] = field(init=False)

    def __post_init__(self) -> None:
        self.calls = dict(self.waiting)

    async def play_round(self) -> None:
        """One round, without locks: what is written is refused where the read no longer holds."""
        self.runtime.audit.changed(self.caller.tenant)
        async with self.runtime.database.acquire(self.caller.tenant) as connection:
            await _Round(connection, self.runtime, self.caller).run(self)

    async def resolve_alone(self) -> None:
        """Resolve what needs more locks, one by one."""
        places, self.alone = sorted(self.alone), []
        self.by_themselves.update(places)
        for place in places:
            try:
                self.answers[place] = await self.calls[place].run()
            except ServiceError as error:
                self.answers[place] = error

    async def watched(self, place: int) -> Answered:
        """The answer, once what the call did is reported."""
        answer = self.answers[place]
        if isinstance(answer, ServiceError) or place in self.by_themselves:
            return answer
        try:
            return await self.calls[place].watched(answer)
        except ServiceError as error:
            return error


@dataclass(slots=True)
class _Round:
    """Decides and writes what does not depend on others of the round. The first never waits for another."""

    connection: Connection
    runtime: Runtime
    caller: Caller
    answers: dict[int, Answered] = field(default_factory=dict[int, Answered])

    async def run(self, together: Together) -> None:
        turns = await self._find(together.waiting)
        await self._compare(turns)
        ready, later = await self._in_order(turns)
        loaded, behind = await self._load(ready)
        stale = await self._write(loaded)
        left = {turn.place: turn.call for turn in sorted((*later, *behind, *stale), key=_place)}
        together.alone += together.waiting.keys() - left.keys() - self.answers.keys()
        together.waiting = left
        together.answers |= self.answers

    async def _find(self, waiting: Mapping[int, Resolving]) -> list[Turn]:
        """Find; what was answered before is answered again."""
        founds = await find(self.connection, self.caller.tenant, [call.query() for call in waiting.values()])
        turns, noted = list[Turn](), list[tuple[int, Resolving, Found]]()
        for (place, call), found in zip(waiting.items(), founds, strict=True):
            try:
                replay = call.once.replay(found, Answer)
            except ServiceError as error:
                self.answers[place] = error
                continue
            if replay is not None:
                self.answers[place] = call.answer(replay, 0)
                continue
            call.deliver(found)
            if call.delivery.changes_nothing:
                noted.append((place, call, found))
            elif not call.delivery.takes_back(call.features):  # that takes locks, by itself
                turns.append(Turn(place, call, found))
        await self._note(noted)
        return turns

    async def _note(self, noted: Sequence[tuple[int, Resolving, Found]]) -> None:
        """Answer the deliveries that change nothing; what another brought meanwhile is resolved alone."""
        drafts = [(place, call, *call.noted(found)) for place, call, found in noted]
        if not drafts:
            return
        plans, now = [plan for _, _, plan, _ in drafts], self.runtime.clock()
        applied = await graph.apply_plans(self.connection, self.caller.tenant, now, plans)
        for (place, call, _, stored), outcome in zip(drafts, applied, strict=True):
            if outcome.status is PlanStatus.APPLIED:
                self.answers[place] = call.answer(stored, outcome.revision)

    async def _compare(self, turns: Sequence[Turn]) -> None:
        """Read the candidates of all, then what is still to be counted."""
        matchings: list[Matching] = []
        compared: list[Turn] = []
        for turn in turns:
            if turn.call.description is not None:
                turn.matching = Matching(self.runtime, self.caller, turn.call.asked(turn.found, turn.call.description))
                matchings.append(turn.matching)
                compared.append(turn)
        rows = await self._candidates([matching.query() for matching in matchings])
        names: list[CandidateQuery] = []
        for place, (matching, candidates) in enumerate(zip(matchings, rows, strict=True), 1):
            names.append(matching.take(candidates))
            await _breathe(place)
        for turn, counted in zip(compared, await self._candidates(names), strict=True):
            turn.names = counted

    async def _candidates(self, queries: Sequence[CandidateQuery]) -> Sequence[CandidateRows]:
        if not any(query.keys or query.profiles or query.values for query in queries):
            return [NOBODY] * len(queries)
        return await self.runtime.candidates_within(self.connection, self.caller.tenant, queries)

    async def _in_order(self, turns: Sequence[Turn]) -> tuple[list[Turn], list[Turn]]:
        """Match each with what the database shows and with those ahead of it: what can be decided, and what waits."""
        ahead, ready, later = Ahead(), list[Turn](), list[Turn]()
        for place, turn in enumerate(turns, 1):
            is_free = not (turn.keys & ahead.keys or turn.compared() & ahead.profiles)
            turn.evidence = self._match(turn, ahead) if is_free else None
            if turn.evidence is None or turn.touched() & ahead.profiles:
                later.append(turn)
                ahead.profiles |= turn.compared()
            else:
                ready.append(turn)
                ahead.bring(turn)
            ahead.add(turn)
            await _breathe(place)
        return ready, later

    def _match(self, turn: Turn, ahead: Ahead) -> Evidence | None:
        """The evidence of a turn; None where it has to see in the store what those ahead of it wrote."""
        matching, description = turn.matching, turn.call.description
        if matching is None or description is None:
            return turn.call.evidence(turn.found, turn.matched)
        cap = self.runtime.tenant(self.caller).policy.matching.key_cap
        stored = matching.rows.sizes
        matching.rows = ahead.shown(matching.rows, description)
        if any(size <= cap < shown for size, shown in zip(stored, matching.rows.sizes, strict=True)):
            return None  # the store still shows whom a key found that is too common by now
        names = replace(turn.names, counts=ahead.counted(matching.names.values(), turn.names.counts))
        matched = matching.decide(names, ahead.resembling(description, matching.rows.sizes, cap))
        decision = matched.decision
        if any(match.candidate.profile == WAITING for match in (*decision.joined, *decision.reviewed)):
            return None
        ranked = tuple(match for match in decision.ranked if match.candidate.profile != WAITING)
        turn.matched = replace(matched, decision=replace(decision, ranked=ranked), sizes=stored)
        return turn.call.evidence(turn.found, turn.matched)

    async def _load(self, ready: Sequence[Turn]) -> tuple[list[tuple[Turn, Reach]], list[Turn]]:
        """What each can reach; and those whose reach meets that of one before them. What is not steady is left out."""
        reaching = [
            (turn, turn.evidence)
            for turn in ready
            if turn.evidence is not None and (turn.evidence.scored or not is_fresh(turn.evidence, turn.found))
        ]
        read = await neighbourhood.read_all_around(
            self.connection, self.runtime, self.caller, [(turn.found, evidence) for turn, evidence in reaching]
        )
        reach_of = {turn.place: (evidence, reach) for (turn, evidence), reach in zip(reaching, read, strict=True)}
        loaded, behind, changed = list[tuple[Turn, Reach]](), list[Turn](), set[ProfileId]()
        for turn in ready:
            if turn.place not in reach_of:
                loaded.append((turn, Reach(found=turn.found)))
                continue
            evidence, reach = reach_of[turn.place]
            owners = {node.profile for node in reach.around.nodes.values() if node.profile is not None}
            if owners & changed:
                behind.append(turn)
            elif neighbourhood.is_steady(evidence, reach):
                loaded.append((turn, reach))
            changed |= owners
        return loaded, behind

    async def _write(self, loaded: Sequence[tuple[Turn, Reach]]) -> list[Turn]:
        """Draft all and write them in one statement; answers those whose read no longer held. What turns known
        identifiers shared, or threads contacts again, needs more locks."""
        drafts: list[tuple[Turn, Drafted]] = []
        read = self.runtime.reader(self.caller, self.connection)
        for turn, reach in loaded:
            if turn.evidence is None:
                continue
            drafted = await turn.call.draft(turn.evidence, turn.matched, reach, read)
            if not reshares_known(drafted.change):
                rely_on(drafted.plan, drafted.change)
                drafts.append((turn, drafted))
        changed = frozenset[ProfileId]().union(*(drafted.change.plan.customers_changed for _, drafted in drafts))
        threaded = await with_contacts(self.connection, self.caller.tenant, changed)
        drafts = [(turn, drafted) for turn, drafted in drafts if not threaded & drafted.change.plan.customers_changed]
        if not drafts:
            return []
        plans, now = [drafted.plan for _, drafted in drafts], self.runtime.clock()
        applied = await graph.apply_plans(self.connection, self.caller.tenant, now, plans)
        stale: list[Turn] = []
        for (turn, drafted), outcome in zip(drafts, applied, strict=True):
            written = turn.call.written(drafted, outcome)
            if written is not None:
                self.answers[turn.place] = written
            else:
                stale.append(turn)
        return stale


async def _breathe(place: int) -> None:
    if place % BREATH == 0:
        await asyncio.sleep(0)


def _place(turn: Turn) -> int:
    return turn.place
