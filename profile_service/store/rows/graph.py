"""Rows of the identity graph: nodes, links, evidence, profile ids; and what a plan expects of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec

from profile_service.identity.graph.model import Assurance, LinkKind, LinkState, NodeId, ProfileId, Role
from profile_service.identity.graph.naming import NameState
from profile_service.store.rows.row import First, Given, Last, Row, RowsDiffer, Sealed

NODE_VALUE = Sealed("node", "value", str, ("node_id",))


class LockRow(Row, frozen=True, kw_only=True):
    """Advisory locks of keys: identifiers, contacts, blocking keys."""

    TABLE: ClassVar[str] = "lock"
    locks: Sequence[int]


class KeyAbsentRow(Row, frozen=True, kw_only=True):
    """Nobody but `but_node` has the key as of the time, else the plan is stale."""

    TABLE: ClassVar[str] = "key_absent"
    KEY: ClassVar[tuple[str, ...]] = ("key", "as_of_us")
    key: bytes
    as_of_us: int
    but_node: NodeId | None = None


class NodeSeenRow(Row, frozen=True, kw_only=True):
    """The node stands as it was read, else the plan is stale."""

    TABLE: ClassVar[str] = "node_seen"
    KEY: ClassVar[tuple[str, ...]] = ("node_id",)
    node_id: NodeId
    profile_id: ProfileId | None
    shared: int


class NodeRow(Row, frozen=True, kw_only=True):
    """A new identifier or source record, in the next epoch of its key."""

    TABLE: ClassVar[str] = "node"
    KEY: ClassVar[tuple[str, ...]] = ("node_id",)
    node_id: NodeId
    namespace: str
    scope: str
    key: bytes
    value: Annotated[str, NODE_VALUE]
    established: bool
    shared: int
    fan_out: int
    profile_id: ProfileId | None
    core_id: NodeId
    time_us: First[int]


class NodeChangeRow(Row, frozen=True, kw_only=True):
    """What is derived of a known node; `time_us` when it was seen (0: it was not)."""

    TABLE: ClassVar[str] = "node_change"
    KEY: ClassVar[tuple[str, ...]] = ("node_id",)
    node_id: NodeId
    profile_id: ProfileId | None
    core_id: NodeId
    shared: int
    fan_out: int
    established: Last[bool]
    superseded: Last[bool]
    time_us: Last[int]


class NodeEndRow(Row, frozen=True, kw_only=True):
    """The end of an identifier for its owner; what is derived of it is another row's, so that a change of the same plan
    may reach it too. `renewed`: it began anew after a silence, and may have the same owner. None: it
    did not end."""

    TABLE: ClassVar[str] = "node_end"
    KEY: ClassVar[tuple[str, ...]] = ("node_id",)
    node_id: NodeId
    ended_time_us: First[int | None]
    renewed: bool = False


class LinkRow(Row, frozen=True, kw_only=True):
    """Evidence that two nodes are one customer; the ends in the order of their ids."""

    TABLE: ClassVar[str] = "link"
    KEY: ClassVar[tuple[str, ...]] = ("node_a", "node_b", "kind", "channel", "assurance_a", "assurance_b")
    node_a: NodeId
    node_b: NodeId
    kind: LinkKind
    channel: str
    assurance_a: Assurance
    assurance_b: Assurance
    state: LinkState
    time_us: First[int]
    probability: Last[float | None] = None
    model: Given[str | None] = None
    depends_on: Sequence[NodeId] = ()


def _worth(row: EvidenceRow) -> tuple[bool, Assurance, int, str, int]:
    """The customer's own is worth most, then the better proof; of equal ones the later."""
    return row.role is Role.SUBJECT, row.assurance, -row.role, row.method, row.proof_time_us


class EvidenceRow(Row, frozen=True, kw_only=True):
    """An identifier that a contact or source record presented, with its proof; a proof is never later than it is
    written, whatever its caller says. `person`: of several in one contact whose it is, the first is 0 (D5).
    `settle_time_us`: until when what a record states is worth an observation alone."""

    TABLE: ClassVar[str] = "evidence"
    KEY: ClassVar[tuple[str, ...]] = ("subject_id", "node_id")
    subject_id: str
    node_id: NodeId
    role: Role
    assurance: Assurance
    method: str
    channel: str
    occur_time_us: int
    proof_time_us: int
    person: int = 0
    settle_time_us: int | None = None

    def folded(self, other: Row) -> EvidenceRow:
        """The customer's own before anybody else's, then the better proof; since the first of the two."""
        if not isinstance(other, EvidenceRow):
            raise RowsDiffer(self.TABLE)
        best = max((self, other), key=_worth)
        return msgspec.structs.replace(best, occur_time_us=min(self.occur_time_us, other.occur_time_us))


class ProfileRow(Row, frozen=True, kw_only=True):
    """A profile id: who founded it, and whether it is live. `heirs` are the nodes of a split one."""

    TABLE: ClassVar[str] = "profile"
    KEY: ClassVar[tuple[str, ...]] = ("profile_id",)
    profile_id: str
    founder_node: NodeId | None
    founder_contact: str | None
    state: NameState
    heirs: Sequence[NodeId] = ()
    create_time_us: First[int]
    expire_time_us: Last[int | None] = None


class ProfileExpectedRow(Row, frozen=True, kw_only=True):
    """The profile is live, and at this revision where one is given; else the plan is stale."""

    TABLE: ClassVar[str] = "profile_expected"
    KEY: ClassVar[tuple[str, ...]] = ("profile_id",)
    profile_id: str
    etag: Given[int | None] = None


class ProfileTouchRow(Row, frozen=True, kw_only=True):
    """The profile is locked and gets a new revision; `keeps` ends its expiry, a time moves it."""

    TABLE: ClassVar[str] = "profile_touch"
    KEY: ClassVar[tuple[str, ...]] = ("profile_id",)
    profile_id: str
    expire_time_us: Last[int | None] = None
    keeps: Last[bool] = False


class MergeRateRow(Row, frozen=True, kw_only=True):
    """One more change in an hour of event time, and how many profiles it merged."""

    TABLE: ClassVar[str] = "merge_rate"
    KEY: ClassVar[tuple[str, ...]] = ("hour",)
    hour: int
    merges: int


class BreakerRow(Row, frozen=True, kw_only=True):
    """The merge breaker trips."""

    TABLE: ClassVar[str] = "breaker"
    KEY: ClassVar[tuple[str, ...]] = ("breaker_id",)
    breaker_id: str
    hour: int
    changes: int
    merges: int
    usual_share: float


class BreakerLiftRow(Row, frozen=True, kw_only=True):
    """A steward lifts the merge breaker."""

    TABLE: ClassVar[str] = "breaker_lift"
    KEY: ClassVar[tuple[str, ...]] = ("breaker_id",)
    breaker_id: str


class ReviewRow(Row, frozen=True, kw_only=True):
    """An open question: are these two one customer? `source`: whose record asked, which may open `budget` a day."""

    TABLE: ClassVar[str] = "review"
    KEY: ClassVar[tuple[str, ...]] = ("reason", "node_a", "node_b")
    review_id: First[str]
    reason: str
    node_a: NodeId
    node_b: NodeId
    probability: Last[float | None] = None
    source: Given[str | None] = None
    budget: Given[int | None] = None


class ReviewSettledRow(Row, frozen=True, kw_only=True):
    """A review that nobody has to answer any more."""

    TABLE: ClassVar[str] = "review_settled"
    KEY: ClassVar[tuple[str, ...]] = ("review_id",)
    review_id: str
