"""Reads of personal data, on their way into the audit."""

from __future__ import annotations

from collections.abc import Mapping

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.store.audit import Entry


def note_read(runtime: Runtime, caller: Caller, subject: Mapping[str, object]) -> None:
    """Put a read of personal data into the audit, off the answer's path."""
    entry = Entry(
        entry_id=runtime.new_id(),
        caller=caller.name,
        method=caller.method,
        policy=runtime.tenant(caller).policy.label,
        subject=subject,
        record_time_us=runtime.clock(),
    )
    runtime.audit.read(caller.tenant, entry)
