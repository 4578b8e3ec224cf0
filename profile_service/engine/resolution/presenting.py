"""What matching makes of a record's identifiers: which of them do not fit, and whom the record is like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from profile_service.engine.graph.evidence import Scored
from profile_service.engine.identifiers import Item
from profile_service.engine.matching.description import compared_as
from profile_service.engine.matching.search import Matched
from profile_service.engine.runtime import Tenant
from profile_service.identity.graph.model import NodeId, ProfileId
from profile_service.identity.matching.decision import Match
from profile_service.identity.matching.opinion import Opinion, opinion
from profile_service.identity.policy import Policy
from profile_service.store.queries.found import Found, FoundNode

REVIEWS_MAX = 5
"""Merge reviews that one record opens, at most."""


def contesting(items: Sequence[Item], found: Found, matched: Matched, policy: Policy) -> list[Item]:
    """The items of a record; those of profiles that it does not resemble are contested. The record is the last. What it
    was contested for before stays so: that it uses an identifier which it shares does not make it its own (E4). Where a
    record of a source of record contradicts the customer, both are weighed with all that is known (E2)."""
    source = policy.source(items[-1].namespace)
    others = {match.candidate.profile for match in matched.decision.ranked if _contradicts(matched, match)}
    record = found.nodes.get(items[-1].index)
    own = record.profile if record is not None else None
    joined = {end for link in found.links if record is not None and record.id in link[:2] for end in link[:2]}

    def fitting(node: FoundNode) -> AbstractSet[str]:
        is_own = own is not None and (node.profile == own or node.id in joined)
        return matched.owners() | {own} if is_own and own is not None else matched.owners()

    likely = {
        match.candidate.profile: match.score.probability
        for match in matched.decision.joined
        if not match.by_identifiers_alone
    }

    def agreed(node: FoundNode) -> float | None:
        return max((likely[owner] for owner in (node.profile, *node.users) if owner in likely), default=None)

    return [
        replace(
            item,
            contested=_is_contested(item, found.nodes[item.index], fitting(found.nodes[item.index]))
            and not (source.is_of_record(item.namespace) and found.nodes[item.index].profile in others),
            agreed=agreed(found.nodes[item.index]),
        )
        if item.index in found.nodes and policy.namespace(item.namespace).shareable
        else item
        for item in items
    ]


def by_score(
    items: Sequence[Item], found: Found, matched: Matched, tenant: Tenant
) -> tuple[list[Scored], list[Scored]]:
    """Whom the record joins by score, and whom a human is asked about. Who shares an identifier with it alone is joined
    by that, which falls back where it turns shared."""
    policy, decision = tenant.policy, matched.decision
    counted = {
        compared: item.index
        for item in items
        if item.proven and item.assurance >= policy.join_min(item.namespace) and (compared := compared_as(item))
    }
    joined = [match for match in decision.joined if not (match.by_identifiers_alone and _is_linked(match, found))]
    label = tenant.model.label
    return _scored(joined, counted, label), _scored(decision.reviewed[:REVIEWS_MAX], counted, label)


def _scored(matches: Iterable[Match], counted: Mapping[tuple[str, str], int], model: str) -> list[Scored]:
    return [
        Scored(
            node=NodeId(match.candidate.via),
            profile=ProfileId(match.candidate.profile),
            probability=match.score.probability,
            model=model,
            depends_on=frozenset(counted[value] for value in match.depends_on if value in counted),
        )
        for match in matches
    ]


def _is_linked(match: Match, found: Found) -> bool:
    """Whether an identifier is the candidate's own."""
    return any(node.profile == match.candidate.profile for node in found.nodes.values())


def _contradicts(matched: Matched, match: Match) -> bool:
    return opinion(matched.attributes, match.candidate.attributes) is Opinion.CONTRADICT


def _is_contested(item: Item, node: FoundNode, fitting: AbstractSet[str]) -> bool:
    """Whether the record does not resemble the customer who has the identifier, or any of those who share it."""
    if node.profile is not None:
        return node.profile not in fitting
    return item.assurance <= node.shared and fitting.isdisjoint(node.users)
