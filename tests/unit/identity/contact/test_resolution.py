"""What resolution answers for a contact: anchor, candidates, what became of each identifier, the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from profile_service.identity.contact.resolution import (
    CANDIDATES_MAX,
    NodeState,
    Presented,
    Resolution,
    outcome_of,
    resolve_contact,
)
from profile_service.identity.graph.model import Assurance, NodeId, Outcome, ProfileId, Result, Role
from profile_service.identity.policies import shipped_policy

POLICY = shipped_policy("default")
C, OB, V = Assurance.CLAIMED, Assurance.OBSERVED, Assurance.VERIFIED
CLAIMED = "claimed: recorded, and it discloses nothing until it is proved"
WEAK = "recorded: not proved well enough to join"
ELSEWHERE = "known elsewhere, and no link may join the two"


def shown(name: str, assurance: Assurance = OB, role: Role = Role.SUBJECT, index: int = 0) -> Presented:
    """An identifier of a call; its namespace stands before the colon."""
    return Presented(index=index, namespace=name.partition(":")[0], role=role, assurance=assurance, node=NodeId(name))


def state(name: str, profile: str | None = "p1", shared: int = 0, users: Sequence[str] = ()) -> NodeState:
    """A node as the graph has it."""
    return NodeState(
        id=NodeId(name),
        namespace=name.partition(":")[0],
        key=name.encode(),
        profile=ProfileId(profile) if profile else None,
        shared=shared,
        users=tuple(map(ProfileId, users)),
    )


def resolved(*pairs: tuple[Presented, NodeState]) -> Resolution:
    """Resolve identifiers whose nodes are known."""
    items = [replace(item, index=place) for place, (item, _) in enumerate(pairs)]
    return resolve_contact(items, {state.id: state for _, state in pairs}, POLICY)


def test_an_identifier_and_a_node_are_plain_where_nothing_is_said() -> None:
    """Known, not refused, not contested; shared by nobody."""
    said = replace(shown("email:1"), is_new=False, refused=None, reason="", contested=False)
    assert shown("email:1") == said
    bare = NodeState(id=NodeId("email:1"), namespace="email", key=b"email:1", profile=ProfileId("p1"))
    assert (bare.shared, bare.users) == (0, ())


@pytest.mark.parametrize(
    ("item", "node_state", "may"),
    [
        (shown("email:1", OB), state("email:1"), True),
        (shown("email:1", C), state("email:1"), False),
        (shown("email:1", OB), state("email:1", None), False),
        (shown("email:1", OB), state("email:1", shared=2), False),
        (shown("email:1", V), state("email:1", shared=2), True),
        (shown("email:1", V), state("email:1", shared=4), False),
        (shown("email:1", OB, Role.PARTICIPANT), state("email:1"), False),
        (shown("email:1", OB, Role.BUSINESS), state("email:1"), False),
        (shown("email:1", OB, Role.ON_BEHALF_OF), state("email:1"), False),
        (replace(shown("email:1", V), contested=True), state("email:1"), False),
    ],
)
def test_a_contact_may_stand_under_an_identifier(item: Presented, node_state: NodeState, may: bool) -> None:
    """The customer's own, proved well enough, not shared up to there, not contested, and somebody's."""
    assert (resolve_contact([item], {node_state.id: node_state}, POLICY).anchor == node_state.id) is may


def test_a_known_identifier_is_the_anchor() -> None:
    """With its profile; no candidates are listed then."""
    found = resolved((shown("email:1"), state("email:1")))
    assert found == Resolution(
        anchor=NodeId("email:1"),
        profile=ProfileId("p1"),
        ambiguous=False,
        results=((0, Result.KNOWN, ""),),
        candidates=(),
        shared=False,
    )


def test_nothing_presented_is_nobody() -> None:
    """Neither anchor nor candidate."""
    assert resolved() == Resolution(anchor=None, profile=None, ambiguous=False, results=(), candidates=(), shared=False)


def test_the_strongest_of_those_proved_best_is_the_anchor() -> None:
    """A better proof comes before a stronger namespace; among equals the smallest key."""
    found = resolved((shown("email:1", OB), state("email:1")), (shown("phone:1", V), state("phone:1")))
    assert found.anchor == "phone:1"
    found = resolved((shown("email:1"), state("email:1")), (shown("phone:1"), state("phone:1")))
    assert found.anchor == "email:1"
    found = resolved((shown("phone:1"), state("phone:1")), (shown("email:1"), state("email:1")))
    assert found.anchor == "email:1"
    for first, second in (("email:1", "email:2"), ("email:2", "email:1")):
        assert resolved((shown(first), state(first)), (shown(second), state(second))).anchor == "email:1"


def test_nobody_is_picked_where_the_best_proofs_disagree() -> None:
    """Both are listed; one that is proved better decides."""
    first, second = (shown("email:1"), state("email:1")), (shown("phone:1"), state("phone:1", "p2"))
    torn = resolved(first, second)
    assert (torn.anchor, torn.profile, torn.ambiguous, torn.shared) == (None, None, True, False)
    assert torn.candidates == (("p1", ("email",)), ("p2", ("phone",)))
    assert [result for _, result, _ in torn.results] == [Result.TOO_WEAK, Result.TOO_WEAK]
    proved = resolved(first, (shown("phone:1", V), state("phone:1", "p2")))
    assert (proved.anchor, proved.profile, proved.ambiguous) == ("phone:1", "p2", False)
    assert proved.results == ((0, Result.TOO_WEAK, ELSEWHERE), (1, Result.KNOWN, ""))


def test_those_proved_well_enough_to_join_decide() -> None:
    """A device that was only observed anchors nobody against an address, but it does by itself."""
    device = (shown("device:1"), state("device:1", "p2"))
    assert resolved((shown("email:1"), state("email:1")), device).profile == "p1"
    assert resolved(device).profile == "p2"
    assert resolved(device, (shown("cookie:1"), state("cookie:1", "p3"))).ambiguous


@pytest.mark.parametrize(
    ("item", "node_state", "result"),
    [
        (shown("email:1"), state("email:1"), (Result.KNOWN, "")),
        (replace(shown("email:1"), is_new=True), state("email:1"), (Result.NEW, "")),
        (shown("email:1", C), state("email:1"), (Result.TOO_WEAK, CLAIMED)),
        (shown("email:1", C), state("email:1", shared=4), (Result.TOO_WEAK, CLAIMED)),
        (shown("email:1", OB), state("email:1", shared=2), (Result.SHARED, "several customers use it")),
        (shown("email:1", OB), state("email:1", shared=4), (Result.SHARED, "several customers use it")),
        (shown("email:1", V), state("email:1", shared=2), (Result.KNOWN, "")),
        (shown("email:1", OB), state("email:1", None), (Result.TOO_WEAK, WEAK)),
        (replace(shown("email:1"), contested=True), state("email:1"), (Result.TOO_WEAK, ELSEWHERE)),
        (shown("email:1", OB, Role.BUSINESS), state("email:1"), (Result.TOO_WEAK, "only SUBJECT makes links")),
        (
            replace(shown("email:1", V, Role.PARTICIPANT), is_new=True),
            state("email:1", None, 4),
            (Result.TOO_WEAK, "only SUBJECT makes links"),
        ),
    ],
)
def test_what_became_of_an_identifier(item: Presented, node_state: NodeState, result: tuple[Result, str]) -> None:
    """With the reason, in which there is no personal value."""
    assert resolved((item, node_state)).results == ((0, *result),)


@pytest.mark.parametrize(
    ("refused", "reason", "result"),
    [(Result.BLOCKED, "a placeholder", Result.BLOCKED), (None, "not a number", Result.INVALID)],
)
def test_what_has_no_node_is_refused(refused: Result | None, reason: str, result: Result) -> None:
    """With the reason that came with it; it takes no part in anything else."""
    item = Presented(
        index=4, namespace="email", role=Role.SUBJECT, assurance=V, node=None, refused=refused, reason=reason
    )
    found = resolve_contact([item], {}, POLICY)
    assert (found.results, found.anchor, found.candidates) == (((4, result, reason),), None, ())


def test_what_is_refused_stays_refused_though_it_has_a_node() -> None:
    """A value that the tenant blocked later."""
    item = replace(shown("email:1"), refused=Result.BLOCKED, reason="blocked")
    assert resolved((item, state("email:1"))).results == ((0, Result.BLOCKED, "blocked"),)


def test_claims_find_candidates_and_prove_nothing() -> None:
    """The strongest first, then by id; each with the namespaces that found it, named once."""
    found = resolved(
        (shown("x:1", C), state("x:1", "p3")),
        (shown("phone:1", C), state("phone:1", "p2")),
        (shown("phone:2", C), state("phone:2", "p2")),
        (shown("x:2", C), state("x:2", "p2")),
        (shown("email:1", C), state("email:1", "p9")),
        (shown("x:4", C), state("x:4", "p1")),
    )
    assert (found.anchor, found.ambiguous, found.shared) == (None, False, False)
    assert found.candidates == (("p9", ("email",)), ("p2", ("phone", "x")), ("p1", ("x",)), ("p3", ("x",)))


@pytest.mark.parametrize(("count", "listed"), [(2, 2), (CANDIDATES_MAX, 5), (CANDIDATES_MAX + 1, 0)])
def test_a_shared_identifier_finds_its_users(count: int, listed: int) -> None:
    """Up to five of them: then nobody is picked; one that more use names nobody."""
    users = [f"p{number}" for number in range(count)]
    found = resolved((shown("phone:1"), state("phone:1", None, 2, users)))
    assert (found.shared, found.ambiguous, len(found.candidates)) == (True, listed > 1, listed)


def test_one_user_of_a_shared_identifier_is_a_candidate() -> None:
    """Not several that could be meant."""
    found = resolved((shown("phone:1"), state("phone:1", None, 2, ["p1"])))
    assert (found.shared, found.ambiguous, found.candidates) == (True, False, (("p1", ("phone",)),))


def test_a_claim_of_a_shared_identifier_is_no_sharing() -> None:
    """Nor is what is somebody else's in the contact, nor a proof above the level."""
    users = ["p1", "p2"]
    claimed = resolved((shown("phone:1", C), state("phone:1", None, 3, users)))
    assert (claimed.shared, claimed.ambiguous, len(claimed.candidates)) == (False, False, 2)
    other = resolved((shown("phone:1", OB, Role.BUSINESS), state("phone:1", None, 3, users)))
    assert (other.shared, other.ambiguous, other.candidates) == (False, False, ())
    proved = resolved((shown("phone:1", V), state("phone:1", None, 2, users)))
    assert (proved.shared, proved.ambiguous) == (False, False)


def test_a_shared_identifier_beside_one_that_proves_is_told() -> None:
    """The contact stands under the other."""
    found = resolved((shown("phone:1"), state("phone:1", None, 2, ["p1", "p2"])), (shown("email:1"), state("email:1")))
    assert (found.anchor, found.shared, found.ambiguous, found.candidates) == ("email:1", True, False, ())


@pytest.mark.parametrize(
    ("ambiguous", "profile", "before", "created", "changed", "outcome"),
    [
        (True, None, {"p1", "p2"}, True, True, Outcome.AMBIGUOUS),
        (False, "p1", {"p1", "p2"}, True, True, Outcome.MERGED),
        (False, "p1", {"p1"}, True, True, Outcome.CREATED),
        (False, None, {"p1"}, False, True, Outcome.CREATED),
        (False, "p1", {"p1"}, False, True, Outcome.LINKED),
        (False, "p1", {"p1"}, False, False, Outcome.MATCHED),
        (False, "p1", set[str](), False, False, Outcome.MATCHED),
    ],
)
def test_what_happened_has_a_name(
    ambiguous: bool, profile: str | None, before: set[str], created: bool, changed: bool, outcome: Outcome
) -> None:
    """The greatest change first."""
    found = Resolution(
        anchor=None,
        profile=ProfileId(profile) if profile else None,
        ambiguous=ambiguous,
        results=(),
        candidates=(),
        shared=False,
    )
    known = {ProfileId(name) for name in before}
    assert outcome_of(resolution=found, before=known, created=created, changed=changed) is outcome
