"""Rows of what customers chose, and of what they were asked."""

from __future__ import annotations

from typing import Annotated, ClassVar

from profile_service.identity.graph.model import Assurance, NodeId
from profile_service.store.rows.row import Row, Sealed

PREFERENCE_VALUE = Sealed("preference", "value", str, ("node_id", "key"))


class PreferenceRow(Row, frozen=True, kw_only=True):
    """A preference or a pin (`pin:<attribute>`); None takes it away."""

    TABLE: ClassVar[str] = "preference"
    KEY: ClassVar[tuple[str, ...]] = ("node_id", "key")
    node_id: str
    key: str
    value: Annotated[str | None, PREFERENCE_VALUE]
    occur_time_us: int


class ConsentRow(Row, frozen=True, kw_only=True):
    """A consent that is given or taken back, per purpose, channel and brand; appended (I16). `worth`: how well it was
    shown that the customer said so."""

    TABLE: ClassVar[str] = "consent"
    KEY: ClassVar[tuple[str, ...]] = ("consent_id",)
    consent_id: str
    node_id: str
    purpose: str
    channel: str
    brand: str
    granted: bool
    worth: Assurance
    occur_time_us: int


class AnswerCheckRow(Row, frozen=True, kw_only=True):
    """An answer that was compared, by its attribute; never the answer.

    `node_id`: the record that it fits, where it fits one core; of one that failed, a record of a core that it was
    compared with. `worth`: what ties the contact to that core. `needed`: the points that it takes to open it.
    `address`: the identifier that the contact came over.
    """

    TABLE: ClassVar[str] = "answer_check"
    KEY: ClassVar[tuple[str, ...]] = ("check_id",)
    check_id: str
    contact_id: str
    attribute: str
    matched: bool
    node_id: NodeId | None = None
    worth: Assurance
    needed: int = 0
    address: NodeId | None = None
    occur_time_us: int


class AnswerCheckVoidRow(Row, frozen=True, kw_only=True):
    """The checks of a contact count no longer."""

    TABLE: ClassVar[str] = "answer_check_void"
    KEY: ClassVar[tuple[str, ...]] = ("contact_id",)
    contact_id: str
