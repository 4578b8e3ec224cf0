"""SimulatePolicy: what a draft would merge and split, with progress, and that it writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources

import grpc
import psycopg
import psycopg.sql
import pytest
from profile_client import ProfileError, Target

from profile_service.identity.matching.model import shipped_model, write_model
from profile_service.v1 import GetProfileRequest, SimulatePolicyRequest, SimulationReport, SourceKey
from tests.integration.desk import Desk, observed, verified

POLICY = (resources.files("profile_service.identity") / "policies" / "default.toml").read_text()
MODEL = write_model(shipped_model())
TABLES = ("node", "link", "profile", "review", "evidence", "source_record")


@pytest.fixture
def steward(target: Callable[[str], Target], tenant: str) -> Iterator[Desk]:
    """A steward of the same tenant."""
    desk = Desk(target("steward"), tenant)
    yield desk
    desk.client.close()


def draft(*changes: tuple[str, str]) -> str:
    """The default policy with some lines changed."""
    text = POLICY
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


def simulate(
    steward: Desk, *, policy: str = "", model: str = "", last_days: int = 0, sample_size: int = 0
) -> SimulationReport:
    """Run it to the end."""
    request = SimulatePolicyRequest(policy=policy, model=model, last_days=last_days, sample_size=sample_size)
    *progress, last = steward.client.stream(request, deadline_s=60.0)
    assert all(message.HasField("progress") for message in progress)
    return last.report


def stored(sql: psycopg.Connection, tenant: str) -> list[list[tuple[object, ...]]]:
    """Everything that a simulation could have changed."""
    return [
        sql.execute(
            psycopg.sql.SQL("SELECT * FROM {} WHERE tenant_id = %s ORDER BY 2, 3").format(
                psycopg.sql.Identifier(table)
            ),
            (tenant,),
        ).fetchall()
        for table in TABLES
    ]


def test_the_policy_in_force_changes_nothing(desk: Desk, steward: Desk, sql: psycopg.Connection) -> None:
    """What is simulated is what was decided, and nothing is written."""
    phone = observed("phone", "+13105550211")
    desk.crm("1", phone, given_name="Ada", family_name="Quist")
    desk.crm("2", phone, given_name="Bo", family_name="Ferrer")
    desk.crm("3", verified("email", "ada@example.org"), given_name="Ada", family_name="Quist")
    before = stored(sql, desk.tenant)
    report = simulate(steward)
    assert (report.merges, report.splits, report.newly_shared, report.no_longer_shared) == (0, 0, 0, 0)
    assert report.profiles == report.profiles_after
    assert report.policy_version == "default@1"
    assert stored(sql, desk.tenant) == before


def test_records_that_contradict_or_repeat_each_other_stay_as_they_are(desk: Desk, steward: Desk) -> None:
    """A couple at one number, and a customer whom the source has twice: what records say counts as it did."""
    line, mobile = observed("phone", "+13105550212"), observed("phone", "+13105550213")
    desk.crm("1", line, given_name="Ada", family_name="Quist", birth_date="1956-01-09")
    desk.crm("2", line, given_name="Bo", family_name="Quist", birth_date="1954-06-23")
    first = desk.crm("3", mobile, given_name="Ida", family_name="Ferrer", birth_date="1980-02-03")
    again = desk.crm("4", mobile, given_name="Ida", family_name="Ferrer", birth_date="1980-02-03")
    assert again.profile == first.profile
    report = simulate(steward)
    assert (report.merges, report.splits, report.newly_shared, report.no_longer_shared) == (0, 0, 0, 0)
    renamed = simulate(steward, policy=draft(('name = "default"', 'name = "renamed"')))
    assert (renamed.merges, renamed.splits, renamed.newly_shared, renamed.no_longer_shared) == (0, 0, 0, 0)


def test_a_stricter_policy_names_what_would_split(desk: Desk, steward: Desk) -> None:
    """Numbers that were only observed would join no more: the profile falls apart; its contacts are the radius."""
    first_record = desk.crm("1", observed("phone", "+13105550222"), verified("email", "ada@example.org"))
    desk.crm("2", observed("phone", "+13105550222"))
    desk.start("voice", observed("phone", "+13105550222"))
    desk.start("voice", observed("phone", "+13105550222"))
    strict = draft(
        ('name = "default"', 'name = "strict"'), ("[namespaces.phone]\n", '[namespaces.phone]\njoin = "VERIFIED"\n')
    )
    report = simulate(steward, policy=strict)
    assert (report.merges, report.splits) == (0, 1)
    (change,) = report.samples
    assert list(change.profiles) == [first_record.profile]
    assert change.parts == 3
    assert change.contacts == report.contacts_concerned == 2
    assert change.links[0] == "presented: phone and record/crm"
    assert report.policy_version == "strict@1"
    assert any("would fall into 3" in line for line in report.text)


def test_a_looser_policy_names_what_would_merge(desk: Desk, steward: Desk) -> None:
    """Three addresses on a number are too many now; under the draft they are one customer."""
    for place in range(3):
        desk.crm(str(place), observed("phone", "+13105550233"), verified("email", f"e{place}@example.org"))
    keys = [SourceKey(source="crm", id=str(place)) for place in range(3)]
    now = {desk.call(GetProfileRequest(source_key=key)).name for key in keys}
    assert len(now) == 3
    wider = draft(('{ of = ["record"], max = 0 }, { of = ["email"], max = 2 }', '{ of = ["record"], max = 0 }'))
    report = simulate(steward, policy=wider)
    assert (report.merges, report.splits, report.no_longer_shared) == (1, 0, 1)
    assert set(report.samples[0].profiles) == now


def test_another_threshold_turns_reviews_into_merges_and_merges_into_reviews(desk: Desk, steward: Desk) -> None:
    """Probabilities are recorded with links and reviews, so a threshold is tried without scoring again."""
    first = desk.crm("1", given_name="Ruth", family_name="Achterberg", birth_date="1956-01-09", city="Villach")
    other = desk.crm("2", given_name="R", family_name="Achterberg", city="Villach")
    assert first.profile != other.profile
    same = desk.crm("3", given_name="Ruth", family_name="Achterberg", birth_date="1956-01-09", city="Villach")
    assert same.profile == first.profile
    lower = simulate(steward, policy=draft(("join = 0.95", "join = 0.6"), ("review = 0.5", "review = 0.3")))
    assert (lower.merges, lower.splits) == (1, 0)
    assert set(lower.samples[0].profiles) == {first.profile, other.profile}
    higher = simulate(steward, policy=draft(("join = 0.95", "join = 0.9999999999")))
    assert (higher.merges, higher.splits) == (0, 1)
    assert list(higher.samples[0].profiles) == [first.profile]


def test_another_model_scores_again(desk: Desk, steward: Desk) -> None:
    """A model that takes every two records for strangers splits what was joined by score; ours changes nothing."""
    who = {"given_name": "Ruth", "family_name": "Achterberg", "birth_date": "1956-01-09", "city": "Villach"}
    first = desk.crm("1", **who)
    assert desk.crm("2", **who).profile == first.profile
    same = simulate(steward, model=MODEL)
    assert (same.merges, same.splits, same.model_version) == (0, 0, "default@1")
    lines = [line for line in MODEL.splitlines() if line.startswith("pairs")]
    doubtful = simulate(steward, model=MODEL.replace(lines[0], "pairs = 0.000000000000000001"))
    assert (doubtful.merges, doubtful.splits) == (0, 1)


def test_a_value_that_the_draft_blocks_joins_nobody(desk: Desk, steward: Desk) -> None:
    """A placeholder that was learned too late."""
    poison = verified("email", "welcome@mailmerge.example")
    desk.crm("1", poison, verified("phone", "+13105550244"))
    desk.crm("2", poison, verified("phone", "+13105550255"))
    blocks = draft(('"test@test.com"', '"test@test.com", "welcome@mailmerge.example"'))
    report = simulate(steward, policy=blocks)
    assert (report.merges, report.splits) == (0, 1)


def test_only_what_happened_lately_is_looked_at(desk: Desk, steward: Desk) -> None:
    """A profile that nothing happened to in the last days is left out."""
    desk.now -= 50 * 86_400
    desk.crm("1", verified("email", "one@example.org"))
    assert simulate(steward, last_days=100).profiles == 1
    assert simulate(steward, last_days=10).profiles == 0
    assert simulate(steward).profiles == 1


def test_a_draft_that_cannot_be_read_is_refused_with_its_place(steward: Desk) -> None:
    """Not TOML, a key that there is none of, a model without weights."""
    for policy, place in (
        ("name = ", "is no TOML"),
        (POLICY.replace("strength = 70", "strenght = 70"), "namespaces.email"),
        (POLICY.replace("strength = 70", 'strength = "70"'), "namespaces.email.strength"),
        (POLICY.replace("[namespaces.record]", "[namespaces.recrod]"), "namespaces.record"),
        (POLICY.replace("^[0-]+$", "^[0-+$"), "blocked.device.patterns"),
        ("namespaces = 1", "namespaces"),
        (POLICY.replace("within_hours = 1", "within_hours = inf"), "fan_out[4].within_hours"),
        (POLICY.replace("max = 20, within_hours", "max = 1.5, within_hours"), "fan_out[4].max"),
        (POLICY.replace("[namespaces.sip]", "[namespaces.other]"), "policy"),
    ):
        with pytest.raises(ProfileError, match="policy") as refused:
            simulate(steward, policy=policy)
        assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT
        assert place in str(refused.value)
    with pytest.raises(ProfileError, match="model") as refused:
        simulate(steward, model="name = 'x'")
    assert refused.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_it_tells_how_far_it_is_and_can_be_cancelled(desk: Desk, steward: Desk) -> None:
    """The first message is progress; a call that is left takes no other call down with it."""
    desk.crm("1", verified("email", "one@example.org"))
    call = steward.client.stream(SimulatePolicyRequest(), deadline_s=60.0)
    first = next(call).progress
    assert (first.stage, first.done, first.total) == ("reading", 2, 2)
    call.close()
    assert simulate(steward).profiles == 1


def test_only_stewards_may(desk: Desk) -> None:
    """A service that resolves may not; a stream is refused as any call is."""
    with pytest.raises(ProfileError) as refused:
        list(desk.client.stream(SimulatePolicyRequest()))
    assert refused.value.code is grpc.StatusCode.PERMISSION_DENIED
