"""One request_id, one effect (I8): the key commits with the effect, and a replay answers what was decided then."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.errors import KeyReused
from profile_service.store.plan import Plan
from profile_service.store.queries.found import Found
from profile_service.store.rows.call import RequestRow

Stored = TypeVar("Stored", bound=msgspec.Struct)


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a call of which a replay needs nothing but its revision."""

    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """The key of one call, and the digest of what it asks."""

    key: bytes
    digest: bytes

    def replay(self, found: Found, kind: type[Stored]) -> Stored | None:
        """What was answered before, if it was. Raises KeyReused for another payload under the key."""
        if found.request is None:
            return None
        if found.request.digest != self.digest:
            raise KeyReused(key="request_id")
        return msgspec.json.decode(found.request.answer, type=kind)

    def write(self, plan: Plan, answer: msgspec.Struct) -> None:
        """Add the key and its answer (ids only) to the plan."""
        plan.lock(self.key)
        plan.add(RequestRow(key=self.key, digest=self.digest, answer=msgspec.Raw(msgspec.json.encode(answer))))


def first_and_again(keys: Sequence[Hashable]) -> tuple[list[int], list[int]]:
    """The places of a batch whose key is the first of its kind, and of those that come again. These are decided after
    the others, and find what the first did: at once they would be decided over and over."""
    firsts: dict[Hashable, int] = {}
    for place, key in enumerate(keys):
        firsts.setdefault(key, place)
    return list(firsts.values()), [place for place, key in enumerate(keys) if firsts[key] != place]


def once(runtime: Runtime, caller: Caller, request_id: str, *fields: object) -> Once:
    """The key of a call: per caller and method."""
    key = runtime.keyring.digest(caller.tenant, "request", caller.name, caller.method, request_id)
    return Once(key=key, digest=runtime.keyring.digest_fields(caller.tenant, "request content", fields))
