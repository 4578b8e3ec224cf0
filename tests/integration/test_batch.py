"""BatchResolveProfiles: many at once end as one after the other would, each whole, each with its own error."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from profile_client import ProfileError

from profile_service.play.local import LocalService
from profile_service.v1 import (
    BatchResolveProfilesRequest,
    BatchResolveProfilesResponse,
    ExplainResolveRequest,
    GetProfileRequest,
    Identifier,
    Outcome,
    ResolveProfileRequest,
    ResolveProfileResponse,
    SourceKey,
    SourceRecord,
)
from tests.bench.customers import Customer, again, customers
from tests.integration.desk import Desk, observed, stamp, verified

NOW = 1_750_000_000


def request(key: str, customer: Customer, *, with_identifiers: bool = True) -> ResolveProfileRequest:
    """A customer's record."""
    said = {name: value for name, value in customer.attributes.items() if value}
    given = [verified(namespace, value) for namespace, value in customer.identifiers] if with_identifiers else []
    return ResolveProfileRequest(
        request_id=str(uuid.uuid4()),
        identifiers=given,
        source_record=SourceRecord(source_key=SourceKey(source="crm", id=key), attributes=said),
        occur_time=stamp(NOW + customer.number),
    )


def batch(desk: Desk, requests: list[ResolveProfileRequest]) -> BatchResolveProfilesResponse:
    """All in one call."""
    return desk.call(BatchResolveProfilesRequest(requests=requests))


def parts(desk: Desk, keys: list[str]) -> set[frozenset[str]]:
    """The records by customer."""
    found: dict[str, set[str]] = {}
    for key in keys:
        name = desk.call(GetProfileRequest(source_key=SourceKey(source="crm", id=key))).name
        found.setdefault(name, set()).add(key)
    return {frozenset(part) for part in found.values()}


def test_a_batch_ends_as_its_records_one_by_one(desk: Desk, desk_of_module: Desk) -> None:
    """Records that match, share an identifier, bridge two customers, or contradict each other, all in one call."""
    made = list(customers(0, 40, seed=7))
    found = [(f"{customer.number}", request(f"{customer.number}", customer)) for customer in made]
    found += [
        (f"{customer.number}-again", request(f"{customer.number}-again", again(customer))) for customer in made[::2]
    ]
    found += [(f"{customer.number}-mail", request(f"{customer.number}-mail", customer)) for customer in made[::5]]
    for left, right in zip(made[::8], made[1::8], strict=True):
        bridge = request(f"{left.number}-bridge", left)
        bridge.identifiers.extend(verified(namespace, value) for namespace, value in right.identifiers)
        found.append((f"{left.number}-bridge", bridge))
    random.Random(3).shuffle(found)
    keys = [key for key, _ in found]
    answer = batch(desk, [item for _, item in found])
    assert all(item.HasField("response") for item in answer.items)
    for _, item in found:
        desk_of_module.call(item)
    assert parts(desk, keys) == parts(desk_of_module, keys)
    assert 20 < len(parts(desk, keys)) <= 40


def test_the_same_request_twice_in_a_batch_is_answered_once(desk: Desk) -> None:
    """And again in the next batch; another payload under the key is refused, alone."""
    sent, other = (request(str(number), customer) for number, customer in enumerate(customers(0, 2, seed=9)))
    reused = ResolveProfileRequest()
    reused.CopyFrom(other)
    reused.request_id = sent.request_id
    answer = batch(desk, [sent, sent, reused, other])
    first, second, third, fourth = answer.items
    assert first.response.profile == second.response.profile
    assert first.response.outcome == second.response.outcome == Outcome.OUTCOME_CREATED
    assert third.error.reason == "KEY_REUSED"
    assert fourth.response.profile != first.response.profile
    again_said = batch(desk, [sent, other])
    assert [item.response.profile for item in again_said.items] == [first.response.profile, fourth.response.profile]


def test_batches_at_once_about_the_same_customers_meet(desk: Desk) -> None:
    """Four systems hand the same hundred customers over at the same time: a hundred customers at the end."""
    made = list(customers(0, 100, seed=11))
    batches = [
        [request(f"{system}-{customer.number}", customer if system == 0 else again(customer)) for customer in made]
        for system in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda requests: batch(desk, requests), batches))
    assert all(item.HasField("response") for answer in answers for item in answer.items)
    keys = [f"{system}-{customer.number}" for system in range(4) for customer in made]
    found = parts(desk, keys)
    assert found == {frozenset(f"{system}-{customer.number}" for system in range(4)) for customer in made}


def record(key: str, *given: Identifier, **attributes: str) -> ResolveProfileRequest:
    """A record with identifiers of one's choice."""
    return ResolveProfileRequest(
        request_id=str(uuid.uuid4()),
        identifiers=given,
        source_record=SourceRecord(source_key=SourceKey(source="crm", id=key), attributes=attributes),
        occur_time=stamp(NOW),
    )


def test_two_bridges_in_one_batch_over_one_customer_make_one_of_three(desk: Desk, sql: psycopg.Connection) -> None:
    """They share no identifier, but the customer in the middle changes with the first."""
    mail = {name: verified("email", f"{name}@example.org") for name in ("anton", "berta", "nordpol", "caesar")}
    desk.call(record("a", mail["anton"]))
    desk.call(record("b", mail["berta"], mail["nordpol"]))
    desk.call(record("c", mail["caesar"]))
    answer = batch(desk, [record("ab", mail["anton"], mail["berta"]), record("bc", mail["nordpol"], mail["caesar"])])
    assert [item.response.outcome for item in answer.items] == [Outcome.OUTCOME_MERGED] * 2
    assert len(parts(desk, ["a", "b", "c", "ab", "bc"])) == 1
    owners = sql.execute("SELECT DISTINCT profile_id FROM node WHERE tenant_id = %s", (desk.tenant,)).fetchall()
    assert len(owners) == 1


def test_a_batch_that_makes_a_mailbox_shared_takes_its_contacts_along(desk: Desk) -> None:
    """As a single record does: a contact that stood under the mailbox stands there no longer."""
    shared = verified("email", "desk@example.org")
    first = desk.call(record("1", shared, given_name="Ada", family_name="Quist"))
    contact = desk.start("email", observed("email", "desk@example.org"))
    assert contact.profile == first.profile
    other = record("2", shared, given_name="Bo", family_name="Ferrer")
    (item,) = batch(desk, [other]).items
    assert item.response.profile != first.profile
    assert desk.context(contact.contact).context.profile.name != first.profile


def test_a_batch_of_people_who_are_hardly_told_apart_ends(desk: Desk) -> None:
    """Two hundred of one family name and few given names and dates: they wait for each other, but not for ever."""
    found = [
        record(
            f"{number}",
            verified("email", f"m{number}x{number}@example.org"),
            given_name=("Ruth", "Emil", "Ottilie")[number % 3],
            family_name=f"Zwettler{number}",
            birth_date=f"1980-01-{number % 28 + 1:02}",
        )
        for number in range(200)
    ]
    answer = batch(desk, found)
    assert all(item.HasField("response") for item in answer.items)


def test_an_item_that_breaks_the_statement_breaks_no_other(desk: Desk) -> None:
    """PostgreSQL holds no U+0000, which a scope may have: that item is refused, the others are there."""
    found = [record(f"bad-{n}", verified("email", f"bad{n}x{n}@example.org")) for n in range(6)]
    found[3].identifiers.append(verified("whatsapp", "US.13491208655302741918"))
    found[3].identifiers[1].scope = "page\0"
    answer = batch(desk, found)
    assert [item.error.reason for item in answer.items] == ["", "", "", "FIELD_INVALID", "", ""]
    for number in (0, 1, 2, 4, 5):
        assert desk.call(GetProfileRequest(source_key=SourceKey(source="crm", id=f"bad-{number}"))).name
    with pytest.raises(ProfileError) as refused:
        desk.call(found[3])
    assert refused.value.reason == "FIELD_INVALID"


def strangers(count: int, seed: int, given: str = "") -> list[ResolveProfileRequest]:
    """Records of people who have nothing in common but perhaps a given name that no list knows."""
    found = list(customers(0, count, seed=seed))
    return [
        record(
            f"{seed}-{stranger.number}",
            given_name=given or stranger.attributes["given_name"],
            family_name=f"{stranger.attributes['family_name']}{stranger.attributes['city']}",
            birth_date=stranger.attributes["birth_date"],
        )
        for stranger in found
    ]


Answers = tuple[ResolveProfileResponse, ResolveProfileResponse]


def both_ways(desks: tuple[Desk, Desk], namesakes: list[ResolveProfileRequest], last: ResolveProfileRequest) -> Answers:
    """What comes of a record behind others: in one batch, and call by call at another tenant who knows the same."""
    together, single = desks
    for namesake in namesakes:
        single.call(namesake)
    return batch(together, [*namesakes, last]).items[-1].response, single.call(last)


@pytest.fixture
def desks(desk: Desk, service: LocalService, free_tenants: Iterator[str]) -> Iterator[tuple[Desk, Desk]]:
    """Two tenants."""
    tenant = next(free_tenants)
    other = Desk(service.target(f"{tenant}/service"), tenant)
    yield desk, other
    other.client.close()


def test_a_batch_counts_names_and_people_as_single_records_do(desks: tuple[Desk, Desk]) -> None:
    """Fifty of one unusual given name come in ahead of a record of the same name: it is not unusual any more."""
    known = record("known", given_name="Qorblin", family_name="Marivelto", gender="f", occupation="baker")
    last = record("last", given_name="Qorblin", family_name="Mariveltu", gender="f")
    for caller in desks:
        batch(caller, strangers(100, 31))
        caller.call(known)
    together, alone = both_ways(desks, strangers(50, 32, given="Qorblin"), last)
    assert (together.outcome, alone.outcome) == (Outcome.OUTCOME_CREATED, Outcome.OUTCOME_CREATED)
    assert [candidate.probability for candidate in together.candidates] == [
        candidate.probability for candidate in alone.candidates
    ]


def test_a_batch_counts_the_names_of_candidates_as_single_records_do(desks: tuple[Desk, Desk]) -> None:
    """A word that three people ahead are called by is a given name: whoever has it is a relative, not a slip."""
    reach = verified("phone", "+43 660 5551234")
    known = record("known", reach, given_name="Qorblin", family_name="Marivelto", occupation="baker")
    last = record("last", reach, given_name="Thomas", family_name="Marivelto", occupation="baker")
    for caller in desks:
        caller.call(known)
    together, alone = both_ways(desks, strangers(4, 34, given="Qorblin"), last)
    assert (together.outcome, alone.outcome) == (Outcome.OUTCOME_CREATED, Outcome.OUTCOME_CREATED)
    assert [candidate.probability for candidate in together.candidates] == [
        candidate.probability for candidate in alone.candidates
    ]


def test_a_batch_keeps_the_cap_of_a_key(desk: Desk, sql: psycopg.Connection) -> None:
    """A birth date that more than fifty records have finds nobody, and grows no further."""
    found = [
        record(stranger.source_record.source_key.id, **stranger.source_record.attributes)
        for stranger in strangers(90, 33)
    ]
    for item in found:
        item.source_record.attributes["birth_date"] = "1990-05-05"
    batch(desk, found[:50])
    batch(desk, found[50:])
    largest = "SELECT count(*) FROM blocking_key WHERE tenant_id = %s GROUP BY key ORDER BY 1 DESC LIMIT 1"
    assert sql.execute(largest, (desk.tenant,)).fetchone() == (51,)


def test_a_rare_key_outweighs_common_ones(desk: Desk) -> None:
    """Seventeen of one initial, family name and city share two keys each with the record; one shares a birth date."""
    names = (
        "Rita Rosa Rupert Roland Ralph Regina Rachel Roger Ricardo Rudolf Ramona Renate Ronald Rex Roy Russell Rufus"
    )
    batch(desk, [record(name, given_name=name, family_name="Achterberg", city="Villach") for name in names.split()])
    desk.call(record("date", given_name="Odile", family_name="Zwettler", birth_date="1956-01-09"))
    customer = record("who", given_name="Ruth", family_name="Achterberg", birth_date="1956-01-09", city="Villach")
    found = desk.call(ExplainResolveRequest(source_record=customer.source_record))
    owner = desk.call(GetProfileRequest(source_key=SourceKey(source="crm", id="date"))).name
    assert found.profiles_compared == 16
    assert owner in [candidate.profile for candidate in found.candidates]


def test_one_customer_with_many_records_hides_nobody(desk: Desk) -> None:
    """Forty-eight records of one, one record of a namesake: both are compared."""
    said = {"given_name": "Annabel", "family_name": "Korvinski"}
    many = [record(f"many-{n}", verified("account", "A1"), birth_date="1980-04-07", **said) for n in range(48)]
    batch(desk, many)
    desk.call(record("other", birth_date="1951-11-23", city="Leeds", **said))
    assert desk.call(record("which", middle_name="Eve", **said)).profiles_compared == 2
