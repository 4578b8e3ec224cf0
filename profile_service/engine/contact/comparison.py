"""What the answers of a contact are compared with: the cores that it is tied to, and how many answers failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profile_service.engine.caller import Caller, CallerRole
from profile_service.engine.runtime import Runtime
from profile_service.identity.contact.checks import Answerable, Judged
from profile_service.identity.contact.ties import Shown, Tie, ties_of
from profile_service.identity.graph.model import Assurance, NodeId, ProfileId
from profile_service.identity.policy import DAY_US, Policy
from profile_service.store.database import Connection
from profile_service.store.queries.checks import (
    ConcernedRecord,
    concerned_records,
    failed_at_address,
    failed_checks,
    shown_in_contact,
)
from profile_service.store.queries.opened import Opener

ARRIVING = frozenset({"CALLER_ID_ATTESTED", "CALLER_ID", "MAIL_DMARC", "MAIL_SENDER", "SIGNED_WEBHOOK"})
"""Methods of what shows the address that a contact came over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What answers are compared with. `failed`: the answers that failed within a day, by core, of contacts that were
    tied to it alike, or that came over the same address; `ties` and `profiles` by core."""

    policy: Policy
    records: Sequence[Answerable]
    ties: Mapping[NodeId, Tie]
    profiles: Mapping[NodeId, ProfileId | None]
    failed: Mapping[NodeId, int]
    first_us: int | None
    address: NodeId | None

    def left(self, judged: Judged) -> int:
        """How many more answers may fail about the customer today."""
        most = max((self.failed.get(record.core, 0) for record in self.records), default=0)
        return max(0, self.policy.checks_per_day - most - len(judged.failed))

    def retry_s(self, now_us: int) -> int:
        """How long it is until fewer answers failed within a day."""
        return max(1, ((self.first_us or now_us) + DAY_US - now_us) // 1_000_000)

    def core_of(self, record: NodeId) -> NodeId:
        """The core of a record that was compared."""
        return next(known.core for known in self.records if known.node == record)


async def read_comparison(
    connection: Connection, runtime: Runtime, caller: Caller, contact: str, named: NodeId | None
) -> Comparison:
    """What a contact's answers are compared with; `named`: the customer whom an agent named. What a bot was told beside
    a claim is compared with nothing."""
    policy, opener = runtime.tenant(caller).policy, Opener(runtime.keyring, caller.tenant)
    shown = await shown_in_contact(connection, caller.tenant, contact)
    asked = [name for name in policy.points if policy.registered(name)]
    concerned = await concerned_records(connection, opener, shown.identifiers, named, asked)
    least = Assurance.OBSERVED if caller.role is CallerRole.AUTOMATED else Assurance.CLAIMED
    ties = {core: tie for core, tie in ties_of(shown.identifiers, concerned, policy).items() if tie.worth >= least}
    address = _address(shown.identifiers, shown.methods)
    failed, first_us = await _failed(connection, runtime, caller, concerned, ties, address)
    return Comparison(
        policy=policy,
        records=[_answerable(record, ties[record.core]) for record in _answering(concerned, ties, policy)],
        ties=ties,
        profiles={record.core: record.profile for record in concerned},
        failed=failed,
        first_us=first_us,
        address=address,
    )


def _answering(
    concerned: Sequence[ConcernedRecord], ties: Mapping[NodeId, Tie], policy: Policy
) -> list[ConcernedRecord]:
    return [record for record in concerned if record.core in ties and policy.source(record.source).answers]


def _answerable(record: ConcernedRecord, tie: Tie) -> Answerable:
    """An identifier of the core, an account, is an answer too: by its key."""
    values = {**record.attributes, **record.keys}
    return Answerable(node=record.node, core=record.core, values=values, found_by=tie.found_by)


def _address(shown: Sequence[Shown], methods: Mapping[NodeId, str]) -> NodeId | None:
    """The identifier that the contact came over."""
    return min((identifier.node for identifier in shown if methods.get(identifier.node) in ARRIVING), default=None)


async def _failed(
    connection: Connection,
    runtime: Runtime,
    caller: Caller,
    concerned: Sequence[ConcernedRecord],
    ties: Mapping[NodeId, Tie],
    address: NodeId | None,
) -> tuple[dict[NodeId, int], int | None]:
    """How many answers failed within a day, by core, and when the first did."""
    since_us, policy = runtime.clock() - DAY_US, runtime.tenant(caller).policy
    failed, first = Counter[NodeId](), list[int]()
    if not ties:
        return failed, None
    about = [record for record in concerned if record.core in ties]
    times = await failed_checks(connection, caller.tenant, [record.node for record in about], since_us)
    for record in about:
        count, first_us = times.get((record.node, ties[record.core].worth), (0, 0))
        failed[record.core] += count
        first += [first_us] if count else []
    if address is not None:
        there = await failed_at_address(connection, caller.tenant, address, since_us)
        full = {worth for worth, count in there.items() if count >= policy.checks_per_address}
        failed.update({core: policy.checks_per_day for core, tie in ties.items() if tie.worth in full})
    return failed, min(first, default=None)
