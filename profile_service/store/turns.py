"""Who gets a connection next. A fair queue: no caller and no tenant can take all of them, and nobody waits for ever.

A party is a caller, a tenant's coalesced batches, or the service itself. Each holds at most a quarter of the
connections, and the callers of one tenant at most half of them together; so a caller has a part in half at most, and
another tenant finds a quarter that the first cannot take. A free connection goes to the waiting party that holds the
fewest.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from profile_service.errors import Overloaded

BATCHES = "*"
"""The party of a tenant's coalesced batches; no caller is called so."""
ITSELF = ""
"""The party of the service: audit and upkeep."""
_ACTING_FOR: ContextVar[str] = ContextVar("acting_for", default=ITSELF)
_HOLDING: ContextVar[bool] = ContextVar("holding", default=False)


class NestedAcquire(RuntimeError):
    """A second connection was asked for while one is held: with all of them held so, every call would wait for every
    other. A bug of the service; the call fails."""


def act_for(caller: str) -> None:
    """From here on the current task asks for connections as this caller."""
    _ACTING_FOR.set(caller)


def require_nothing_held() -> None:
    """Raise NestedAcquire where the current task holds a connection, or waits for one that does."""
    if _HOLDING.get():
        raise NestedAcquire("a connection is held already")


@contextmanager
def holding() -> Generator[None]:
    """Within, the current task holds a connection."""
    token = _HOLDING.set(True)
    try:
        yield
    finally:
        _HOLDING.reset(token)


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks: see the module."""

    tenant: str
    name: str

    @staticmethod
    def current(tenant: str) -> Party:
        """The party that the current task acts for."""
        return Party(tenant, _ACTING_FOR.get())

    @property
    def is_caller(self) -> bool:
        """Whether it counts among the callers of its tenant."""
        return self.name not in (BATCHES, ITSELF)


@dataclass(slots=True)
class Turns:
    """The turns of one pool of `size` connections."""

    size: int
    wait_s: float
    _used: int = 0
    _held: Counter[Party] = field(default_factory=Counter[Party])
    _by_callers: Counter[str] = field(default_factory=Counter[str])
    _waiting: dict[Party, deque[asyncio.Future[None]]] = field(default_factory=dict[Party, deque[asyncio.Future[None]]])

    async def take(self, party: Party) -> None:
        """Wait for a turn, for `wait_s` seconds at most. Raises Overloaded."""
        if party not in self._waiting and self._used < self.size and self._may_hold(party):
            self._grant(party)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(party, deque()).append(turn)
        try:
            done, _ = await asyncio.wait([turn], timeout=self.wait_s)
        except asyncio.CancelledError:
            self._give_up(party, turn)
            raise
        if not done:
            self._give_up(party, turn)
            raise Overloaded

    def give_back(self, party: Party) -> None:
        """End a turn; the next that waits begins."""
        self._used -= 1
        self._held[party] -= 1
        if not self._held[party]:
            del self._held[party]
        if party.is_caller:
            self._by_callers[party.tenant] -= 1
            if not self._by_callers[party.tenant]:
                del self._by_callers[party.tenant]
        self._grant_waiting()

    def _may_hold(self, party: Party) -> bool:
        if self._held[party] >= max(1, self.size // 4):
            return False
        return not party.is_caller or self._by_callers[party.tenant] < max(1, self.size // 2)

    def _grant(self, party: Party) -> None:
        self._used += 1
        self._held[party] += 1
        if party.is_caller:
            self._by_callers[party.tenant] += 1

    def _grant_waiting(self) -> None:
        while self._used < self.size:
            ready = [party for party in self._waiting if self._may_hold(party)]
            if not ready:
                return
            # The service itself first (what it records must not wait for a flood), then who holds the fewest; among
            # those, who waited longest for a turn, since whoever got one goes to the end.
            party = min(ready, key=lambda waiting: (waiting.name != ITSELF, self._held[waiting]))
            turns = self._waiting.pop(party)
            turn = turns.popleft()
            if turns:
                self._waiting[party] = turns
            if not turn.done():
                self._grant(party)
                turn.set_result(None)

    def _give_up(self, party: Party, turn: asyncio.Future[None]) -> None:
        """Leave the queue; a turn that was granted meanwhile goes to the next."""
        if turn.done():
            self.give_back(party)
            return
        turn.cancel()
        self._waiting[party].remove(turn)
        if not self._waiting[party]:
            del self._waiting[party]
