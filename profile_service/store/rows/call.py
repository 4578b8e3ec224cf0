"""Rows of the calls themselves: what a replay answers, and the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from profile_service.store.rows.row import Row


class RequestRow(Row, frozen=True, kw_only=True):
    """The key of a call, the digest of what it asks, and what a replay answers (ids only)."""

    TABLE: ClassVar[str] = "request"
    KEY: ClassVar[tuple[str, ...]] = ("key",)
    key: bytes
    digest: bytes
    answer: msgspec.Raw


class AuditRow(Row, frozen=True, kw_only=True):
    """Who changed what; `subject` holds ids, counts and names of ours, never personal data."""

    TABLE: ClassVar[str] = "audit"
    KEY: ClassVar[tuple[str, ...]] = ("entry_id",)
    entry_id: str
    caller: str
    method: str
    policy: str
    subject: Mapping[str, object]
