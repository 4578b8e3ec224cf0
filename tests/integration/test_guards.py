"""Not fooled: poison values, sudden ones, numbers given to somebody else, and merges that leave the usual band."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from profile_client import Target

from profile_service.v1 import (
    Disclosure,
    ExplainProfileRequest,
    GetMergeBreakerRequest,
    GetProfileRequest,
    Identifier,
    LiftMergeBreakerRequest,
    ListReviewsRequest,
    MergeBreaker,
    Outcome,
    ProfileReference,
    ResolveProfileRequest,
    Review,
    RuleIdentifierRequest,
    SourceKey,
    SourceRecord,
    TripMergeBreakerRequest,
)
from tests.integration.desk import Desk, observed, stamp, verified

DAY = 86_400.0
NAMES = ("Ada Quist", "Bo Ferrer", "Cleo Hart", "Dag Lund", "Eve Moss", "Finn Rask", "Gro Vang", "Hal Tell")


@pytest.fixture
def steward(target: Callable[[str], Target], tenant: str) -> Iterator[Desk]:
    """A steward of the same tenant."""
    desk = Desk(target("steward"), tenant)
    yield desk
    desk.client.close()


def reviews(desk: Desk, reason: str) -> list[Review]:
    """The open merge reviews of one reason."""
    value = Review.Reason.Value(f"REASON_{reason}")
    return list(desk.call(ListReviewsRequest(reasons=[value], page_size=500)).reviews)


def profile_of(desk: Desk, key: str) -> str:
    """Where a CRM record stands now."""
    return desk.call(GetProfileRequest(source_key=SourceKey(source="crm", id=key))).name


def split_name(full: str) -> dict[str, str]:
    """A name as attributes."""
    given, family = full.split()
    return {"given_name": given, "family_name": family}


def test_a_default_address_on_many_people_is_quarantined_and_a_steward_told(desk: Desk, steward: Desk) -> None:
    """Nobody is joined by it, its first owner neither; one review; a steward's word brings it back."""
    poison = verified("email", "welcome@mailmerge.example")
    first = desk.crm("0", verified("email", "ada@example.org"), poison, **split_name(NAMES[0]))
    contact = desk.start("email", poison).context.profile.name
    assert contact == first.profile
    for number, name in enumerate(NAMES[1:], 1):
        desk.crm(str(number), poison, **split_name(name))
    assert len({profile_of(desk, str(number)) for number in range(len(NAMES))}) == len(NAMES)
    (review,) = reviews(desk, "QUARANTINE")
    assert list(review.namespaces) == ["email", "email"]
    later = desk.start("email", poison)
    assert later.context.profile.name != first.profile
    ruled = steward.call(RuleIdentifierRequest(identifier=poison, shared=False))
    assert first.profile in ruled.profiles
    assert not reviews(desk, "QUARANTINE")
    assert desk.start("email", poison).context.profile.name == first.profile


def nameless(desk: Desk, count: int, phone: Identifier, step_s: float) -> list[str]:
    """Records without a name that come with one number."""
    desk.step_s = step_s
    for number in range(count):
        desk.crm(f"{step_s}-{number}", phone)
    return [profile_of(desk, f"{step_s}-{number}") for number in range(count)]


def test_a_burst_is_told_from_a_customer_with_many_records(desk: Desk) -> None:
    """21 records within the hour are a switchboard; the same 21 over months are one customer."""
    desk.now -= 100 * DAY
    slowly = nameless(desk, 21, observed("phone", "+13105550111"), 3 * DAY)
    assert len(set(slowly)) == 1
    assert not reviews(desk, "QUARANTINE")
    suddenly = nameless(desk, 21, observed("phone", "+13105550122"), 60.0)
    assert len(set(suddenly)) == 21
    assert len(reviews(desk, "QUARANTINE")) == 1


def test_a_burst_is_the_same_in_any_order(desk: Desk) -> None:
    """What counts is when things happened, not when they came in: the last to arrive may be the first of the burst."""
    phone, start = observed("phone", "+13105550133"), desk.now
    for place in (*range(20, 10, -1), *range(11)):
        desk.now = start + 60.0 * place
        desk.crm(f"o{place}", phone)
    assert len({profile_of(desk, f"o{place}") for place in range(21)}) == 21


def test_a_join_by_score_falls_back_with_the_identifier_that_it_depends_on(desk: Desk) -> None:
    """Name and number together were enough, also when a family has the number; when it is a kiosk's, the name alone is
    not."""
    kiosk = verified("phone", "+13105550144")
    first_record = desk.crm("1", kiosk, given_name="Ada")
    two = desk.crm("2", kiosk, given_name="Ada", city="Linz")
    assert first_record.profile == two.profile
    how = desk.call(ExplainProfileRequest(profile=ProfileReference(name=first_record.profile)))
    assert "scored" in {link.kind for link in how.links}
    for number, name in enumerate(NAMES[1:5], 3):
        desk.crm(str(number), kiosk, **split_name(name))
    assert profile_of(desk, "1") == profile_of(desk, "2")
    for number, name in enumerate(NAMES[5:], 7):
        desk.crm(str(number), kiosk, **split_name(name))
    assert profile_of(desk, "1") != profile_of(desk, "2")


def test_a_join_by_score_that_depends_on_nothing_stays(desk: Desk) -> None:
    """Name, birth date and town are enough without the number."""
    kiosk = verified("phone", "+13105550155")
    who = {"given_name": "Ada", "family_name": "Quist", "birth_date": "1970-03-28", "city": "Linz"}
    desk.crm("1", kiosk, **who)
    desk.crm("2", kiosk, **who)
    for number, name in enumerate(NAMES[1:], 3):
        desk.crm(str(number), kiosk, **split_name(name))
    assert profile_of(desk, "1") == profile_of(desk, "2")


def test_a_number_given_to_somebody_else_does_not_join_its_old_owner(desk: Desk) -> None:
    """Silent for a hundred days, then another name: the old owner keeps the past, the new one has the number."""
    phone = observed("phone", "+13105550166")
    desk.now -= 200 * DAY
    old = desk.crm("old", phone, verified("email", "ada@example.org"), given_name="Ada", family_name="Quist")
    then = desk.start("voice", phone)
    desk.record(then.contact, "before")
    before = desk.now + 1
    desk.now += 100 * DAY
    new = desk.crm("new", phone, verified("email", "bo@example.org"), given_name="Bo", family_name="Ferrer")
    assert new.profile != old.profile
    assert desk.start("voice", phone).context.profile.name == new.profile
    late = desk.start("voice", phone, occur_time=stamp(before))
    assert late.context.profile.name == old.profile
    assert "before" in desk.timeline(old.profile)
    assert profile_of(desk, "old") == old.profile


def test_a_number_that_was_used_lately_is_shared_not_given_away(desk: Desk) -> None:
    """A call within the ninety days: the number is still somebody's, so it identifies neither."""
    phone = observed("phone", "+13105550177")
    desk.now -= 200 * DAY
    old = desk.crm("old", phone, given_name="Ada", family_name="Quist")
    desk.now += 60 * DAY
    desk.start("voice", phone)
    desk.now += 60 * DAY
    new = desk.crm("new", phone, given_name="Bo", family_name="Ferrer")
    assert new.profile != old.profile
    assert desk.start("voice", phone).context.profile.name not in {old.profile, new.profile}


def test_a_contact_on_a_silent_number_is_still_its_customer(desk: Desk) -> None:
    """A new device and a new address after a long silence say nothing against it; but a check comes first."""
    phone = observed("phone", "+13105550188")
    desk.now -= 200 * DAY
    old = desk.crm("old", phone, given_name="Ada", family_name="Quist")
    desk.now += 150 * DAY
    new = desk.start("app", phone, observed("device", "a-new-device"), observed("email", "aq@example.org"))
    assert new.context.profile.name == old.profile
    assert new.context.disclosure == Disclosure.DISCLOSURE_VERIFY_FIRST


def test_marriage_and_a_move_after_a_long_silence_split_nobody(desk: Desk) -> None:
    """Another family name, another town, the same given name and birth date: the number is still hers."""
    phone = observed("phone", "+13105550199")
    desk.now -= 300 * DAY
    old = desk.crm("a", phone, given_name="Ada", family_name="Quist", birth_date="1970-03-28", city="Linz")
    desk.now += 200 * DAY
    new = desk.crm("b", phone, given_name="Ada", family_name="Ferrer", birth_date="1970-03-28", city="Graz")
    assert new.profile == old.profile


def apart(desk: Desk, group: int, count: int = 2) -> None:
    """Profiles that nothing joins yet."""
    for number in range(count):
        desk.crm(f"{group}-{number}", verified("email", f"e{group}-{number}@example.org"))


def bridge(desk: Desk, group: int, count: int = 2) -> Outcome.ValueType:
    """A record that has the addresses of all."""
    everything = [verified("email", f"e{group}-{number}@example.org") for number in range(count)]
    return desk.crm(f"{group}-all", *everything).outcome


def is_one(desk: Desk, group: int, count: int = 2) -> bool:
    """Whether the group is one customer."""
    return len({profile_of(desk, f"{group}-{number}") for number in range(count)}) == 1


def test_the_breaker_trips_by_itself_and_what_it_held_applies_when_it_is_lifted(desk: Desk, steward: Desk) -> None:
    """More than 200 merges in an hour, and most of all changes: the rest is held, as reviews, and nothing is lost."""
    desk.now, desk.step_s = time.time() // 3600 * 3600 - 7200, 0.1
    outcomes: list[Outcome.ValueType] = []
    for group in range(44):
        apart(desk, group, 6)
        outcomes.append(bridge(desk, group, 6))
    assert outcomes[:41] == [Outcome.OUTCOME_MERGED] * 41
    state: MergeBreaker = steward.call(GetMergeBreakerRequest())
    assert state.tripped
    assert (state.merges, state.changes) == (205, 287)
    assert state.held == len(reviews(desk, "HELD")) > 0
    assert [is_one(desk, group, 6) for group in range(44)] == [True] * 41 + [False] * 3
    after: MergeBreaker = steward.call(LiftMergeBreakerRequest())
    assert (after.tripped, after.held, after.released) == (False, 0, state.held)
    assert all(is_one(desk, group, 6) for group in range(44))
    assert not reviews(desk, "HELD")
    apart(desk, 44)
    assert bridge(desk, 44) == Outcome.OUTCOME_MERGED


def test_a_busy_hour_with_a_usual_share_of_merges_trips_nothing(desk: Desk, steward: Desk) -> None:
    """As many merges, but fewer than half of the changes."""
    desk.now, desk.step_s = time.time() // 3600 * 3600 - 7200, 0.1
    for number in range(150):
        desk.crm(f"n{number}", verified("email", f"n{number}@example.org"))
    for group in range(41):
        apart(desk, group, 6)
    assert {bridge(desk, group, 6) for group in range(41)} == {Outcome.OUTCOME_MERGED}
    assert not steward.call(GetMergeBreakerRequest()).tripped


def test_a_steward_holds_merges_by_hand_and_again_is_the_same(desk: Desk, steward: Desk) -> None:
    """While merges are held, evidence about one customer still joins, and new customers come."""
    apart(desk, 1)
    assert steward.call(TripMergeBreakerRequest()).tripped
    assert steward.call(TripMergeBreakerRequest()).tripped
    assert bridge(desk, 1) != Outcome.OUTCOME_MERGED
    assert not is_one(desk, 1)
    linked = desk.crm("d", verified("email", "e1-0@example.org"), verified("phone", "+13105550100"))
    assert linked.profile == profile_of(desk, "1-0")
    assert desk.crm("e", verified("email", "e@example.org")).outcome == Outcome.OUTCOME_CREATED
    assert steward.call(LiftMergeBreakerRequest()).released == 1
    assert steward.call(LiftMergeBreakerRequest()).released == 0
    assert is_one(desk, 1)


def test_a_steward_can_hold_merges_a_second_time(desk: Desk, steward: Desk) -> None:
    """Tripped by hand, lifted, and tripped again."""
    for group in (1, 2):
        apart(desk, group)
        assert steward.call(TripMergeBreakerRequest()).tripped
        assert bridge(desk, group) != Outcome.OUTCOME_MERGED
        assert steward.call(LiftMergeBreakerRequest()).released == 1


def test_an_hour_that_tripped_the_breaker_trips_it_once(desk: Desk, steward: Desk) -> None:
    """A steward who lifts it has looked at that hour: later merges of the hour are not held again."""
    desk.now, desk.step_s = time.time() // 3600 * 3600 - 7200, 0.1
    for group in range(41):
        apart(desk, group, 6)
        bridge(desk, group, 6)
    assert steward.call(GetMergeBreakerRequest()).tripped
    steward.call(LiftMergeBreakerRequest())
    for group in range(41, 44):
        apart(desk, group, 6)
        assert bridge(desk, group, 6) == Outcome.OUTCOME_MERGED
    assert not steward.call(GetMergeBreakerRequest()).tripped


def test_rulings_and_records_at_once_neither_wait_for_each_other_nor_fail(desk: Desk, steward: Desk) -> None:
    """Both take the identifier's lock before anything else, so that neither holds what the other waits for."""
    shared = verified("email", "desk@example.org")
    desk.crm("0", shared)
    with ThreadPoolExecutor(8) as pool:
        ruled = [
            pool.submit(steward.call, RuleIdentifierRequest(identifier=shared, shared=bool(turn % 2)))
            for turn in range(16)
        ]
        sent = [pool.submit(desk.crm, str(number), shared) for number in range(1, 17)]
        assert all(future.result().profile for future in sent)
        assert all(future.result() is not None for future in ruled)
    steward.call(RuleIdentifierRequest(identifier=shared, shared=False))
    assert len({profile_of(desk, str(number)) for number in range(17)}) == 1


def test_a_steward_can_confirm_a_quarantine_and_set_one(desk: Desk, steward: Desk) -> None:
    """The question is answered, no new one is asked, and what the value joined falls apart."""
    shared = verified("email", "desk@example.org")
    first_record, two = desk.crm("1", shared), desk.crm("2", shared)
    assert first_record.profile == two.profile
    steward.call(RuleIdentifierRequest(identifier=shared, shared=True))
    assert profile_of(desk, "1") != profile_of(desk, "2")
    assert not reviews(desk, "QUARANTINE")
    poison = verified("email", "welcome@mailmerge.example")
    for number, name in enumerate(NAMES, 10):
        desk.crm(str(number), poison, **split_name(name))
    assert len(reviews(desk, "QUARANTINE")) == 1
    steward.call(RuleIdentifierRequest(identifier=poison, shared=True))
    assert not reviews(desk, "QUARANTINE")


def test_three_records_in_a_chain_that_depended_on_one_number_fall_into_three(desk: Desk) -> None:
    """They are decided together: no two of them keep one name."""
    kiosk = verified("phone", "+13105550146")
    for key in "123":
        desk.crm(key, kiosk, given_name="Ada")
    for number, name in enumerate(NAMES[1:], 4):
        desk.crm(str(number), kiosk, **split_name(name))
    assert len({profile_of(desk, key) for key in "123"}) == 3


def test_a_late_record_about_a_number_that_has_a_new_owner_is_taken(desk: Desk) -> None:
    """It happened while the number was still nobody's new one: it is written, and does not join the old owner."""
    phone = observed("phone", "+13105550167")
    start = desk.now - 250 * DAY
    desk.now = start
    old = desk.crm("old", phone, given_name="Ada", family_name="Quist")
    desk.now = start + 200 * DAY
    desk.crm("new", phone, given_name="Bo", family_name="Ferrer")
    desk.now = start + 195 * DAY
    late = desk.crm("late", phone, given_name="Bo", family_name="Ferrer")
    assert late.profile
    assert late.profile != old.profile


def test_a_breaker_is_of_one_tenant(desk: Desk, steward: Desk, desk_of_module: Desk, sql: psycopg.Connection) -> None:
    """Another tenant's merges go on."""
    steward.call(TripMergeBreakerRequest())
    apart(desk_of_module, 1)
    assert bridge(desk_of_module, 1) == Outcome.OUTCOME_MERGED
    rows = sql.execute("SELECT tenant_id FROM breaker WHERE lift_time_us IS NULL AND tenant_id = %s", (desk.tenant,))
    assert len(rows.fetchall()) == 1


def test_a_record_without_a_name_still_counts_as_a_change(desk: Desk, sql: psycopg.Connection) -> None:
    """The rate is of all changes of the graph, by the hour of the event."""
    desk.crm("1", verified("email", "one@example.org"))
    request = ResolveProfileRequest(
        source_record=SourceRecord(source_key=SourceKey(source="crm", id="2")),
        identifiers=[verified("email", "one@example.org")],
        occur_time=stamp(desk.now - 10 * DAY),
    )
    desk.call(request)
    rows = sql.execute(
        "SELECT hour, changes, merges FROM merge_rate WHERE tenant_id = %s ORDER BY hour", (desk.tenant,)
    )
    assert [(changes, merges) for _, changes, merges in rows.fetchall()] == [(1, 0), (1, 0)]
