"""When a customer is not to be disturbed: quiet hours by the clock of where a contact point is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

SECOND_US = 1_000_000
Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `begin` to `end` by the local clock, over midnight where `end` is the earlier; alike: never. They hold for
    outbound contacts of these purposes on these channels. `time_zones`: of a region (ISO 3166-1), for contact points
    that do not say where they are; else all zones of the region count."""

    begin: Clock = "00:00"
    end: Clock = "00:00"
    purposes: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    time_zones: dict[str, str] = {}

    def concern(self, purpose: str, channel: str) -> bool:
        """Whether they hold for a contact."""
        return self.begin != self.end and purpose in self.purposes and channel in self.channels


def quiet_until(now_us: int, zones: Iterable[str], hours: QuietHours) -> int | None:
    """When it is no longer quiet in any of the time zones, in microseconds; None where it is not quiet now."""
    zones, until = list(zones), now_us
    while (ends := [end for zone in zones if (end := _end(until, zone, hours)) is not None]) and max(ends) > until:
        until = max(ends)
        if until - now_us > timedelta(days=2) / timedelta(microseconds=1):  # no hour suits all zones
            break
    return until if until > now_us else None


def _end(now_us: int, zone: str, hours: QuietHours) -> int | None:
    """When the quiet hours end that hold in a time zone; None where none do."""
    local = datetime.fromtimestamp(now_us / SECOND_US, UTC).astimezone(ZoneInfo(zone))
    begin, end, now = time.fromisoformat(hours.begin), time.fromisoformat(hours.end), local.time()
    over_midnight = end < begin
    is_quiet = (now >= begin or now < end) if over_midnight else begin <= now < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=int(over_midnight and now >= begin))
    return int(datetime.combine(day, end, local.tzinfo).timestamp() * SECOND_US)
