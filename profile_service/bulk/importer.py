"""Hand a file over in batches; remember how far it got; keep what was rejected, with reasons, in a file beside it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from profile_client import AsyncProfileClient, ProfileError, Target

from profile_service.bulk.mapping import ColumnMap, MappingError, request_of
from profile_service.bulk.rows import rows_of
from profile_service.v1 import BatchResolveProfilesRequest, Outcome, ResolveProfileRequest

BATCH, BATCHES_AT_ONCE = 200, 3
DEADLINE_S, TRIES, WAIT_S = 60.0, 6, 0.5
PASSING = frozenset({"CONTENTION", "OVERLOADED", "DATABASE_UNAVAILABLE"})
"""Reasons to try an item again."""
INVALID = "FIELD_INVALID"


@dataclass(slots=True)
class Imported:
    """What came of a file; also what its progress file holds. `rows` are done, `key` names file and mapping."""

    key: str
    rows: int = 0
    rejected: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class Batch:
    """Some rows in order: those that can be handed over, and those that cannot."""

    first: int
    count: int = 0
    requests: list[tuple[int, ResolveProfileRequest]] = field(default_factory=list[tuple[int, ResolveProfileRequest]])
    rejected: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    outcomes: Counter[str] = field(default_factory=Counter[str])


async def import_file(
    target: Target, path: Path, held: ColumnMap, progress: Callable[[int], None] = lambda _: None
) -> Imported:
    """Import a file, from where an earlier run of the same file and mapping stopped.

    Each row is one resolution of its own, with matching. Raises FileUnreadable, ProfileError.
    """
    state = path.with_name(f"{path.name}.progress.json")
    rejects = path.with_name(f"{path.name}.rejected.jsonl")
    done = _resume(state, _key(path, held))
    if done.rows == 0:
        rejects.unlink(missing_ok=True)
    progress(done.rows)
    async with AsyncProfileClient(target) as client:
        running: list[asyncio.Task[Batch]] = []
        try:
            for batch in _batches(path, held, done.rows):
                running.append(asyncio.create_task(_hand_over(client, batch)))
                if len(running) == BATCHES_AT_ONCE:
                    _take(done, await running.pop(0), state, rejects, progress)
            while running:
                _take(done, await running.pop(0), state, rejects, progress)
        finally:
            for task in running:
                task.cancel()
                with suppress(asyncio.CancelledError, ProfileError):
                    await task
    return done


def _key(path: Path, held: ColumnMap) -> str:
    """File (name, size, time of change) and mapping: another file, or another mapping, begins anew."""
    about = path.stat()
    text = json.dumps([path.name, about.st_size, about.st_mtime_ns, asdict(held)], sort_keys=True, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()


def _resume(state: Path, key: str) -> Imported:
    try:
        found = json.loads(state.read_text())
    except (OSError, ValueError):
        return Imported(key=key)
    if found.get("key") != key:
        return Imported(key=key)
    return Imported(key=key, rows=found["rows"], rejected=found["rejected"], outcomes=Counter[str](found["outcomes"]))


def _batches(path: Path, held: ColumnMap, skipped: int) -> Iterator[Batch]:
    """The rows that are left, in batches. A row that cannot be handed over is rejected with its reason."""
    now = datetime.now(UTC)
    batch = Batch(first=skipped)
    for number, row in enumerate(rows_of(path)):
        if number < skipped:
            continue
        batch.count += 1
        try:
            batch.requests.append((number, request_of(held, row, now)))
        except MappingError as error:
            batch.rejected.append((number, str(error)))
        if batch.count == BATCH:
            yield batch
            batch = Batch(first=number + 1)
    if batch.count:
        yield batch


Waiting = list[tuple[int, ResolveProfileRequest]]


async def _hand_over(client: AsyncProfileClient, batch: Batch) -> Batch:
    """Call until nothing passing is left; what stays refused is rejected. Raises FileUnreadable, ProfileError."""
    waiting = batch.requests
    for tries in range(TRIES):
        if not waiting:
            return batch
        if tries:
            await asyncio.sleep(WAIT_S * 2**tries)
        waiting = await _call(client, batch, waiting)
    for number, _ in waiting:
        batch.rejected.append((number, "CONTENTION: others changed the same customers all the time; import it again"))
    return batch


async def _call(client: AsyncProfileClient, batch: Batch, waiting: Waiting) -> Waiting:
    """One call; answers what is to be tried again. A row that breaks a limit refuses the whole call: it is found by
    halves."""
    try:
        call = BatchResolveProfilesRequest(requests=[request for _, request in waiting])
        items = (await client.call(call, deadline_s=DEADLINE_S)).items
    except ProfileError as error:
        if error.reason in PASSING:
            return waiting
        if error.reason != INVALID:
            raise
        if len(waiting) == 1:
            batch.rejected.append((waiting[0][0], str(error)))
            return []
        middle = len(waiting) // 2
        return [*await _call(client, batch, waiting[:middle]), *await _call(client, batch, waiting[middle:])]
    again: Waiting = []
    for (number, request), item in zip(waiting, items, strict=True):
        if item.HasField("response"):
            batch.outcomes[Outcome.Name(item.response.outcome).removeprefix("OUTCOME_").lower()] += 1
        elif item.error.reason in PASSING:
            again.append((number, request))
        else:
            batch.rejected.append((number, f"{item.error.reason}: {item.error.message}"))
    return again


def _take(done: Imported, batch: Batch, state: Path, rejects: Path, progress: Callable[[int], None]) -> None:
    """Note what a batch did; batches are taken in order, so that `rows` is a place in the file."""
    if batch.rejected:
        with rejects.open("a", encoding="utf-8") as file:
            for number, reason in sorted(batch.rejected):
                file.write(json.dumps({"row": number + 1, "reason": reason}) + "\n")
    done.rows += batch.count
    done.rejected += len(batch.rejected)
    done.outcomes += batch.outcomes
    temporary = state.with_suffix(".tmp")
    kept = {"key": done.key, "rows": done.rows, "rejected": done.rejected, "outcomes": dict(done.outcomes)}
    temporary.write_text(json.dumps(kept))
    temporary.replace(state)
    progress(batch.count)
