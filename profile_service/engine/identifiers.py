"""Identifiers as given -> what is keyed, what each proof is worth, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime, Tenant
from profile_service.errors import (
    IdentifierUnusable,
    NotRegistered,
)
from profile_service.identity.contact.resolution import Presented
from profile_service.identity.graph.model import Assurance, NodeId, Result, Role
from profile_service.identity.text.normalise import Keyed, is_blocked, knows, normalise
from profile_service.identity.text.phones import is_fixed_line
from profile_service.identity.text.refusal import IdentifierBlocked, IdentifierInvalid
from profile_service.store.keyring import Keyring

PHONE, ONE_TIME_PASSWORD = "phone", "ONE_TIME_PASSWORD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One identifier as the caller gave it. `method` is the name of the proof method."""

    namespace: str
    value: str
    role: Role
    scope: str = ""
    method: str = "STATED"
    proof_time_us: int | None = None

    def fields(self) -> list[object]:
        """What a retry has to say again, in a fixed order. The time of a proof may be that of the retry."""
        return [self.namespace, self.value, self.scope, int(self.role), self.method]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One identifier after normalisation; `key` is None where it is blocked or invalid. `contested`: what the record
    says does not fit the customer who has it; `agreed`: how likely it is the same customer by that. `settle_time_us`:
    until when what a record states is worth an observation alone."""

    index: int
    given: Given
    namespace: str
    assurance: Assurance
    keyed: Keyed | None = None
    key: bytes | None = None
    refused: Result | None = None
    reason: str = ""
    contested: bool = False
    agreed: float | None = None
    settle_time_us: int | None = None

    @property
    def proven(self) -> bool:
        """Whether it can make links: the customer's own, and more than a claim."""
        return self.key is not None and self.given.role is Role.SUBJECT and self.assurance > Assurance.CLAIMED

    def presented(self, node: NodeId | None, *, is_new: bool) -> Presented:
        """As the pure core takes it."""
        return Presented(
            index=self.index,
            namespace=self.namespace,
            role=self.given.role,
            assurance=self.assurance,
            node=node,
            is_new=is_new,
            refused=self.refused,
            reason=self.reason,
            contested=self.contested,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where identifiers come from; it caps what their proofs are worth. `endpoint`: our own number or address that the
    contact came to."""

    caller: Caller
    tenant: Tenant
    channel: str
    source: str
    region: str
    endpoint: str = ""

    def is_ours(self, namespace: str, keyed: Keyed) -> bool:
        """Whether a value is the operator's own: of the policy, or that of the contact's endpoint (E9)."""
        own = self.tenant.policy.namespace(keyed.namespace).own
        ours = own | {self.endpoint} if self.endpoint else own
        return bool(ours) and keyed.value in _canonical(namespace, ours, self.region)


@lru_cache(maxsize=1024)
def _canonical(namespace: str, values: frozenset[str], region: str) -> frozenset[str]:
    """Values of a namespace as they are keyed; those that are none of it are left out."""
    found: set[str] = set()
    for value in values:
        with suppress(IdentifierInvalid):
            found.add(normalise(namespace, value, "", region).value)
    return frozenset(found)


def origin_of(
    runtime: Runtime, caller: Caller, channel: str, source: str, *, brand: str = "", region: str = ""
) -> Origin:
    """Where a call's identifiers come from; `region` where the caller names one, else that of the brand or tenant."""
    tenant = runtime.tenant(caller)
    return Origin(caller=caller, tenant=tenant, channel=channel, source=source, region=tenant.region(brand, region))


def key_of(keyring: Keyring, tenant: str, keyed: Keyed) -> bytes:
    """The keyed hash that an identifier is found by."""
    return keyring.digest(tenant, "identifier", keyed.namespace, keyed.scope, keyed.value)


def _item(keyring: Keyring, origin: Origin, index: int, given: Given) -> Item:
    policy = origin.tenant.policy
    if not knows(policy, given.namespace):
        raise NotRegistered(field=f"identifiers[{index}].namespace", value=given.namespace)
    try:
        keyed = normalise(given.namespace, given.value, given.scope, origin.region)
    except IdentifierInvalid as error:
        return Item(
            index=index,
            given=given,
            namespace=given.namespace,
            assurance=Assurance.CLAIMED,
            refused=Result.BLOCKED if isinstance(error, IdentifierBlocked) else Result.INVALID,
            reason=str(error),
        )
    scoped = policy.namespace(keyed.namespace).scoped
    if keyed.scope and not scoped:
        keyed = replace(keyed, scope="")
    worth = policy.worth(
        given.method,
        namespace=keyed.namespace,
        channel=origin.channel,
        source=origin.source,
        caller_cap=origin.caller.cap,
    )
    item = Item(index=index, given=given, namespace=keyed.namespace, assurance=worth, keyed=keyed)
    if is_household(item, given.method):
        item = replace(item, assurance=min(worth, Assurance.OBSERVED))
    if scoped and not keyed.scope:
        return replace(item, refused=Result.INVALID, reason="the namespace needs a scope")
    if given.role is not Role.BUSINESS and origin.is_ours(given.namespace, keyed):
        return replace(item, refused=Result.BLOCKED, reason="our own number or address")
    values = origin.tenant.blocked.get(keyed.namespace, frozenset())
    if is_blocked(keyed, policy, values, origin.tenant.blocked_patterns.get(keyed.namespace, ())):
        return replace(item, refused=Result.BLOCKED, reason="a placeholder value")
    return replace(item, key=key_of(keyring, origin.caller.tenant, keyed))


def is_household(item: Item, method: str) -> bool:
    """Whether a proof shows a household: a one-time password spoken on its line."""
    is_password = item.namespace == PHONE and method == ONE_TIME_PASSWORD
    return is_password and item.keyed is not None and is_fixed_line(item.keyed.value)


def identify(keyring: Keyring, origin: Origin, given: Sequence[Given]) -> list[Item]:
    """Normalise, key and weigh the identifiers of a call. Raises NotRegistered.

    The same identifier given twice counts once, with its best proof.
    """
    items = [_item(keyring, origin, index, identifier) for index, identifier in enumerate(given)]
    best: dict[bytes, Item] = {}
    for item in items:
        if item.key is not None and (item.key not in best or item.assurance > best[item.key].assurance):
            best[item.key] = item
    return [item if item.key is None else _as_best(item, best[item.key]) for item in items]


def _as_best(item: Item, best: Item) -> Item:
    """An identifier of a call with the best proof that it was given with."""
    return item if item is best else replace(item, assurance=best.assurance, given=best.given)


def identify_one(keyring: Keyring, origin: Origin, given: Given, field_name: str) -> Item:
    """As `identify`, for a call that is about one identifier. Raises IdentifierUnusable."""
    item = _item(keyring, origin, 0, given)
    if item.key is None:
        raise IdentifierUnusable(item.reason, field=field_name)
    return item


def one_identifier(runtime: Runtime, caller: Caller, given: Given, field_name: str) -> Item:
    """Key an identifier that a call is about. Raises IdentifierUnusable, NotRegistered."""
    return identify_one(runtime.keyring, origin_of(runtime, caller, "record", ""), given, field_name)
