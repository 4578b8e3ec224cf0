"""What a source has twice, and what its records say against each other: E2 and E6 over the API."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable

import psycopg
import pytest
from click.testing import CliRunner

from profile_service.cli import main
from profile_service.play.local import LocalService
from profile_service.v1 import (
    Identifier,
    ListReviewsRequest,
    ResolveProfileRequest,
    Review,
    SourceKey,
    SourceRecord,
)
from tests.integration.desk import Desk, one
from tests.integration.whole_run import SAID

RUTH = {"given_name": "Ruth", "family_name": "Achterberg", "birth_date": "1956-01-09"}
OTTO = {"given_name": "Otto", "family_name": "Achterberg", "birth_date": "1954-06-23"}
NUMBER = "+4915112340001"
SAID.update({"Achterberg"})


def stated(namespace: str, value: str) -> Identifier:
    """What a record states."""
    return one(namespace, value, "SYSTEM_OF_RECORD")


def row(desk: Desk, key: str, attributes: dict[str, str], *given: Identifier) -> str:
    """A record of the CRM with its own number; the customer."""
    return desk.crm(key, stated("crm", key), *given, **attributes).profile


def reasons(desk: Desk) -> list[int]:
    """The open reviews by their reason."""
    return [review.reason for review in desk.call(ListReviewsRequest(page_size=500)).reviews]


def listed(service: LocalService, desk: Desk, *options: str) -> Iterable[str]:
    """What the command prints."""
    outcome = CliRunner(env={"PROFILE_DATABASE__DATA_DIR": str(service.home)}).invoke(
        main, ["duplicates", "--tenant", desk.tenant, "--source", "crm", *options]
    )
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout.splitlines()


def test_duplicates_are_one_customer_and_the_source_is_told(desk: Desk, service: LocalService) -> None:
    """Also where the rows have different numbers of the source; until it has one row."""
    first = row(desk, "1", RUTH, stated("phone", NUMBER))
    again = row(desk, "2", {**RUTH, "given_name": "Ruthie"}, stated("phone", NUMBER))
    assert again == first
    assert reasons(desk) == [Review.REASON_DUPLICATE]
    (pair,) = csv.DictReader(listed(service, desk))
    assert (pair["record"], pair["duplicate"], f"profiles/{pair['profile']}") == ("1", "2", first)
    (line,) = listed(service, desk, "--json")
    assert json.loads(line) == pair
    row(desk, "2", {**RUTH, "given_name": "Ruthie"}, stated("phone", "+4915112340002"))
    assert Review.REASON_DUPLICATE not in reasons(desk)
    assert not list(listed(service, desk, "--json"))


def test_e1_a_claim_joins_by_no_score(desk: Desk) -> None:
    """A form where somebody wrote her number, and her name: whatever else is rare, a claim is none of it."""
    hers = row(desk, "1", {"given_name": "Ruth", "family_name": "Achterberg"}, stated("phone", NUMBER))
    form = desk.crm("form", one("phone", NUMBER, "STATED"), given_name="Ruth", family_name="Achterberg")
    assert form.profile != hers


def test_e4_a_doubt_stays_when_more_is_said(desk: Desk, sql: psycopg.Connection) -> None:
    """Of a number that two share, which a form in a third name states: not because it uses it."""
    row(desk, "1", RUTH, stated("phone", NUMBER))
    row(desk, "2", OTTO, stated("phone", NUMBER))
    state = "SELECT DISTINCT l.state FROM link AS l JOIN node AS n ON n.tenant_id = l.tenant_id AND n.node_id IN"
    state += " (l.node_a, l.node_b) WHERE l.tenant_id = %s AND n.namespace = 'record/form'"
    for city in ("", "Graz"):
        said = {"given_name": "Vera", "family_name": "Langhoff", "birth_date": "1999-09-09", "city": city}
        desk.call(
            ResolveProfileRequest(
                identifiers=[stated("phone", NUMBER)],
                source_record=SourceRecord(source_key=SourceKey(source="form", id="1"), attributes=said),
                occur_time=desk.tick(),
            )
        )
        assert sql.execute(state, (desk.tenant,)).fetchall() == [("contested",)]


@pytest.mark.parametrize("first", [0, 1])
def test_two_at_one_number_are_two_customers_in_either_order(desk: Desk, first: int) -> None:
    """The number is shared; neither is told about the other."""
    rows = [("1", RUTH), ("2", OTTO)]
    found = {
        key: row(desk, key, attributes, stated("phone", NUMBER)) for key, attributes in (rows[first], rows[1 - first])
    }
    assert found["1"] != found["2"]
    contact = desk.start("voice", one("phone", NUMBER, "CALLER_ID_ATTESTED"))
    assert not contact.context.profile.name


def test_a_row_that_comes_to_a_number_proved_beside_anothers_parts_the_two(desk: Desk) -> None:
    """A couple in one call; their rows arrive later."""
    proved = [one("phone", NUMBER, "ONE_TIME_PASSWORD"), one("email", "ruth@example.org", "ONE_TIME_PASSWORD")]
    desk.end(desk.start("app", *proved).contact)
    hers = row(desk, "1", RUTH, stated("email", "ruth@example.org"))
    his = row(desk, "2", OTTO, stated("phone", NUMBER))
    assert his != hers
    assert Review.REASON_CONTRADICTION in reasons(desk)


def test_e3_a_source_that_takes_back_too_much_at_once_is_held(desk: Desk, sql: psycopg.Connection) -> None:
    """An export without its columns of contact points: nothing is cut, from the first; once it is whole again, what is
    taken back counts."""
    number = "+491511235%04d"
    for place in range(25):
        row(desk, f"{place}", {"city": f"Place {place}"}, stated("phone", number % place))
    for place in range(25):
        row(desk, f"{place}", {"city": f"Place {place}"})
    waiting = "SELECT 1 FROM take_back WHERE tenant_id = %s AND state = 'undo'"
    while sql.execute(waiting, (desk.tenant,)).fetchone():  # the next one that is held goes on where the last ended
        row(desk, "24", {"city": "Place 24"})
    for place in (0, 24):
        contact = desk.start("voice", one("phone", number % place, "CALLER_ID_ATTESTED"))
        assert f"Place {place}" in str(contact.context.profile.golden_record)
    assert reasons(desk).count(Review.REASON_TAKE_BACK) == 1
    states = "SELECT state, count(*) FROM take_back WHERE tenant_id = %s GROUP BY state"
    assert sql.execute(states, (desk.tenant,)).fetchall() == [("kept", 25)]
    sql.execute("UPDATE take_back SET time_us = time_us - 7200000000 WHERE tenant_id = %s", (desk.tenant,))
    row(desk, "0", {"city": "Place 0"})
    contact = desk.start("voice", one("phone", number % 0, "CALLER_ID_ATTESTED"))
    assert "Place 0" not in str(contact.context.profile.golden_record)


def test_d5_a_review_asks_whether_two_in_one_contact_are_one_customer(desk: Desk) -> None:
    """Another's login on her call; asked once, however often the two come together."""
    hers = row(desk, "1", RUTH, stated("email", "ruth@example.org"))
    his = row(desk, "2", OTTO, stated("email", "otto@example.org"))
    for _ in range(2):
        contact = desk.start("app", one("email", "ruth@example.org", "ONE_TIME_PASSWORD")).contact
        desk.evidence(contact, one("email", "otto@example.org", "SIGNED_LOGIN"))
        desk.end(contact)
    (review,) = desk.call(ListReviewsRequest(page_size=500)).reviews
    assert review.reason == Review.REASON_ANOTHER_PERSON
    assert set(review.profiles) == {hers, his}


def test_d5_nobody_is_asked_where_it_is_one_customer(desk: Desk) -> None:
    """A second address that her record states too."""
    row(desk, "1", RUTH, stated("email", "ruth@example.org"), stated("email", "ruth@work.example.org"))
    contact = desk.start("app", one("email", "ruth@example.org", "ONE_TIME_PASSWORD")).contact
    desk.evidence(contact, one("email", "ruth@work.example.org", "ONE_TIME_PASSWORD"))
    assert not reasons(desk)
