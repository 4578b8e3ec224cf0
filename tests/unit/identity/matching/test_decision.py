"""Which of the candidates a record joins, and which of them a human should look at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profile_service.identity.matching.attributes import Attributes, parse_attributes
from profile_service.identity.matching.decision import Candidate, Decision, Judge, Match
from profile_service.identity.matching.explanation import lines
from profile_service.identity.matching.frequencies import Frequencies
from profile_service.identity.matching.levels import Agreement
from profile_service.identity.matching.scoring import NEAR_MISS_MAX, Score, score
from profile_service.identity.matching.vocabulary import Comparison, Level
from tests.unit.identity.matching.said import EMPTY, MODEL, said_by

JUDGE = Judge(model=MODEL, frequencies=EMPTY)
ANNA = {"given_name": "Anna", "family_name": "Vandersteen"}
BORN = {**ANNA, "birth_date": "1978-12-11"}


def candidate(name: str, attributes: Attributes) -> Candidate:
    """A profile; the link to it would be made to a node of its name."""
    return Candidate(profile=name, via=f"n-{name}", attributes=attributes)


def names(matches: tuple[Match, ...]) -> list[str]:
    """Whom they are with."""
    return [match.candidate.profile for match in matches]


def match(*found: tuple[Agreement, float], prior: float = 0.0, vetoes: tuple[str, ...] = ()) -> Match:
    """A candidate with a score."""
    score = Score(
        prior=prior, found=[agreement for agreement, _ in found], weights=[weight for _, weight in found], vetoes=vetoes
    )
    return Match(candidate=candidate("p", Attributes()), score=score)


def test_thresholds_are_those_of_the_default_policy() -> None:
    """Where none are given; who is ruled out at once is compared no further."""
    assert Judge(model=MODEL, frequencies=EMPTY, join=0.95, review=0.5, in_full=False) == JUDGE
    assert Decision() == Decision(ranked=(), joined=(), reviewed=())
    assert match().depends_on == frozenset()


EXACT_MAIL, EXACT_PHONE = Agreement(Comparison.EMAIL, Level.EXACT), Agreement(Comparison.PHONE, Level.EXACT)
EXACT_HANDLE, EXACT_DEVICE = Agreement(Comparison.HANDLE, Level.EXACT), Agreement(Comparison.DEVICE, Level.EXACT)


@pytest.mark.parametrize(
    ("found", "alone"),
    [
        ([(EXACT_MAIL, 1.0)], True),
        ([(EXACT_MAIL, 1.0), (EXACT_PHONE, 1.0)], True),
        (
            [
                (EXACT_MAIL, 1.0),
                (Agreement(Comparison.HANDLE, Level.EXACT), 1.0),
                (Agreement(Comparison.DEVICE, Level.EXACT), 1.0),
            ],
            True,
        ),
        ([(EXACT_MAIL, 1.0), (Agreement(Comparison.PHONE, Level.CLOSE), 1.0)], False),
        ([(EXACT_MAIL, 1.0), (Agreement(Comparison.GENDER, Level.EXACT), 1.0)], False),
        ([(EXACT_MAIL, 1.0), (Agreement(Comparison.GENDER, Level.EXACT), 0.0)], True),
        ([(EXACT_MAIL, 1.0), (Agreement(Comparison.GIVEN_NAME, Level.DIFFERENT), -1.0)], True),
    ],
)
def test_identifiers_alone_may_speak_for_a_match(found: list[tuple[Agreement, float]], alone: bool) -> None:
    """Those that both have, exactly."""
    assert match(*found).by_identifiers_alone is alone


GIVEN = Agreement(Comparison.GIVEN_NAME, Level.DIFFERENT)


@pytest.mark.parametrize(
    ("outcome", "contradicts"),
    [
        (match((GIVEN, -1.0)), True),
        (match((Agreement(Comparison.BIRTH_DATE, Level.DIFFERENT), -1.0)), True),
        (match((Agreement(Comparison.GOVERNMENT_ID, Level.DIFFERENT), -1.0)), True),
        (match((Agreement(Comparison.FAMILY_NAME, Level.DIFFERENT), -1.0)), False),
        (match((Agreement(Comparison.ADDRESS, Level.DIFFERENT), -1.0)), False),
        (match((GIVEN, 0.0), prior=-1.0), False),
        (match((EXACT_MAIL, -1.0)), False),
        (match((GIVEN, -1.0), (EXACT_MAIL, 1.0)), False),
        (match((GIVEN, -1.0), (EXACT_MAIL, 0.9)), True),
        (match((EXACT_MAIL, 9.0), vetoes=("name",)), True),
        (match((EXACT_MAIL, 9.0), vetoes=("document_of_nobody",)), False),
        (match((EXACT_MAIL, 9.0), vetoes=("document_of_nobody", "name")), True),
        (match((GIVEN, -1.0), vetoes=("document_of_nobody",)), True),
        (match(prior=-1.0), False),
    ],
)
def test_a_record_may_be_of_somebody_else(outcome: Match, contradicts: bool) -> None:
    """Not likely enough to ask (0.5), and something of the person differs."""
    assert outcome.contradicts(0.5) is contradicts


def test_a_verdict_is_join_review_or_apart() -> None:
    """By the profile."""
    first, two, three = (replace(match(), candidate=candidate(name, Attributes())) for name in ("p1", "p2", "p3"))
    decision = Decision(ranked=(first, two, three), joined=(first,), reviewed=(two,))
    assert [decision.verdict(outcome) for outcome in (first, two, three)] == ["join", "review", "apart"]


def probability(record: Attributes, other: Attributes) -> float:
    """How likely the two are one."""
    return score(record, other, MODEL, EMPTY).probability


def test_who_reaches_the_threshold_is_joined_and_who_nearly_does_is_asked() -> None:
    """At the threshold exactly; below the lower one nothing happens."""
    record, other = said_by(**ANNA), said_by(**ANNA, occupation="baker")
    likely = probability(record, other)
    candidates = [candidate("p", other)]
    for join, review, joined, reviewed in (
        (likely, likely, ["p"], []),
        (likely + 0.001, likely, [], ["p"]),
        (likely + 0.002, likely + 0.001, [], []),
    ):
        judge = replace(JUDGE, join=join, review=review)
        decision = judge.decide(record, None, candidates)
        assert (names(decision.joined), names(decision.reviewed)) == (joined, reviewed)
        assert names(decision.ranked) == ["p"]


def test_candidates_are_ranked_by_their_likelihood() -> None:
    """Of equal ones the first by its node."""
    record = said_by(**BORN)
    less, unlikely = said_by(**ANNA), said_by(name="Zoe Kramer")
    candidates = [candidate("p9", unlikely), candidate("p3", less), candidate("p2", record), candidate("p1", less)]
    decision = JUDGE.decide(record, None, candidates)
    assert names(decision.ranked) == ["p2", "p1", "p3", "p9"]
    assert names(decision.joined)[0] == "p2"
    assert "p9" not in names(decision.joined) + names(decision.reviewed)
    assert JUDGE.decide(record, None, []) == Decision()


def test_a_record_that_bridges_two_merges_them() -> None:
    """Unless what is known of the two forbids it: then the second is a question."""
    home = {"street": "12 Mill Lane", "postcode": "43004"}
    record = said_by(**ANNA, **home)
    two = [candidate(f"p{place}", said_by(**ANNA, **home)) for place in (1, 2)]
    assert names(JUDGE.decide(record, None, two).joined) == ["p1", "p2"]
    older, younger = (said_by(**ANNA, **home, birth_date=date) for date in ("1950-01-09", "1988-07-23"))
    decision = JUDGE.decide(record, None, [candidate("p1", older), candidate("p2", younger)])
    assert (names(decision.joined), names(decision.reviewed)) == (["p1"], ["p2"])


def test_a_record_of_a_profile_is_judged_with_all_that_is_known_of_it() -> None:
    """Its own profile forbids what the record alone would join."""
    home = {"street": "12 Mill Lane", "postcode": "43004"}
    record, other = said_by(**ANNA, **home), said_by(**ANNA, **home, birth_date="1988-07-23")
    candidates = [candidate("p1", other)]
    assert names(JUDGE.decide(record, None, candidates).joined) == ["p1"]
    own = said_by(**ANNA, birth_date="1950-01-09")
    decision = JUDGE.decide(record, own, candidates)
    assert (names(decision.joined), names(decision.reviewed)) == ([], ["p1"])
    assert names(JUDGE.decide(record, Attributes(), candidates).joined) == ["p1"]


def test_a_record_that_is_new_is_no_history_of_its_own() -> None:
    """A birth date that it has wrong forbids nothing while it is in no profile."""
    home = {"street": "12 Mill Lane", "phone": "+13105550101"}
    record = said_by(**ANNA, **home, birth_date="1960-01-09")
    candidates = [candidate("p1", said_by(**ANNA, **home, birth_date="1971-07-23"))]
    assert probability(record, candidates[0].attributes) >= 0.95
    assert names(JUDGE.decide(record, None, candidates).joined) == ["p1"]
    assert names(JUDGE.decide(record, Attributes(), candidates).reviewed) == ["p1"]


def test_a_join_depends_on_the_identifiers_without_which_it_would_not_be() -> None:
    """All that both have, where nothing else is enough; else none."""
    few = replace(JUDGE, frequencies=replace(EMPTY, people=5))
    mail, phone = {"email": "wvlorb@b.org"}, {"phone": "+13105550101"}
    record = said_by(**mail, **phone)
    (joined,) = few.decide(record, None, [candidate("p", said_by(**mail, **phone, gender="f"))]).joined
    assert joined.depends_on == {("emails", "wvlorb@b.org"), ("phones", "+13105550101")}
    (joined,) = few.decide(said_by(**BORN, **mail), None, [candidate("p", said_by(**BORN, **mail))]).joined
    assert joined.depends_on == frozenset()
    (joined,) = few.decide(said_by(**BORN, **mail), None, [candidate("p", said_by(**BORN, **phone))]).joined
    assert joined.depends_on == frozenset()
    strict = replace(few, join=probability_of_five(said_by(**BORN), said_by(**BORN)))
    (joined,) = strict.decide(said_by(**BORN, **mail), None, [candidate("p", said_by(**BORN, **mail))]).joined
    assert joined.depends_on == frozenset()


def probability_of_five(left: Attributes, right: Attributes) -> float:
    """How likely two of five customers are one."""
    return score(left, right, MODEL, replace(EMPTY, people=5)).probability


def test_who_is_ruled_out_at_once_is_compared_in_full_where_it_is_shown() -> None:
    """For people to read."""
    record, other = said_by(**BORN), said_by(name="Benjamin Vandersteen", birth_date="1990-03-15")
    (brief,) = JUDGE.decide(record, None, [candidate("p", other)]).ranked
    (whole,) = replace(JUDGE, in_full=True).decide(record, None, [candidate("p", other)]).ranked
    assert (brief.score.weighed, len(whole.score.weighed)) == ((), 3)
    assert brief.score.probability == whole.score.probability == 0


def test_an_address_one_letter_off_is_a_question_where_nothing_else_speaks() -> None:
    """However small the base: john.smith1 and john.smith2 may well be two. A name in common joins them."""
    few = Frequencies(people=5, of_comparison={}, of_value={})
    judge = Judge(model=MODEL, frequencies=few)

    def decide(said: dict[str, str], phones: tuple[str, str] | None = None) -> Decision:
        sides: list[Attributes] = []
        for place in (0, 1):
            numbers = [("phone", phones[place])] if phones else []
            sides.append(parse_attributes(said, [("email", f"john.smith{place}@example.org"), *numbers]))
        return judge.decide(sides[0], None, [Candidate(profile="p", via="n", attributes=sides[1])])

    for said in ({}, {"gender": "m"}, {"city": "Leeds"}, {"occupation": "baker"}):
        decision = decide(said)
        (match,) = decision.ranked
        assert (decision.joined, decision.reviewed) == ((), (match,))
        assert (match.score.probability, decision.verdict(match)) == (NEAR_MISS_MAX, "review")
        assert "at most 0.9" in "".join(lines(match.score, 0.95, 0.5, "review"))
    series = ("+13105550101", "+13105550102")
    assert decide({}, series).reviewed
    (joined,) = decide({}, (series[0], series[0])).joined
    assert joined.depends_on == {("phones", series[0])}
    assert decide({"given_name": "John", "family_name": "Smith"}).joined


def test_what_is_likely_but_forbidden_is_told_as_a_review() -> None:
    """Two established customers with other birth dates: a record that fits both joins the likelier, and says so."""
    said = {"given_name": "Jo", "family_name": "Vandersteen", "street": "12 Mill Lane", "postcode": "43004"}
    sides = [parse_attributes({**said, "birth_date": date}) for date in ("1950-01-09", "1988-07-23")]
    candidates = [Candidate(profile=f"p{place}", via=f"n{place}", attributes=side) for place, side in enumerate(sides)]
    decision = Judge(model=MODEL, frequencies=EMPTY).decide(parse_attributes(said), None, candidates)
    assert len(decision.joined) == len(decision.reviewed) == 1
    (match,) = decision.reviewed
    assert match.score.probability >= 0.95
    assert "forbids that they become one" in lines(match.score, 0.95, 0.5, decision.verdict(match))[-1]
