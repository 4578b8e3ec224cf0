"""Profiles: by id, over redirects, and as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profile_service.engine.caller import Caller
from profile_service.engine.contact.levels import Levels
from profile_service.engine.runtime import Runtime
from profile_service.identity.graph.naming import NameState
from profile_service.identity.policy import RECORD_PREFIX, Policy
from profile_service.identity.profile.consent import ConsentFact, standing_consents
from profile_service.identity.profile.golden import Chosen, RecordValues, Survivor, survivorship
from profile_service.store.queries.opened import ContactPoint, Opener
from profile_service.store.queries.parts import ProfileParts
from profile_service.store.queries.profiles import read_named_profile

PIN = "pin:"
"""The keys of pins among those of preferences begin so."""


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
    named = await read_named_profile(runtime.database, caller.tenant, profile)
    if named is None:
        return None
    if named.state is NameState.SPLIT or named.target is None:
        return ResolvedId(asked=profile, target=None, successors=named.successors)
    return ResolvedId(asked=profile, target=named.target, successors=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """A profile as it may be shown."""

    id: str
    revision: int
    create_time_us: int
    golden: tuple[Survivor, ...]
    contact_points: Sequence[ContactPoint]
    preferences: Mapping[str, Chosen]
    pins: Mapping[str, Chosen]
    consents: tuple[ConsentFact, ...]


def profile_view(opener: Opener, parts: ProfileParts, policy: Policy, levels: Levels | None = None) -> ProfileView:
    """The profile with its golden record, contact points, preferences and consents; each with its level where a contact
    reads it."""
    records = [
        RecordValues(
            source=row.source,
            occur_time=row.occur_time_us,
            attributes=opener.attributes(row.node, row.value),
            rank=policy.source(row.source).rank,
            disclosure=levels and levels.of_node(row.node),
        )
        for row in parts.records or ()
    ]
    chosen = {
        row.key: Chosen(opener.preference(row), levels and levels.of_node(row.node)) for row in parts.preferences or ()
    }
    pins = {key.removeprefix(PIN): value for key, value in chosen.items() if key.startswith(PIN)}
    points = [
        opener.point(row, levels and levels.of_point(row))
        for row in parts.nodes or ()
        if not row.namespace.startswith(RECORD_PREFIX)
    ]
    return ProfileView(
        id=parts.profile.id,
        revision=parts.profile.revision,
        create_time_us=parts.profile.create_time_us,
        golden=survivorship(records, pins),
        contact_points=points,
        preferences={key: value for key, value in chosen.items() if not key.startswith(PIN)},
        pins=pins,
        consents=_consents(parts),
    )


def _consents(parts: ProfileParts) -> tuple[ConsentFact, ...]:
    """What the customer permits, by the last word of each core."""
    cores = {row.id: row.core for row in parts.nodes or () if row.own}
    return standing_consents(said._replace(core=cores.get(said.core) or said.core) for said in parts.consents or ())
