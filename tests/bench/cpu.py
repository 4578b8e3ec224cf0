"""CPU time of processes, read from /proc (Linux): what a call costs whichever side waits for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
Measure = Callable[[], dict[str, float]]
"""Drives one side for a round; answers its figures, `calls` among them."""


def _numbers(process_id: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name of the program (proc_pid_stat(5)); none where it has ended."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def spent_s(process_ids: Sequence[int]) -> float:
    """User and system time of processes and of their children that have ended, in seconds."""
    return sum(sum(map(int, _numbers(process_id)[11:15])) for process_id in process_ids) / TICKS


def with_children(process_id: int) -> list[int]:
    """A process and those that it started, and they, which live now."""
    parents = {
        int(entry.name): int(fields[1])
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (fields := _numbers(int(entry.name)))
    }
    family = [process_id]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


@dataclass(frozen=True, slots=True)
class Meter:
    """Adds to a round's figures what a call cost: `service_us`, and `postgres_us` where its server is named."""

    service: Sequence[int]
    postmaster: int | None = None

    def metered(self, measure: Measure) -> Measure:
        """The measure with CPU microseconds a call."""

        def run() -> dict[str, float]:
            before = self._spent()
            figures = measure()
            service, postgres = (after - start for after, start in zip(self._spent(), before, strict=True))
            calls = max(figures["calls"], 1)
            cost = {"service_us": 1e6 * service / calls}
            if self.postmaster is not None:
                cost["postgres_us"] = 1e6 * postgres / calls
            return {**figures, **cost}

        return run

    def _spent(self) -> tuple[float, float]:
        servers = [] if self.postmaster is None else with_children(self.postmaster)
        return spent_s(self.service), spent_s(servers)


def postmaster_of(home: Path) -> int:
    """The process of the embedded PostgreSQL of a data directory."""
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])
