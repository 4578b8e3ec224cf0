"""What every use case works with: the store, the keys, the tenants' policies, the clock, and who calls."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from time import time_ns
from typing import Protocol, TypeVar

from profile_service.engine.caller import Caller
from profile_service.errors import Contention, NotRegistered, TimeInFuture
from profile_service.identity.graph.model import ProfileId
from profile_service.identity.ids import uuid7
from profile_service.identity.matching.model import MatchModel, shipped_model
from profile_service.identity.policy import Policy
from profile_service.store.audit import AuditLog
from profile_service.store.coalesce import Coalescer
from profile_service.store.database import Connection, Database
from profile_service.store.keyring import Keyring
from profile_service.store.plan import Plan
from profile_service.store.queries import context, graph, interactions, matching
from profile_service.store.queries.budgets import Spender
from profile_service.store.queries.context import ContextQuery, Parts
from profile_service.store.queries.find import Find, find
from profile_service.store.queries.found import Found
from profile_service.store.queries.graph import Applied
from profile_service.store.queries.interactions import Recorded
from profile_service.store.queries.matching import CandidateQuery, CandidateRows
from profile_service.store.rows.call import AuditRow
from profile_service.store.rows.interaction import InteractionRow
from profile_service.store.turns import BATCHES, Party

FUTURE_MAX_US = 5 * 60 * 1_000_000
ATTEMPTS_MAX = 40
BATCH_MAX, UNBATCHED_MAX = 32, 64
CROWDED = 3
"""From so many calls in flight a batch waits for more. Measured with 32 clients: without it the service answers so
quickly that only two or three are ever in flight, each pays for a batch, and throughput stays a third lower."""
ReadCandidates = Callable[[CandidateQuery], Awaitable[CandidateRows]]
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """What is set per tenant."""

    policy: Policy
    model: MatchModel = field(default_factory=shipped_model)
    default_region: str = ""
    brand_regions: Mapping[str, str] = field(default_factory=dict[str, str])
    blocked: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    blocked_patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def region(self, brand: str, call: str) -> str:
        """The region for phone numbers without a country code: the call's, the brand's, the tenant's."""
        return call or self.brand_regions.get(brand, "") or self.default_region

    def require_channel(self, channel: str) -> None:
        """Raise NotRegistered where the policy does not know the channel."""
        if channel not in self.policy.channels:
            raise NotRegistered(field="channel", value=channel)


def system_clock() -> int:
    """Microseconds since the epoch."""
    return time_ns() // 1000


@dataclass(slots=True)
class Budgets:
    """What this process took of the budgets of the hour that runs and has not spent, by who spends what."""

    _hour: int = 0
    _left: MutableMapping[Spender, int] = field(default_factory=dict[Spender, int])

    def spend(self, spender: Spender, hour: int) -> bool:
        """Count one; False where nothing is left."""
        left = self._left.get(spender, 0) if hour == self._hour else 0
        if left:
            self._left[spender] = left - 1
        return left > 0

    def add(self, spender: Spender, hour: int, taken: int) -> None:
        """Take more; what is left of another hour is over."""
        if hour != self._hour:
            self._hour, self._left = hour, {}
        self._left[spender] = self._left.get(spender, 0) + taken


class Watchers(Protocol):
    """Who is told what changes did; counts alone."""

    def merged(self, tenant: str, count: int) -> None:
        """Profile ids were merged away."""

    def quarantined(self, tenant: str, count: int) -> None:
        """Identifiers were found to be nobody's."""

    def breaker_tripped(self, tenant: str) -> None:
        """Merges are held from now on."""

    def take_backs_held(self, tenant: str) -> None:
        """A source took back too much at once; it is kept."""

    def glass_broken(self, tenant: str) -> None:
        """Somebody read a customer for a purpose, with no contact of theirs."""


class _Nobody(Watchers):
    """Says nothing."""


NOBODY_WATCHES = _Nobody()


@dataclass(slots=True)
class RandomBits:
    """Random numbers of 62 bits from the system's generator, which is asked for many at once."""

    _left: bytes = b""

    def bits(self) -> int:
        """The next one."""
        if not self._left:
            self._left = secrets.token_bytes(512)
        drawn, self._left = self._left[:8], self._left[8:]
        return int.from_bytes(drawn) >> 2


@dataclass(slots=True)
class Runtime:
    """One per process."""

    database: Database
    keyring: Keyring
    tenants: Mapping[str, Tenant]
    audit: AuditLog
    coalesce: bool = True
    clock: Callable[[], int] = system_clock
    places: dict[object, object] = field(default_factory=dict[object, object])
    finds: Coalescer[Find, Found] = field(init=False)
    applies: Coalescer[Plan, Applied] = field(init=False)
    matches: Coalescer[CandidateQuery, CandidateRows] = field(init=False)
    contexts: Coalescer[ContextQuery, Parts | None] = field(init=False)
    records: Coalescer[Plan, Recorded] = field(init=False)
    in_flight: Callable[[], int] = field(default=lambda: 0)
    budgets: Budgets = field(default_factory=lambda: Budgets())
    watchers: Watchers = field(default_factory=lambda: NOBODY_WATCHES)
    _random: RandomBits = field(default_factory=lambda: RandomBits())

    def __post_init__(self) -> None:
        self.finds = self._coalescer(self._find)
        self.applies = self._coalescer(self._apply, Plan.claims)
        self.matches = self._coalescer(self._candidates)
        self.contexts = self._coalescer(self._contexts)
        self.records = self._coalescer(self._record, lambda plan: [row.key for row in plan.of(InteractionRow)])

    def _coalescer(
        self,
        run: Callable[[str, Sequence[Item]], Awaitable[Sequence[Answer]]],
        claims: Callable[[Item], Sequence[Hashable]] = lambda _: (),
    ) -> Coalescer[Item, Answer]:
        batch_max, workers_max = (BATCH_MAX, 1) if self.coalesce else (1, UNBATCHED_MAX)
        return Coalescer(run, batch_max=batch_max, workers_max=workers_max, claims=claims, crowded=self._is_crowded)

    def _is_crowded(self) -> bool:
        return self.in_flight() >= CROWDED

    def tenant(self, caller: Caller) -> Tenant:
        """The caller's tenant."""
        return self.tenants[caller.tenant]

    def new_id(self) -> str:
        """A fresh UUIDv7."""
        return uuid7(self.clock(), self._random.bits())

    def new_ids(self, count: int) -> list[str]:
        """Fresh UUIDv7, each behind the one before."""
        now = self.clock()
        return [uuid7(now + place, self._random.bits()) for place in range(count)]

    def new_profile_id(self) -> ProfileId:
        """A fresh profile id."""
        return ProfileId(self.new_id())

    def plan(self, caller: Caller, subject: Mapping[str, object]) -> Plan:
        """An empty plan with its audit row; `subject` holds ids only."""
        plan = Plan(caller.tenant, self.keyring)
        plan.add(
            AuditRow(
                entry_id=self.new_id(),
                caller=caller.name,
                method=caller.method,
                policy=self.tenant(caller).policy.label,
                subject=subject,
            )
        )
        return plan

    def check_time(self, field_name: str, time_us: int) -> None:
        """Raise TimeInFuture where a time lies more than 5 minutes ahead."""
        if time_us > self.clock() + FUTURE_MAX_US:
            raise TimeInFuture(field=field_name)

    async def find(self, tenant: str, query: Find) -> Found:
        """Find, together with the calls that arrive at the same time."""
        return await self.finds.submit(tenant, query)

    async def apply(self, plan: Plan) -> Applied:
        """Write a plan, together with the plans that arrive at the same time."""
        return await self.applies.submit(plan.tenant, plan)

    async def candidates(self, tenant: str, query: CandidateQuery) -> CandidateRows:
        """Find what a record is compared with, together with the calls that arrive at the same time."""
        return await self.matches.submit(tenant, query)

    def reader(self, caller: Caller, connection: Connection | None = None) -> ReadCandidates:
        """How a call reads candidates: together with others, or on its own connection, in its transaction."""
        if connection is None:
            return lambda query: self.candidates(caller.tenant, query)

        async def read(query: CandidateQuery) -> CandidateRows:
            return (await self.candidates_within(connection, caller.tenant, [query]))[0]

        return read

    async def candidates_within(
        self, connection: Connection, tenant: str, queries: Sequence[CandidateQuery]
    ) -> Sequence[CandidateRows]:
        """As `candidates`, on a connection that is in a transaction."""
        rules = self.tenants[tenant].policy.matching
        most = {"key_cap": rules.key_cap, "most": rules.candidates_max}
        return await matching.candidates(connection, tenant, queries, **most)

    async def _candidates(self, tenant: str, queries: Sequence[CandidateQuery]) -> Sequence[CandidateRows]:
        async with self.database.acquire(tenant, Party(tenant, BATCHES)) as connection:
            return await self.candidates_within(connection, tenant, queries)

    async def _find(self, tenant: str, queries: Sequence[Find]) -> Sequence[Found]:
        async with self.database.acquire(tenant, Party(tenant, BATCHES)) as connection:
            return await find(connection, tenant, queries)

    async def _apply(self, tenant: str, plans: Sequence[Plan]) -> Sequence[Applied]:
        self.audit.changed(tenant)
        async with self.database.acquire(tenant, Party(tenant, BATCHES)) as connection:
            return await graph.apply_plans(connection, tenant, self.clock(), plans)

    async def _contexts(self, tenant: str, queries: Sequence[ContextQuery]) -> Sequence[Parts | None]:
        async with self.database.acquire(tenant, Party(tenant, BATCHES)) as connection:
            return await context.read_parts(connection, tenant, queries)

    async def _record(self, tenant: str, plans: Sequence[Plan]) -> Sequence[Recorded]:
        self.audit.changed(tenant)
        async with self.database.acquire(tenant, Party(tenant, BATCHES)) as connection:
            return await interactions.record(connection, tenant, self.clock(), plans)

    async def persist(self, attempt: Callable[[], Awaitable[Answer | None]]) -> Answer:
        """Run `attempt` until it answers; None means that others were faster. Raises Contention.

        The whole use case is decided again each time, on what is there then.
        """
        for tries in range(ATTEMPTS_MAX):
            try:
                answer = await attempt()
            except Contention:
                answer = None
            if answer is not None:
                return answer
            await asyncio.sleep(random.uniform(0, min(0.002 * (1 << tries), 0.05)))  # jitter, not a secret
        raise Contention

    async def transact(self, tenant: str, work: Callable[[Connection], Awaitable[Answer | None]]) -> Answer | None:
        """Run `work` in one transaction; None rolls it back."""
        self.audit.changed(tenant)
        async with self.database.acquire(tenant) as connection:
            try:
                async with connection.transaction():
                    answer = await work(connection)
                    if answer is None:
                        raise _Restart
                    return answer
            except _Restart:
                return None


class _Restart(Exception):
    """Rolls the transaction back."""
