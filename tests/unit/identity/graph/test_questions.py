"""Which merge reviews a change opens."""

from __future__ import annotations

from profile_service.identity.graph.model import NodeId, Refusal
from profile_service.identity.graph.questions import OpenReview, Question, new_questions

A, B, C, D = map(NodeId, "abcd")


def asked(*pairs: tuple[NodeId, NodeId], reason: Refusal = Refusal.CONFLICT) -> list[Question]:
    """Questions of one reason."""
    return [Question(a, b, reason) for a, b in pairs]


def test_e6_one_review_is_open_per_node_and_reason() -> None:
    """The first question about a node stands for the others; another reason is another question."""
    questions = [*asked((A, B), (A, C), (C, D)), *asked((A, B), reason=Refusal.CONTRADICTION)]
    assert new_questions((), questions, ()) == (questions[0], questions[2], questions[3])


def test_what_is_open_is_not_asked_again_and_makes_others_wait() -> None:
    """Until it is settled: then the next one is asked."""
    open_review = OpenReview("r1", A, B, Refusal.CONFLICT)
    questions = asked((A, B), (B, C))
    assert new_questions([open_review], questions, ()) == ()
    assert new_questions([open_review], questions[1:], ["r1"]) == (questions[1],)


def test_every_duplicate_is_told() -> None:
    """Three records of one customer are two rows too many."""
    questions = asked((A, B), (A, C), reason=Refusal.DUPLICATE)
    assert new_questions((), questions, ()) == tuple(questions)
    known = [OpenReview("r1", A, B, Refusal.DUPLICATE)]
    assert new_questions(known, questions, ()) == (questions[1],)
