"""A record that is delivered again: what it no longer says is taken back, and the same again changes nothing (E3,
E4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.graph.settlement import Draft, decide_anew, write_anew
from profile_service.engine.identifiers import Item
from profile_service.engine.matching.search import frequencies_of
from profile_service.engine.resolution.answer import ResolveProfile
from profile_service.engine.runtime import ReadCandidates, Runtime
from profile_service.identity.graph.model import NodeId
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.opinion import is_another_person
from profile_service.identity.matching.scoring import score
from profile_service.identity.policy import RECORD_PREFIX, Policy
from profile_service.store.database import Connection
from profile_service.store.queries import withdrawal
from profile_service.store.queries.found import Found, FoundRecord
from profile_service.store.queries.matching import CandidateQuery
from profile_service.store.rows.event import Cause, CauseKind
from profile_service.store.rows.record import ATTRIBUTES, FEATURES, SourceRecordRow


def digest_of(runtime: Runtime, caller: Caller, request: ResolveProfile, items: Sequence[Item]) -> bytes:
    """A keyed digest of all that a delivery says and of what its identifiers are worth under the policy, whatever its
    order, time and revision."""
    given = sorted(msgspec.json.encode([item.given.fields(), int(item.assurance)]).decode() for item in items)
    said = [given, dict(request.attributes), request.partial, request.default_region]
    return runtime.keyring.digest_fields(caller.tenant, "delivery", said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery beside what the record said before (None: it is new). `gone`: what it no longer states; `former`: what
    it said, as matching compares it; `is_restated`: the same under a new revision; `is_held`: what it takes back is
    kept (E3); `anew`: the places of the items that begin anew."""

    before: FoundRecord | None = None
    digest: bytes = b""
    is_outdated: bool = False
    is_the_same: bool = False
    is_restated: bool = False
    is_held: bool = False
    source: str = ""
    gone: Sequence[NodeId] = ()
    former: Attributes = field(default_factory=Attributes)
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    anew: frozenset[int] = frozenset()

    @property
    def changes_nothing(self) -> bool:
        """Whether it is answered without anything being decided; of one that is restated the revision is noted."""
        return self.is_outdated or self.is_the_same

    def takes_back(self, features: Attributes | None) -> bool:
        """Whether something that the record said before may no longer stand, which takes locks."""
        if self.before is None:
            return False
        return bool(self.gone) or (features is not None and features != self.former)

    def again(self, before: FoundRecord, record: Item, revision: int) -> SourceRecordRow:
        """The record as it was, under a new revision."""
        return self.row(record, before.node, self.former, (revision, before.occur_time_us))

    def row(self, record: Item, node: NodeId, features: Attributes, version: tuple[int, int]) -> SourceRecordRow:
        """The record as it is now; `version`: its revision in the source, and its time."""
        return SourceRecordRow(
            node_id=node,
            source=record.namespace.removeprefix(RECORD_PREFIX),
            attributes=dict(self.attributes),
            features=features,
            occur_time_us=version[1],
            source_revision=version[0],
            digest=self.digest,
        )

    @property
    def keys(self) -> list[bytes]:
        """The keys of all that was stated before."""
        return [] if self.before is None else [stated.key for stated in self.before.statements or ()]


def delivery_of(
    runtime: Runtime, caller: Caller, request: ResolveProfile, items: Sequence[Item], found: Found
) -> Delivery:
    """Compare a delivery with what the record said before."""
    digest, before = digest_of(runtime, caller, request, items), found.record
    if before is None:
        return Delivery(digest=digest, attributes=request.attributes)
    version = request.source_revision, request.occur_time_us
    named = {node.id for node in found.nodes.values()} | {node.id for node in found.reassigned.values()}
    attributes = request.attributes
    if request.partial:
        kept = ATTRIBUTES.open(runtime.keyring, caller.tenant, before.attributes, before.node)
        attributes = {**kept, **request.attributes}
    return Delivery(
        before=before,
        digest=digest,
        source=items[-1].namespace.removeprefix(RECORD_PREFIX),
        is_outdated=version < (before.revision, before.occur_time_us),
        is_the_same=digest == before.digest,
        is_restated=digest == before.digest and request.source_revision > before.revision,
        gone=() if request.partial else [stated.node for stated in before.statements or () if stated.node not in named],
        former=FEATURES.open(runtime.keyring, caller.tenant, before.features, before.node),
        attributes=attributes,
    )


def overwritten(delivery: Delivery, features: Attributes, items: Sequence[Item], policy: Policy) -> Delivery:
    """The delivery; where it contradicts what the record said before, the row was given to another customer: the record
    and the keys that its source issues begin anew, and nothing else of what it stated is stated any more (E3)."""
    before = delivery.before
    if before is None or not is_another_person(delivery.former, features):
        return delivery
    record = items[-1]
    keys = {record.namespace, *policy.source(record.namespace).issues}
    gone = [stated.node for stated in before.statements or () if stated.namespace not in keys]
    return replace(delivery, gone=gone, anew=frozenset(item.index for item in items if item.namespace in keys))


async def still_fits(
    runtime: Runtime, caller: Caller, before: FoundRecord, features: Attributes, read: ReadCandidates
) -> bool:
    """Whether the record, as it is now, would still be joined by score to the rest of its customer."""
    if before.profile is None:
        return True
    rows = await read(CandidateQuery(profiles=[before.profile]))
    rest = Attributes()
    for other in rows.records.get(before.profile, ()):
        if other.node != before.node:
            rest = rest.united(FEATURES.open(runtime.keyring, caller.tenant, other.features, other.node))
    if rest == Attributes():
        return True
    tenant = runtime.tenant(caller)
    frequencies = await frequencies_of(runtime, caller, features, [rest], read)
    return score(features, rest, tenant.model, frequencies).probability >= tenant.policy.matching.join


async def take_back(
    connection: Connection, runtime: Runtime, caller: Caller, delivery: Delivery, features: Attributes | None
) -> bool:
    """Withdraw what the record no longer says, with the links and scores that rested on it, and decide what they
    joined, in the transaction of the call. False where that moved meanwhile."""
    before = delivery.before
    if before is None:
        return True
    seeds = {before.node, *delivery.gone}
    if delivery.gone:
        await withdrawal.take_back(connection, caller.tenant, before.node, delivery.gone)
    scored = set[NodeId]()
    if features is not None and features != delivery.former:
        read = runtime.reader(caller, connection)
        if delivery.anew or not await still_fits(runtime, caller, before, features, read):
            scored = await withdrawal.take_back_scores(connection, caller.tenant, before.node)
    if not delivery.gone and not scored:
        return True
    decided = await decide_anew(connection, runtime, caller, sorted(seeds | scored))
    if decided is None:
        return False
    cause = Cause(kind=CauseKind.RECORD, id=before.node, occur_time_us=runtime.clock())
    plan = runtime.plan(caller, {"taken_back": before.node})
    return await write_anew(connection, runtime, caller, Draft(plan=plan, decided=decided, cause=cause)) is not None
