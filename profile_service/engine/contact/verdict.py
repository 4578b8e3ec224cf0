"""Where a contact stands once the graph is decided: anchor, outcome, conversation. Used by all calls that resolve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from profile_service.engine.graph.evidence import Standing
from profile_service.engine.identifiers import Item
from profile_service.identity.contact.resolution import NodeState, Presented, Resolution, outcome_of, resolve_contact
from profile_service.identity.graph.model import Assurance, NodeId, Outcome, ProfileId, Result, Role
from profile_service.identity.graph.naming import NameState
from profile_service.identity.policy import Policy
from profile_service.store.plan import Plan
from profile_service.store.rows.contact import Answer, ContactChangeRow
from profile_service.store.rows.graph import ProfileRow

DIALLED = "DIALLED"
"""The method of what we called or wrote to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What resolution answers, and what the contact row holds of it. `corrected`: an agent said it.
    `probabilities`: of several candidates."""

    resolution: Resolution
    outcome: Outcome
    anchor_assurance: Assurance
    results: tuple[tuple[int, Result, str], ...]
    corrected: bool = False
    probabilities: Mapping[ProfileId, float] = field(default_factory=dict[ProfileId, float])

    def profile(self, contact: str) -> str:
        """The profile that the contact stands under; its own where nobody is known."""
        return self.resolution.profile or contact

    def answer(self) -> Answer:
        """What a replay answers; ids only."""
        likely = self.probabilities
        ranked = sorted(self.resolution.candidates, key=lambda candidate: -likely.get(candidate[0], 0.0))
        return Answer(
            outcome=self.outcome,
            results=tuple((index, int(result), reason) for index, result, reason in self.results),
            candidates=tuple((profile, tuple(names), round(likely.get(profile, 0.0), 4)) for profile, names in ranked),
        )


def judge(
    standing: Standing, items: Sequence[Item], earlier: Sequence[tuple[NodeId, str, Assurance]], policy: Policy
) -> Verdict:
    """Resolve the contact from what it presents now and what it brought before (`earlier`: node, namespace, proof)."""
    brought = tuple(
        Presented(index=-1, namespace=namespace, role=Role.SUBJECT, assurance=assurance, node=node)
        for node, namespace, assurance in earlier
        if node in standing.states
    )
    resolution = resolve_contact((*standing.presented, *brought), standing.states, policy)
    before = {
        owner
        for node, owner in standing.before.items()
        if owner is not None and _same(standing.states, node, resolution.profile)
    }
    outcome = outcome_of(
        resolution=resolution,
        before=before,
        created=resolution.profile in standing.created,
        changed=standing.changed,
    )
    joins = standing.changed and not resolution.ambiguous and (outcome is not Outcome.CREATED or len(items) > 1)
    results = tuple(
        (index, Result.JOINED if joins and result is Result.NEW and not reason else result, reason)
        for index, result, reason in resolution.results
        if index >= 0
    )
    proofs = {item.node: item.assurance for item in (*standing.presented, *brought) if item.node is not None}
    anchor = resolution.anchor
    return Verdict(
        resolution=resolution,
        outcome=outcome,
        anchor_assurance=proofs.get(anchor, Assurance.CLAIMED) if anchor is not None else Assurance.CLAIMED,
        results=results,
    )


def _same(states: Mapping[NodeId, NodeState], node: NodeId, profile: ProfileId | None) -> bool:
    return node in states and profile is not None and states[node].profile == profile


def as_said(verdict: Verdict, anchor: NodeId | None, profile: ProfileId | None, *, corrected: bool) -> Verdict:
    """Where a contact stands of which we know more than it shows: an agent named the customer, or we called one."""
    resolution = replace(
        verdict.resolution, anchor=anchor, profile=profile, ambiguous=False, shared=False, candidates=()
    )
    return replace(verdict, resolution=resolution, anchor_assurance=Assurance.CLAIMED, corrected=corrected)


def as_dialled(verdict: Verdict, items: Sequence[Item], states: Mapping[NodeId, NodeState]) -> Verdict:
    """Where a contact stands that we began to an identifier that one customer owns: under that customer, though
    somebody else may answer (D9)."""
    if verdict.resolution.profile is not None or len(verdict.resolution.candidates) != 1:
        return verdict
    (profile, _), keys = verdict.resolution.candidates[0], {item.key for item in items if item.given.method == DIALLED}
    dialled = [state.id for state in states.values() if state.key in keys and state.profile == profile]
    return as_said(verdict, min(dialled), profile, corrected=False) if dialled else verdict


def write_own_profile(plan: Plan, contact: str, time_us: int, *, live: bool) -> None:
    """The profile of a contact that stands under nobody; it redirects once the contact stands under somebody."""
    plan.add(
        ProfileRow(
            profile_id=contact,
            founder_node=None,
            founder_contact=contact,
            state=NameState.LIVE if live else NameState.REDIRECTED,
            create_time_us=time_us,
        )
    )


def write_anchor(plan: Plan, contact: str, verdict: Verdict, persons: Sequence[int]) -> None:
    """Move a contact, and what hangs on it, to its anchor: what who speaks last said, of several `persons`."""
    plan.add(
        ContactChangeRow(
            contact_id=contact,
            anchor_node=verdict.resolution.anchor,
            anchor_assurance=verdict.anchor_assurance,
            ambiguous=verdict.resolution.ambiguous,
            shared=verdict.resolution.shared and verdict.resolution.anchor is None,
            corrected=verdict.corrected,
            corrected_node=verdict.resolution.anchor if verdict.corrected else None,
            persons=persons,
        )
    )
