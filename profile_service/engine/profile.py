"""Profiles: by id, over redirects, and as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from profile_service.engine.caller import Caller
from profile_service.engine.runtime import Runtime
from profile_service.identity.policy import RECORD_PREFIX
from profile_service.identity.profile.consent import ConsentFact, strictest
from profile_service.identity.profile.golden import RecordValues, Survivor, survivorship
from profile_service.store.queries.context import Opener

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedId:
    """What a profile id resolves to; `target` None: it was split."""

    asked: str
    target: str | None
    successors: Sequence[str]


def etag_of(profile: str, revision: int) -> str:
    """The etag of a profile at a revision."""
    return f"{profile[-6:]}-{revision:x}"


async def resolve_profile_id(runtime: Runtime, caller: Caller, profile: str) -> ResolvedId | None:
    """Follow a profile id: computed from its founder, so that no cycle can exist (R11). None where unknown."""
    rows = await runtime.database.rows(caller.tenant, "profile_by_id", {"profile": profile})
    if not rows:
        return None
    row = rows[0]
    if row["state"] == "split" or row["target"] is None:
        return ResolvedId(asked=profile, target=None, successors=row["successors"])
    return ResolvedId(asked=profile, target=row["target"], successors=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """A profile as it may be shown."""

    id: str
    revision: int
    create_time_us: int
    golden: tuple[Survivor, ...]
    contact_points: Sequence[Row]
    preferences: Mapping[str, str]
    pins: Mapping[str, str]
    consents: tuple[ConsentFact, ...]


def profile_view(opener: Opener, parts: Row) -> ProfileView:
    """The profile with its golden record, contact points, preferences and consents."""
    records = [
        RecordValues(
            source=row["source"],
            occur_time=row["occur"],
            attributes=opener.json(f"source_record/attributes/{row['node']}", row["value"]),
        )
        for row in parts["records"] or ()
    ]
    chosen = {row["key"]: row["value"] for row in opener.values(parts["preferences"], "preference/value/{node}.{key}")}
    pins = {key.removeprefix("pin:"): value for key, value in chosen.items() if key.startswith("pin:")}
    consents = [
        ConsentFact(node=row[0], purpose=row[1], channel=row[2], brand=row[3], granted=row[4], occur_time=row[5])
        for row in parts["consents"] or ()
    ]
    points = [row for row in parts["nodes"] or () if not row["namespace"].startswith(RECORD_PREFIX)]
    return ProfileView(
        id=parts["profile"]["id"],
        revision=parts["profile"]["revision"],
        create_time_us=parts["profile"]["created"],
        golden=survivorship(records, pins),
        contact_points=opener.values(points, "node/value/{id}"),
        preferences={key: value for key, value in chosen.items() if not key.startswith("pin:")},
        pins=pins,
        consents=strictest(consents),
    )
