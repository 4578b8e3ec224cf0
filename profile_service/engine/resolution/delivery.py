"""What a delivery says beside what its record said before: the same again changes nothing (E3, E4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from profile_service.engine.caller import Caller
from profile_service.engine.identifiers import Item
from profile_service.engine.resolution.answer import ResolveProfile
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.model import NodeId
from profile_service.identity.matching.attributes import Attributes
from profile_service.identity.matching.opinion import is_another_person
from profile_service.identity.policy import RECORD_PREFIX, Policy
from profile_service.store.queries.found import Found, FoundRecord
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
    kept (E3); `anew`: the places of the items that begin anew; `renewing`: the keys of what it did not state before and
    may have been taken back (D4)."""

    before: FoundRecord | None = None
    digest: bytes = b""
    is_outdated: bool = False
    is_the_same: bool = False
    is_restated: bool = False
    is_held: bool = False
    source: str = ""
    time_us: int = 0
    renewing: frozenset[bytes] = frozenset()
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
        if self.renewing or self.gone:
            return True
        return self.before is not None and features is not None and features != self.former

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
    known = Delivery(
        digest=digest,
        source=items[-1].namespace.removeprefix(RECORD_PREFIX),
        time_us=request.occur_time_us,
        renewing=_begun_anew(items, found),
        attributes=request.attributes,
    )
    if before is None:
        return known
    version = request.source_revision, request.occur_time_us
    named = {node.id for node in found.nodes.values()} | {node.id for node in found.reassigned.values()}
    attributes = request.attributes
    if request.partial:
        kept = ATTRIBUTES.open(runtime.keyring, caller.tenant, before.attributes, before.node)
        attributes = {**kept, **request.attributes}
    return replace(
        known,
        before=before,
        is_outdated=version < (before.revision, before.occur_time_us),
        is_the_same=digest == before.digest,
        is_restated=digest == before.digest and request.source_revision > before.revision,
        gone=() if request.partial else [stated.node for stated in before.statements or () if stated.node not in named],
        former=FEATURES.open(runtime.keyring, caller.tenant, before.features, before.node),
        attributes=attributes,
    )


def _begun_anew(items: Sequence[Item], found: Found) -> frozenset[bytes]:
    """The keys of what begins anew, or did, and the record did not state before."""
    stated = set[NodeId]() if found.record is None else {known.node for known in found.record.statements or ()}
    return frozenset(
        item.key
        for item in items[:-1]
        if item.proven and item.key is not None and (node := found.nodes.get(item.index)) is not None
        if node.id not in stated and (node.epoch or node.anew_us is not None)
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
