"""Source records find their customer by attributes: joins, reviews, bridges, vetoes, contested identifiers."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable

import psycopg
import pytest
from profile_client import AsyncProfileClient, Target

from profile_service.v1 import (
    BatchResolveProfilesRequest,
    GetProfileRequest,
    ListReviewsRequest,
    Outcome,
    ResolveProfileRequest,
    Review,
    SourceKey,
    SourceRecord,
)
from tests.integration.desk import Desk, observed, verified

RUTH = {"given_name": "Ruth", "family_name": "Achterberg", "birth_date": "1956-01-09", "city": "Villach"}


def record(desk: Desk, key: str, **attributes: str) -> ResolveProfileRequest:
    """A CRM record that can be sent more than once."""
    return ResolveProfileRequest(
        request_id=str(uuid.uuid4()),
        source_record=SourceRecord(source_key=SourceKey(source="crm", id=key), attributes=attributes),
        occur_time=desk.tick(),
    )


def reviews(desk: Desk) -> list[Review]:
    """The open merge reviews."""
    return list(desk.call(ListReviewsRequest()).reviews)


def test_a_mistyped_record_without_any_identifier_finds_its_customer(desk: Desk) -> None:
    """Nickname, a slip in the family name, day and month swapped: one customer, and the answer says how sure it is."""
    first = desk.crm("1", **RUTH)
    again = desk.crm("2", given_name="Ruthie", family_name="Achtenberg", birth_date="1956-09-01", city="Villach")
    assert (first.outcome, again.outcome) == (Outcome.OUTCOME_CREATED, Outcome.OUTCOME_LINKED)
    assert again.profile == first.profile
    assert again.candidates[0].probability >= 0.95
    assert again.model_version == "default@1"
    assert again.profiles_compared == 1


def test_a_name_beside_an_address_is_a_name(desk: Desk) -> None:
    """A record that says nothing but `Name <mail>` finds who moved to another mailbox; the address is its key. Whose
    address it is not says nothing."""
    known = desk.crm("known", observed("email", "k.zwettler@example.org"), name="Kunigunde Zwettler", city="Villach")
    written = observed("email", '"Zwettler, Kunigunde" <Kunigunde.Zwettler@example.net>')
    found = desk.crm("mail", written, city="Villach")
    assert (found.profile, found.outcome) == (known.profile, Outcome.OUTCOME_LINKED)
    again = desk.crm("again", observed("email", "kunigunde.zwettler@example.net"))
    assert again.profile == known.profile
    other = observed("email", "Kunigunde Zwettler <office@example.com>", role="PARTICIPANT")
    assert desk.crm("other", other, city="Villach").profile != known.profile


def test_somebody_else_stays_somebody_else(desk: Desk) -> None:
    """A namesake with another birth date in another city is not joined."""
    first = desk.crm("1", **RUTH)
    other = desk.crm("2", given_name="Ruth", family_name="Achterberg", birth_date="1988-11-23", city="Graz")
    assert other.profile != first.profile
    assert other.outcome == Outcome.OUTCOME_CREATED


def test_what_is_likely_but_not_sure_is_a_merge_review(desk: Desk) -> None:
    """A name alone may be the same customer: two profiles, one question, with its probability."""
    first = desk.crm("1", **RUTH)
    other = desk.crm("2", given_name="R", family_name="Achterberg", city="Villach")
    assert other.profile != first.profile
    (review,) = reviews(desk)
    assert review.reason == Review.REASON_SCORE
    assert sorted(review.profiles) == sorted([first.profile, other.profile])
    assert review.probability == pytest.approx(other.candidates[0].probability, abs=1e-3)
    assert 0.5 <= review.probability < 0.95


def test_a_record_that_bridges_two_profiles_merges_them_and_settles_the_question(desk: Desk) -> None:
    """Each half has what the other lacks; the record that has both shows that they are one customer."""
    left = desk.crm("1", given_name="Ruth", family_name="Achterberg", government_id="", birth_date="1956-01-09")
    right = desk.crm("2", observed("email", "r.ach@example.org"), given_name="Ruth", city="Villach")
    assert left.profile != right.profile
    both = desk.crm("3", observed("email", "r.ach@example.org"), **RUTH)
    assert both.outcome == Outcome.OUTCOME_MERGED
    assert {desk.profile(record.profile).name for record in (left, right, both)} == {both.profile}
    assert not reviews(desk)


def test_two_customers_with_birth_dates_of_their_own_are_not_bridged(desk: Desk) -> None:
    """Father and son of one name: a record that resembles both joins one at most, and a human is asked."""
    father = desk.crm("1", verified("phone", "+43123456780"), **RUTH)
    son = desk.crm("2", verified("phone", "+43699876543"), **{**RUTH, "birth_date": "1984-06-30", "city": "Graz"})
    assert father.profile != son.profile
    desk.crm(
        "3", verified("phone", "+43123456780"), verified("phone", "+43699876543"),
        given_name="Ruth", family_name="Achterberg",
    )  # fmt: skip
    assert desk.profile(father.profile).name != desk.profile(son.profile).name
    assert Review.REASON_SCORE in {review.reason for review in reviews(desk)}


def test_twins_share_a_mailbox_and_the_mailbox_names_neither(desk: Desk) -> None:
    """The second twin's record is contested at the mailbox: both keep a profile, a mail from it names nobody."""
    twin = {"family_name": "Achterberg", "birth_date": "1990-02-02", "street": "Ringweg 4", "postcode": "9500"}
    mark = desk.crm("1", verified("email", "family@example.org"), given_name="Mark", **twin)
    marsha = desk.crm("2", verified("email", "family@example.org"), given_name="Marsha", **twin)
    assert mark.profile != marsha.profile
    mail = desk.start("email", observed("email", "family@example.org"))
    assert mail.outcome == Outcome.OUTCOME_AMBIGUOUS
    assert {candidate.profile for candidate in mail.context.candidates} == {mark.profile, marsha.profile}


def test_a_known_address_of_a_customer_whom_the_record_does_not_resemble_is_not_joined(desk: Desk) -> None:
    """Somebody's CRM record carries the wrong e-mail address: it does not become that customer."""
    ruth = desk.crm("1", verified("email", "ruth@example.org"), **RUTH)
    emil = desk.crm(
        "2", verified("email", "ruth@example.org"), given_name="Emil", family_name="Zwettler", birth_date="1999-12-31"
    )
    assert emil.profile != ruth.profile
    assert emil.profile


def test_re_delivery_changes_nothing(desk: Desk, sql: psycopg.Connection) -> None:
    """The same records under new request ids: the same profiles, no review, no key and no count more."""
    rows = [RUTH, {**RUTH, "given_name": "Ruthie"}, {**RUTH, "birth_date": "1988-11-23", "city": "Graz"}]
    first = [desk.crm(str(key), **row).profile for key, row in enumerate(rows)]
    before = _counted(sql, desk.tenant)
    again = [desk.crm(str(key), **row) for key, row in enumerate(rows)]
    assert [answer.profile for answer in again] == [desk.profile(name).name for name in first]
    assert {answer.outcome for answer in again} == {Outcome.OUTCOME_MATCHED}
    assert _counted(sql, desk.tenant) == before


def _counted(sql: psycopg.Connection, tenant: str) -> object:
    return sql.execute(
        "SELECT (SELECT count(*) FROM blocking_key WHERE tenant_id = %(t)s),"
        " (SELECT sum(people) FROM value_count WHERE tenant_id = %(t)s),"
        " (SELECT count(*) FROM link WHERE tenant_id = %(t)s),"
        " (SELECT count(*) FROM review WHERE tenant_id = %(t)s)",
        {"t": tenant},
    ).fetchone()


def test_a_changed_record_is_found_by_what_it_says_now(desk: Desk) -> None:
    """The blocking keys are those of the latest delivery."""
    desk.crm("1", given_name="Ruth", family_name="Achterberg", birth_date="1956-01-09")
    moved = desk.crm("1", given_name="Ruth", family_name="Zwettler", birth_date="1956-01-09", city="Graz")
    found = desk.crm("2", given_name="Ruth", family_name="Zwettler", birth_date="1956-01-09", city="Graz")
    assert found.profile == moved.profile


def test_an_older_delivery_that_comes_late_does_not_hide_what_the_record_says_now(desk: Desk) -> None:
    """Out of order: the later one has the word, also for what finds the record."""
    old = record(desk, "1", given_name="Ruth", family_name="Achterberg", birth_date="1956-01-09")
    now = desk.crm("1", given_name="Ruth", family_name="Zwettler", birth_date="1956-01-09", city="Graz")
    desk.call(old)
    found = desk.crm("2", given_name="Ruth", family_name="Zwettler", city="Graz", birth_date="1956-01-09")
    assert found.profile == desk.profile(now.profile).name
    assert found.profiles_compared == 1


def test_a_key_that_is_too_common_says_so(desk: Desk) -> None:
    """101 people of one name in one city: the key finds nobody any more, and the answer tells."""
    requests = [
        record(desk, str(number), given_name="Anna", family_name="Huber", street=f"Ringweg {number}",
               birth_date=f"19{number % 60 + 30}-0{number % 9 + 1}-{number % 27 + 1:02}")
        for number in range(105)
    ]  # fmt: skip
    items = desk.call(BatchResolveProfilesRequest(requests=requests)).items
    assert not [item.error for item in items if item.HasField("error")]
    answer = desk.crm("last", given_name="Anna", family_name="Huber")
    assert answer.blocking_keys_capped > 0
    assert answer.profiles_compared == 0


def test_a_batch_is_index_aligned_and_each_item_has_a_key_of_its_own(desk: Desk) -> None:
    """An item that fails leaves the others; a repeated item answers as before, also when sent alone."""
    good, other = record(desk, "1", **RUTH), record(desk, "2", given_name="Emil", family_name="Zwettler")
    late = record(desk, "3", **RUTH)
    late.occur_time.seconds += 10**9
    items = desk.call(BatchResolveProfilesRequest(requests=[good, late, other])).items
    assert [item.WhichOneof("result") for item in items] == ["response", "error", "response"]
    assert items[1].error.reason == "TIME_IN_FUTURE"
    assert desk.call(good).profile == items[0].response.profile
    assert desk.call(BatchResolveProfilesRequest(requests=[other, good])).items[1].response.profile == (
        items[0].response.profile
    )


async def records_at_once(desk: Desk, target: Callable[[str], Target], rows: list[dict[str, str]]) -> list[str]:
    """The profile of every record, where all come at once through both processes."""
    requests = [record(desk, str(number), **row) for number, row in enumerate(rows)]
    async with AsyncProfileClient(target("service")) as client:
        await asyncio.gather(*(client.call(request, deadline_s=60) for request in requests))
        reads = [GetProfileRequest(source_key=SourceKey(source="crm", id=str(number))) for number in range(len(rows))]
        return [
            profile.name
            for profile in await asyncio.gather(*(client.call(profile, deadline_s=60) for profile in reads))
        ]


async def test_50_records_of_one_customer_at_once_end_as_one_profile(
    desk: Desk, target: Callable[[str], Target]
) -> None:
    """No identifier in common: each sees those that commit before it, or is decided on again."""
    assert len(set(await records_at_once(desk, target, [RUTH] * 50))) == 1


async def test_two_records_at_once_of_each_of_60_customers_meet(desk: Desk, target: Callable[[str], Target]) -> None:
    """No third record could bring them together later: a record that arrives meanwhile is seen before the commit."""
    chance = random.Random(1)
    words = ["".join(chance.choices("abdefgiklmnoprstuvz", k=9)) for _ in range(120)]
    rows = [
        {
            "given_name": words[number],
            "family_name": words[number + 60],
            "birth_date": f"{1930 + number}-{number % 12 + 1:02}-{number * 7 % 28 + 1:02}",
        }
        for number in range(60)
        for _ in range(2)
    ]
    found = await records_at_once(desk, target, rows)
    assert found[::2] == found[1::2]
    assert len(set(found)) == 60


def test_matching_is_the_tenants_own(desk: Desk, service: object, free_tenants: object) -> None:
    """A customer of one tenant is no candidate of another's."""
    from profile_service.play.local import LocalService

    assert isinstance(service, LocalService)
    desk.crm("1", **RUTH)
    name = next(free_tenants)  # pyright: ignore[reportArgumentType, reportCallIssue]
    other = Desk(Target(address=service.address, token=service.tokens[f"{name}/service"]), str(name))
    answer = other.crm("2", **RUTH)
    other.client.close()
    assert answer.outcome == Outcome.OUTCOME_CREATED
    assert answer.profiles_compared == 0
