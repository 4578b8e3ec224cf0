"""What happened to profiles is kept: why did these two become one on Tuesday, and what would have to be undone."""

from __future__ import annotations

import psycopg

from profile_service.v1 import (
    ExplainProfileRequest,
    ListProfileInteractionsRequest,
    ProfileEvent,
    ProfileReference,
    RuleIdentifierRequest,
)
from tests.integration.desk import Desk, observed, verified


def events(desk: Desk, profile: str) -> list[ProfileEvent]:
    """What happened to a profile, the latest first."""
    return list(desk.call(ExplainProfileRequest(profile=ProfileReference(name=profile))).events)


def test_a_merge_names_both_profiles_the_links_and_the_contact_that_caused_it(
    desk: Desk, sql: psycopg.Connection
) -> None:
    """In the explanation, in words, and by ids in the audit."""
    mail = desk.start("email", verified("email", "ada@example.org"))
    call = desk.start("voice", verified("phone", "+436601234567"))
    both = desk.start("app", verified("email", "ada@example.org"), verified("phone", "+436601234567"))
    answer = desk.call(ExplainProfileRequest(profile=ProfileReference(name=call.profile)))
    (merge,) = answer.events
    assert merge.kind == ProfileEvent.KIND_MERGED
    assert set(merge.profiles_before) == {mail.profile, call.profile}
    assert list(merge.profiles_after) == [answer.profile] == [both.profile]
    assert [sorted(link.namespaces) for link in merge.links] == [["email", "phone"]]
    assert (merge.policy_version, merge.model_version) == ("default@1", "default@1")
    assert merge.cause == f"contact/{both.contact.rpartition('/')[2]}"
    assert merge.record_time.ToMicroseconds() > merge.occur_time.ToMicroseconds()
    assert any("became" in line and mail.profile in line for line in answer.text)
    row = sql.execute(
        "SELECT subject FROM audit WHERE tenant_id = %s AND subject ->> 'contact' = %s AND kind = 'change'",
        (desk.tenant, both.contact.rpartition("/")[2]),
    ).fetchone()
    assert row is not None
    assert {f"profiles/{name}" for name in row[0]["merged"]} == {mail.profile, call.profile}
    assert row[0]["into"] == [both.profile.removeprefix("profiles/")]


def test_a_ruling_splits_and_moves_contacts_and_all_of_it_is_kept(
    desk: Desk, target: object, sql: psycopg.Connection
) -> None:
    """The identifier turned shared, the profile fell apart, the contact that stood under it stands under nobody."""
    steward = Desk(target("steward"), desk.tenant)  # pyright: ignore[reportCallIssue, reportUnknownArgumentType]
    call = desk.start("voice", observed("phone", "+436607654321"), verified("email", "bea@example.org"))
    alone = desk.start("voice", observed("phone", "+436607654321"))
    assert alone.profile == call.profile
    steward.call(RuleIdentifierRequest(identifier=observed("phone", "+436607654321"), shared=True))
    received = events(desk, call.profile)
    kinds = [event.kind for event in received]
    assert ProfileEvent.KIND_SHARED in kinds
    assert {event.cause.partition("/")[0] for event in received} == {"ruling"}
    moved = [event for event in received if event.kind == ProfileEvent.KIND_MOVED]
    assert [list(event.profiles_before) for event in moved] == [[call.profile]]
    contact = alone.contact.rpartition("/")[2]
    assert list(moved[0].profiles_after) == [f"profiles/{contact}"]
    assert desk.call(ListProfileInteractionsRequest(parent=moved[0].profiles_after[0])) is not None
    steward.call(RuleIdentifierRequest(identifier=observed("phone", "+436607654321"), shared=False))
    assert ProfileEvent.KIND_UNSHARED in [event.kind for event in events(desk, call.profile)]
    count = sql.execute("SELECT count(*) FROM event WHERE tenant_id = %s", (desk.tenant,)).fetchone()
    assert count is not None
    assert count[0] >= 4
    steward.client.close()


def test_a_customer_who_only_gains_evidence_has_no_events(desk: Desk) -> None:
    """Events are of merges, splits, sharing and moves; a new identifier is none of them."""
    first = desk.start("email", verified("email", "cleo@example.org"))
    desk.start("app", verified("email", "cleo@example.org"), verified("phone", "+436601112223"))
    assert events(desk, first.profile) == []
