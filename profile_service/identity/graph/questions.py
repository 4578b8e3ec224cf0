"""Which merge reviews a change opens, and which nobody has to answer any more. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from profile_service.identity.graph.counting import is_quarantined
from profile_service.identity.graph.model import GraphNode, NodeId, Refusal
from profile_service.identity.policy import Policy


class Question(NamedTuple):
    """Whether two nodes are one customer's, which a link says and the reason speaks against."""

    a: NodeId
    b: NodeId
    reason: Refusal


class OpenReview(NamedTuple):
    """A question that was asked."""

    id: str
    a: NodeId
    b: NodeId
    reason: Refusal


def settled_reviews(
    open_reviews: Iterable[OpenReview], questions: Iterable[Question], after: Mapping[NodeId, GraphNode]
) -> tuple[str, ...]:
    """The open reviews that nobody needs to answer any more."""
    asked = set(questions)
    return tuple(
        review.id
        for review in open_reviews
        if review.a in after and review.b in after and _is_settled(review, after, asked)
    )


def _is_settled(review: OpenReview, after: Mapping[NodeId, GraphNode], asked: set[Question]) -> bool:
    """What was scored, or shown by two people, stays open until they are one customer, a quarantine until it ends."""
    a, b = after[review.a], after[review.b]
    if review.reason in (Refusal.SCORE, Refusal.ANOTHER_PERSON):
        return a.profile is not None and a.profile == b.profile
    if review.reason is Refusal.TAKE_BACK:
        return False
    if review.reason is Refusal.QUARANTINE:
        return not is_quarantined(a.fan_out) or a.node.ruled_shared is not None
    return Question(review.a, review.b, review.reason) not in asked


def whether_one_person(
    before: Iterable[NodeId], shown: Iterable[NodeId], after: Mapping[NodeId, GraphNode], policy: Policy
) -> Question | None:
    """Whether two people in one contact, who showed these, are one customer; None where that is known (D5)."""

    def strongest(nodes: Iterable[NodeId]) -> GraphNode | None:
        owned = [after[node] for node in nodes if node in after and after[node].profile is not None]
        return max(owned, key=lambda node: (policy.strength(node.node.namespace), node.node.key), default=None)

    first, second = strongest(before), strongest(shown)
    if first is None or second is None or first.profile == second.profile:
        return None
    a, b = sorted((first.node.id, second.node.id))
    return Question(a, b, Refusal.ANOTHER_PERSON)


def new_questions(
    open_reviews: Iterable[OpenReview], questions: Sequence[Question], settled: Iterable[str]
) -> tuple[Question, ...]:
    """The questions that become reviews: at most one is open per node and reason (E6), the next when it is answered. Of
    duplicates the source wants to know every one."""
    closed = set(settled)
    still_open = [review for review in open_reviews if review.id not in closed]
    known = {Question(review.a, review.b, review.reason) for review in still_open}
    taken = {(node, review.reason) for review in still_open for node in (review.a, review.b)}
    opened: list[Question] = []
    for question in questions:
        ends = {(question.a, question.reason), (question.b, question.reason)}
        waits = question.reason is not Refusal.DUPLICATE and not taken.isdisjoint(ends)
        if question not in known and not waits:
            known.add(question)
            taken |= ends
            opened.append(question)
    return tuple(opened)
