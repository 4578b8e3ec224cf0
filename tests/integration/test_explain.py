"""Why, why not, how, and what if: the explanations, and that they write nothing."""

from __future__ import annotations

import psycopg
import psycopg.sql
import pytest
from profile_client import ProfileError

from profile_service.v1 import (
    ExplainMatchRequest,
    ExplainProfileRequest,
    ExplainResolveRequest,
    Explanation,
    Outcome,
    ProfileReference,
    SourceKey,
    SourceRecord,
)
from tests.integration.desk import Desk, observed, of_record, verified

RUTH = {"given_name": "Ruth", "family_name": "Achterberg", "birth_date": "1956-01-09", "city": "Villach"}


def test_why_two_records_are_one_customer(desk: Desk) -> None:
    """Each comparison with its weight; the weights add up; the lines say the same; nothing personal in it."""
    desk.crm("1", **RUTH)
    desk.crm("2", **{**RUTH, "given_name": "Ruthie", "birth_date": "1956-09-01"})
    why = desk.call(ExplainMatchRequest(left=of_record("1"), right=of_record("2")))
    explanation = why.explanation
    levels = {comparison.comparison: comparison.level for comparison in explanation.comparisons}
    assert levels == {"given_name": "close", "family_name": "exact", "birth_date": "near", "address": "city"}
    assert explanation.score == pytest.approx(
        explanation.prior + sum(comparison.weight for comparison in explanation.comparisons)
    )
    assert explanation.comparisons[-1].running_score == pytest.approx(explanation.score)
    assert explanation.probability == pytest.approx(1 / (1 + 2**-explanation.score))
    assert explanation.verdict == Explanation.VERDICT_JOIN
    assert why.same_profile
    assert [link.kind for link in why.links if link.joined] == ["scored"]
    assert why.links[0].model_version == "default@1"
    assert "given name close: +" in "\n".join(explanation.text)
    assert not any(value in str(why) for value in ("Ruth", "Achterberg", "1956", "Villach"))
    again = desk.call(ExplainMatchRequest(left=of_record("1"), right=of_record("2")))
    assert again.explanation == explanation


def test_why_two_customers_are_two(desk: Desk) -> None:
    """The veto is named, and so are the limits that both together would exceed."""
    twin = {"family_name": "Achterberg", "birth_date": "1990-02-02", "street": "Ringweg 4", "postcode": "9500"}
    mark = desk.crm("1", verified("crm", "1"), given_name="Mark", **twin)
    marsha = desk.crm("2", verified("crm", "2"), given_name="Marsha", **twin)
    why = desk.call(
        ExplainMatchRequest(left=ProfileReference(name=mark.profile), right=ProfileReference(name=marsha.profile))
    )
    assert list(why.explanation.vetoes) == ["given_name_of_relatives"]
    assert why.explanation.probability == 0.0
    assert why.explanation.verdict == Explanation.VERDICT_APART
    assert not why.same_profile
    assert list(why.limits_exceeded) == ["crm"]


def test_how_a_profile_came_to_be(desk: Desk) -> None:
    """Every link in the order in which it joins; a contested one at the end, with its reason."""
    first = desk.crm("1", verified("email", "ruth@example.org"), **RUTH)
    desk.crm("2", observed("phone", "+43123456789"), **RUTH)
    desk.crm("3", verified("email", "ruth@example.org"), given_name="Emil", family_name="Zwettler")
    how = desk.call(ExplainProfileRequest(profile=ProfileReference(name=first.profile)))
    assert how.profile == first.profile
    joined = [(link.kind, tuple(sorted(link.namespaces))) for link in how.links if link.joined]
    assert ("scored", ("record/crm", "record/crm")) in joined
    assert len(joined) == len(set(joined))
    assert {link.refusal for link in how.links if not link.joined} <= {"contested", ""}
    assert how.text[0].startswith("1. ")


def test_what_a_record_would_do_without_doing_it(desk: Desk, sql: psycopg.Connection) -> None:
    """Outcome and profile are those that ResolveProfile then answers; nothing is written but the audit of the read."""
    first = desk.crm("1", **RUTH)
    record = SourceRecord(source_key=SourceKey(source="crm", id="2"), attributes=RUTH)
    before = _rows(sql, desk.tenant)
    known = desk.call(ExplainResolveRequest(source_record=record))
    unknown = desk.call(
        ExplainResolveRequest(identifiers=[observed("email", "new@example.org")], occur_time=desk.tick())
    )
    assert _rows(sql, desk.tenant) == before
    assert (known.profile, known.outcome) == (first.profile, Outcome.OUTCOME_LINKED)
    assert known.candidates[0].profile == first.profile
    assert known.candidates[0].explanation.verdict == Explanation.VERDICT_JOIN
    assert (unknown.profile, unknown.outcome) == ("", Outcome.OUTCOME_CREATED)
    done = desk.crm("2", **RUTH)
    assert (done.profile, done.outcome) == (known.profile, known.outcome)
    assert done.candidates[0].probability == pytest.approx(known.candidates[0].explanation.probability, abs=1e-4)


def _rows(sql: psycopg.Connection, tenant: str) -> list[int]:
    tables = (
        "node",
        "link",
        "evidence",
        "source_record",
        "blocking_key",
        "value_count",
        "profile",
        "review",
        "request",
    )
    counts: list[int] = []
    for table in tables:
        query = psycopg.sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s").format(psycopg.sql.Identifier(table))
        row = sql.execute(query, (tenant,)).fetchone()
        counts.append(row[0] if row else 0)
    return counts


def test_what_is_not_there_cannot_be_explained(desk: Desk) -> None:
    """A record that nobody sent."""
    with pytest.raises(ProfileError) as caught:
        desk.call(ExplainProfileRequest(profile=of_record("none")))
    assert caught.value.reason == "PROFILE_NOT_FOUND"
