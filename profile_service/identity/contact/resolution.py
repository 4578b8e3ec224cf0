"""What resolution answers for a contact, once the graph is decided: anchor, outcome, results, disclosure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from profile_service.identity.graph.anchor import Brought, choose_anchor
from profile_service.identity.graph.model import Assurance, NodeId, Outcome, ProfileId, Result, Role
from profile_service.identity.policy import Policy

CANDIDATES_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """One identifier of a call after normalisation: keyed to a node, or BLOCKED or INVALID (then `node` is None)."""

    index: int
    namespace: str
    role: Role
    assurance: Assurance
    node: NodeId | None
    is_new: bool = False
    refused: Result | None = None
    reason: str = ""
    contested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeState:
    """A node as the graph has it now: its profile (None: it identifies nobody), and up to where it is shared."""

    id: NodeId
    namespace: str
    key: bytes
    profile: ProfileId | None
    shared: int = 0
    users: tuple[ProfileId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The answer: the node that the contact stands under (None: its own), and why. `candidates` are whom it may be
    else: where nobody is chosen, all whom the identifiers find; else those whom claims find."""

    anchor: NodeId | None
    profile: ProfileId | None
    ambiguous: bool
    results: tuple[tuple[int, Result, str], ...]
    candidates: tuple[tuple[ProfileId, tuple[str, ...]], ...]
    shared: bool


def resolve_contact(presented: Sequence[Presented], states: Mapping[NodeId, NodeState], policy: Policy) -> Resolution:
    """Choose the anchor, and say what became of every identifier."""
    live = [(item, states[item.node]) for item in presented if item.node is not None]
    own = [(item, state) for item, state in live if item.role is Role.SUBJECT and not item.contested]
    brought = [Brought(s.id, s.key, i.namespace, i.assurance, s.profile, s.shared) for i, s in own]
    anchor, profile, ambiguous = choose_anchor(brought, policy)
    candidates = _candidates(live, policy)
    shared = any(
        item.role is Role.SUBJECT and Assurance.CLAIMED < item.assurance <= state.shared for item, state in live
    )
    if anchor is None and not ambiguous and shared and len(candidates) > 1:
        ambiguous = True
    results = tuple(_result(item, states, profile, policy) for item in presented)
    if anchor is not None:
        claimed = [(item, state) for item, state in live if item.assurance is Assurance.CLAIMED]
        candidates = tuple(candidate for candidate in _candidates(claimed, policy) if candidate[0] != profile)
    return Resolution(
        anchor=anchor, profile=profile, ambiguous=ambiguous, results=results, candidates=candidates, shared=shared
    )


def _candidates(
    live: Iterable[tuple[Presented, NodeState]], policy: Policy
) -> tuple[tuple[ProfileId, tuple[str, ...]], ...]:
    """Profiles that the identifiers find, claims included; a node that more than 5 customers use names nobody."""
    namespaces_of: dict[ProfileId, list[str]] = {}
    for item, state in live:
        if item.role is not Role.SUBJECT:
            continue
        owners = (state.profile,) if state.profile is not None else state.users
        if len(owners) > CANDIDATES_MAX:
            continue
        for owner in owners:
            namespaces_of.setdefault(owner, []).append(item.namespace)
    ranked = sorted(namespaces_of.items(), key=lambda pair: (-max(policy.strength(name) for name in pair[1]), pair[0]))
    return tuple((profile, tuple(sorted(set(names)))) for profile, names in ranked)


def _result(
    item: Presented, states: Mapping[NodeId, NodeState], profile: ProfileId | None, policy: Policy
) -> tuple[int, Result, str]:
    if item.refused is not None or item.node is None:
        return item.index, item.refused or Result.INVALID, item.reason
    state = states[item.node]
    if item.role is not Role.SUBJECT:
        return item.index, Result.TOO_WEAK, "only SUBJECT makes links"
    if Assurance.CLAIMED < item.assurance <= state.shared:
        return item.index, Result.SHARED, "several customers use it"
    if item.assurance < policy.namespace(item.namespace).anchor:
        return item.index, Result.TOO_WEAK, "claimed: recorded, and it discloses nothing until it is proved"
    if state.profile is None:
        return item.index, Result.TOO_WEAK, "recorded: not proved well enough to join"
    if state.profile != profile:
        return item.index, Result.TOO_WEAK, "known elsewhere, and no link may join the two"
    return item.index, Result.NEW if item.is_new else Result.KNOWN, ""


def outcome_of(*, resolution: Resolution, before: set[ProfileId], created: bool, changed: bool) -> Outcome:
    """Name what happened. `before` are the profiles that the answered profile's parts had before the call."""
    if resolution.ambiguous:
        return Outcome.AMBIGUOUS
    if len(before) > 1:
        return Outcome.MERGED
    if created or resolution.profile is None:
        return Outcome.CREATED
    return Outcome.LINKED if changed else Outcome.MATCHED
